/**
 * What stands for a realm of Keycloak where none is installed: it takes a client's assertion only if the key set of the
 * issuer's discovery document verifies it, and issuer, audience, subject and age are right.
 *
 * @see https://www.keycloak.org/docs/latest/server_admin/#_client-credentials
 * @module
 */

import { createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json, text } from 'node:stream/consumers'
import { JWT_BEARER } from '@landfast/protocol'
import { createLocalJWKSet, generateKeyPair, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose'

/** Keycloak takes no assertion that was made longer ago. */
const AGE_MAX_SECONDS = 300

/** What the realm trusts, and how it is found. */
export interface RealmOptions {
  issuer: string
  tls: { key: string; certificate: string }
  /** The issuer of assertions, the discovery document of which lies below it; known by its CA. */
  trusted: { issuer: string; ca: string }
  /** The subject that is the client. */
  client: { id: string; subject: string }
}

/** Starts it at the address of its issuer; resolves to what stops it. */
export async function startRealm(options: RealmOptions): Promise<() => Promise<void>> {
  const { issuer, tls } = options
  const { hostname, port, pathname } = new URL(issuer)
  const { privateKey } = await generateKeyPair('RS256')
  const server = createServer({ key: tls.key, cert: tls.certificate })
  const answers: Record<string, (body: string) => Promise<object>> = {
    [`${pathname}/.well-known/openid-configuration`]: async () => ({
      issuer,
      token_endpoint: `${issuer}/token`,
    }),
    [`${pathname}/token`]: async (body) => {
      const id = await clientOf(new URLSearchParams(body), options)
      const token = new SignJWT({ azp: id, iss: issuer }).setProtectedHeader({ alg: 'RS256' })
      return { access_token: await token.sign(privateKey), token_type: 'Bearer', expires_in: 60 }
    },
  }
  server.on('request', async (request, response) => {
    const body = await text(request)
    const refused = (error: unknown) => ({ error: 'invalid_client', error_description: String(error) })
    const answer = await answers[request.url ?? '']?.(body).catch(refused)
    response.writeHead(answer && !('error' in answer) ? 200 : 401, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(answer ?? {}))
  })
  await new Promise<void>((listening) => server.listen(Number(port), hostname, listening))
  if ((server.address() as AddressInfo).port !== Number(port)) throw new Error('it listens elsewhere')
  return async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  }
}

/** The client that the assertion of `form` proves. */
async function clientOf(form: URLSearchParams, { issuer, trusted, client }: RealmOptions): Promise<string> {
  if (form.get('client_assertion_type') !== JWT_BEARER) throw new Error('no assertion')
  const document = await read(
    `${trusted.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    trusted.ca,
  )
  const keys = (await read(String(document.jwks_uri), trusted.ca)) as unknown as JSONWebKeySet
  await jwtVerify(form.get('client_assertion') ?? '', createLocalJWKSet(keys), {
    issuer: trusted.issuer,
    audience: issuer,
    subject: client.subject,
    maxTokenAge: AGE_MAX_SECONDS,
    requiredClaims: ['jti', 'exp'],
  })
  return client.id
}

function read(url: string, ca: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    get(url, { ca, agent: false }, (response) => {
      json(response).then((value) => resolve(value as Record<string, unknown>), reject)
    }).on('error', reject)
  })
}
