/**
 * A key vault with one secret: it challenges a caller without a token, and verifies tokens with the keys that the
 * authority publishes.
 *
 * @see https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { createRemoteJWKSet, jwtVerify } from 'jose'

/** What its tokens are for. */
const RESOURCE = 'https://vault.azure.net'

/** What a vault is made of. */
export interface KeyVaultOptions {
  /** Its name in DNS, which its certificate has; it is `NAME.vault.azure.net` for clients to believe the challenge. */
  host: string
  tls: { key: string; certificate: string }
  /** The authority with its tenant, which the certificates that this process trusts lead to. */
  authority: string
  /** The object id of the only identity that may read the secret. */
  reader: string
  secret: { name: string; value: string }
}

/** Serves the vault at the usual port of `127.0.0.1`. */
export async function startKeyVault(options: KeyVaultOptions): Promise<{ stop: () => void }> {
  const { key, certificate } = options.tls
  const findReader = makeVerifier(options.authority)
  const server = createServer({ key, cert: certificate }, async (incoming, outgoing) => {
    const { status, headers, body } = await answer(incoming, options, findReader)
    send(outgoing, status, body, headers)
  })
  await new Promise<void>((resolve) => server.listen(443, '127.0.0.1', resolve))
  return {
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface Answer {
  status: number
  body: object
  headers?: Record<string, string>
}

type FindReader = (token: string) => Promise<string | undefined>

async function answer(
  { headers: { authorization = '' }, method, url = '' }: IncomingMessage,
  { host, authority, reader, secret }: KeyVaultOptions,
  findReader: FindReader,
): Promise<Answer> {
  const [, token] = /^Bearer (.+)$/.exec(authorization) ?? []
  const caller = token && (await findReader(token))
  if (!caller) {
    const challenge = `Bearer authorization="${authority}", resource="${RESOURCE}"`
    return { ...refusal(401, 'Unauthorized'), headers: { 'WWW-Authenticate': challenge } }
  }
  if (caller !== reader) return refusal(403, 'Forbidden')
  const { pathname } = new URL(url, `https://${host}`)
  if (method !== 'GET' || !new RegExp(`^/secrets/${secret.name}/?$`).test(pathname)) {
    return refusal(404, 'SecretNotFound')
  }
  const id = `https://${host}/secrets/${secret.name}/${'0'.repeat(32)}`
  return { status: 200, body: { id, value: secret.value, attributes: { enabled: true } } }
}

function refusal(status: number, code: string): Answer {
  return { status, body: { error: { code, message: code } } }
}

/** Whose token it is, by what any service would do; undefined if it is not right. */
function makeVerifier(authority: string): FindReader {
  return async (token) => {
    try {
      const discovery = await fetch(`${authority}/.well-known/openid-configuration`)
      const { issuer, jwks_uri } = (await discovery.json()) as { issuer: string; jwks_uri: string }
      const keys = createRemoteJWKSet(new URL(jwks_uri))
      const { payload } = await jwtVerify(token, keys, { issuer, audience: RESOURCE, algorithms: ['RS256'] })
      return String(payload.oid)
    } catch {
      return undefined
    }
  }
}

function send(outgoing: ServerResponse, status: number, body: object, headers = {}): void {
  outgoing.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body))
}
