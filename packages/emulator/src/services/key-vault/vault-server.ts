/**
 * A small key vault on this machine: secrets for programs that bring a token of the emulator with a role.
 *
 * @see docs/emulator.md#whole-applications
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTlsServer, startListening, watchConnections } from '@landfast/server'
import { isAllowed, rolesWith } from '../data-roles.ts'
import { type TokenClaims, TokenVerifier, type TrustingService } from '../token-verifier.ts'
import { checkName, readValue } from './secret-body.ts'
import { SecretStore } from './secret-store.ts'
import { VaultError } from './vault-error.ts'
import { type SecretAction, VAULT_ROLES } from './vault-roles.ts'
import { findRoute } from './vault-routes.ts'
import { VAULT_AUDIENCE, verifyBearer } from './vault-token.ts'

/** Larger than any secret with its properties. */
const BODY_MAX_CHARACTERS = 262_144

/** Those that SDKs send: numbers until 7.6, dates since, and dates before 7.0. */
const API_VERSION = /^(?:7\.\d|20\d\d-\d\d-\d\d)(?:-preview(?:\.\d)?)?$/

/** What a key vault needs. */
export interface KeyVaultOptions extends TrustingService {
  /** What it holds from the start. */
  secrets: Readonly<Record<string, string>>
}

/** A running key vault. */
export interface KeyVault {
  readonly url: string
  stop(): Promise<void>
}

/** Starts one on a free port. @throws {VaultError} `parameter_invalid` for a secret that cannot be kept. */
export async function startKeyVault(options: KeyVaultOptions): Promise<KeyVault> {
  const { nowSeconds } = options
  const store = new SecretStore({ nowSeconds, newVersion: () => randomUUID().replaceAll('-', '') })
  for (const [name, value] of Object.entries(options.secrets))
    store.set(checkName(name), readValue(value), {})
  const server = createTlsServer({ key: options.key, cert: options.certificate })
  const connections = watchConnections(server)
  await startListening(server, { host: '127.0.0.1', port: 0 })
  const { port } = server.address() as AddressInfo
  const url = `https://127.0.0.1:${port}`
  const door = new VaultDoor({ url, port, store, verifier: new TokenVerifier(options, VAULT_AUDIENCE) })
  const challenge = `Bearer authorization="${options.authority}", resource="${VAULT_AUDIENCE}"`
  server.on('request', (request, response) => {
    door
      .answer(request)
      .catch((error) => explain(error, challenge))
      .then((answer) => send(response, answer))
      .catch(() => response.destroy())
  })
  return { url, stop: () => connections.close(0) }
}

interface Answer {
  status: number
  body?: object | undefined
  headers?: Readonly<Record<string, string>>
}

interface DoorParts {
  url: string
  port: number
  store: SecretStore
  verifier: TokenVerifier
}

/** Lets in who may do what they ask for. */
class VaultDoor {
  readonly #parts: DoorParts

  constructor(parts: DoorParts) {
    this.#parts = parts
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const { url, port, store, verifier } = this.#parts
    const { method = '', headers } = request
    checkHost(headers.host, port)
    const { pathname, searchParams: query } = new URL(request.url ?? '', url)
    const { route, name, version } = findRoute(method, pathname)
    const claims = await verifyBearer(headers.authorization, verifier)
    if (!API_VERSION.test(query.get('api-version') ?? '')) throw new VaultError('version_unknown')
    if (!isAllowed(VAULT_ROLES, route.action, claims.roles)) refuse(route.action, claims, pathname)
    const body = await readBody(request)
    const answer = route.answer({ url, store, query, name, version, body })
    return answer ? { status: 200, body: answer } : { status: 204 }
  }
}

/** A page of another site whose name was rebound to this address is turned away. */
function checkHost(host: string | undefined, port: number): void {
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) throw new VaultError('host_foreign')
}

function refuse(action: SecretAction, { appid, azp, oid }: TokenClaims, path: string): never {
  const lines = [
    `Caller: appid=${appid ?? azp};oid=${oid}`,
    `Action: 'Microsoft.KeyVault/vaults/secrets/${action}/action'`,
    `Resource: '${path}'`,
    `The roles that allow it: ${rolesWith(VAULT_ROLES, action).join(', ')}`,
  ]
  throw new VaultError('role_missing', lines.join('\n'))
}

/** The JSON that was sent; nothing is an empty object. */
async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > BODY_MAX_CHARACTERS) throw new VaultError('parameter_invalid', 'the body is too long')
  }
  try {
    const body: unknown = text === '' ? {} : JSON.parse(text)
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body }
  } catch {}
  throw new VaultError('parameter_invalid', 'the body must be a JSON object')
}

function explain(error: unknown, challenge: string): Answer {
  const known = error instanceof VaultError ? error : new VaultError('request_failed', undefined, error)
  const { status, body } = known
  if (status !== 401) return { status, body }
  const suffix = known.code === 'token_invalid' ? ', error="invalid_token"' : ''
  return { status, body, headers: { 'WWW-Authenticate': challenge + suffix } }
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const type = body && { 'Content-Type': 'application/json; charset=utf-8' }
  response.writeHead(status, { ...type, ...headers, 'x-ms-request-id': randomUUID() })
  response.end(body && JSON.stringify(body))
}
