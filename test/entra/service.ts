/**
 * What the stand-in answers to each request: by its faults, then by its rules.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AccessTokens } from './access-tokens.ts'
import { readAssertion } from './assertion.ts'
import { type Application, type Directory, type FederatedCredential, registerKey } from './directory.ts'
import { changeDirectory, FAULTS, type Fault, type FaultName } from './faults.ts'
import { FEDERATION_RULES, type GetDocument, IssuerKeys } from './federation.ts'
import { formatRefusal, type Refusal } from './refusals.ts'
import {
  type Asked,
  applicationOf,
  CERTIFICATE_RULES,
  firstRefusal,
  REQUEST_RULES,
  RESOURCE_RULES,
  resourceOf,
} from './rules.ts'

/** MSAL.NET MockHelpers.cs; the service chooses between 60 and 90 minutes. */
const TOKEN_LIFETIME_SECONDS = 3599

/** What a stand-in is made of. */
export interface EntraOptions {
  /** Milliseconds since 1970. */
  clock?: () => number
  application: { tenantId: string; clientId: string; objectId?: string }
  /** Certificates in PEM, and federated credentials. */
  credentials: { certificates?: readonly string[]; federated?: readonly FederatedCredential[] }
  /** The CA (PEM) by which issuers are known; without it the system's. */
  issuerCa?: string
  /** Resources that the tenant has no service principal for. */
  unknownResources?: readonly string[]
  tokenLifetimeSeconds?: number
  port?: number
}

/** A request for a token, as it came. */
export interface EntraRequest {
  form: Readonly<Record<string, string>>
  /** The assertion's. */
  header: Readonly<Record<string, unknown>>
  claims: Readonly<Record<string, unknown>>
  /** Of the answer; none while it waits. */
  status?: number
  /** The number of the refusal. */
  code?: number
}

/** How a fault may be changed. */
export interface FaultOptions {
  retryAfter?: string
}

/** One tenant of Entra ID. */
export class EntraService {
  readonly requests: EntraRequest[] = []
  readonly tokens = new AccessTokens()
  readonly #options: EntraOptions
  readonly #authorityHost: string
  readonly #issuers: IssuerKeys
  #directory: Directory
  #fault: Fault = { source: '' }
  #faultOver = Promise.withResolvers<void>()

  constructor(options: EntraOptions, authorityHost: string, get: GetDocument) {
    this.#options = options
    this.#authorityHost = authorityHost
    this.#issuers = new IssuerKeys(get)
    this.#directory = directoryOf(options.application, options.credentials)
  }

  setFault(fault: FaultName | Refusal | undefined, { retryAfter }: FaultOptions = {}): void {
    const row = typeof fault === 'string' ? FAULTS[fault] : { source: '', ...(fault && { refusal: fault }) }
    const raw = row.raw &&
      retryAfter !== undefined && {
        ...row.raw,
        headers: { ...row.raw.headers, 'Retry-After': retryAfter },
      }
    this.#fault = raw ? { ...row, raw } : row
    this.#faultOver.resolve()
    this.#faultOver = Promise.withResolvers()
  }

  setCredentials(credentials: EntraOptions['credentials']): void {
    this.#directory = directoryOf(this.#options.application, credentials)
  }

  async answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await incoming.toArray()).toString()
    // Node's own header would tell of another clock.
    response.setHeader('Date', new Date(this.#now()).toUTCString())
    response.setHeader('Cache-Control', 'no-store, no-cache')
    const { pathname } = new URL(incoming.url ?? '', this.#authorityHost)
    const [, tenantId = '', ...rest] = pathname.split('/')
    const path = rest.join('/')
    if (path === 'oauth2/v2.0/token' && incoming.method === 'POST') {
      return await this.#answerToken(tenantId, body, incoming, response)
    }
    const document = this.#documentAt(tenantId, path)
    sendJson(response, document ? 200 : 404, document ?? {})
  }

  #now(): number {
    return (this.#options.clock ?? Date.now)() + (this.#fault.aheadSeconds ?? 0) * 1000
  }

  async #answerToken(
    tenantId: string,
    body: string,
    incoming: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const form = Object.fromEntries(new URLSearchParams(body))
    const assertion = readAssertion(form.client_assertion ?? '')
    const noted: EntraRequest = { form, header: assertion?.header ?? {}, claims: assertion?.claims ?? {} }
    this.requests.push(noted)
    while (this.#fault.isSilent) await this.#faultOver.promise
    const { raw } = this.#fault
    if (raw) {
      noted.status = raw.status
      response.writeHead(raw.status, raw.headers).end(raw.body)
      return
    }
    const asked: Asked = {
      directory: changeDirectory(this.#directory, this.#fault),
      tenantId,
      form,
      assertion,
      tokenEndpoint: `${this.#authorityHost}/${tenantId}/oauth2/v2.0/token`,
      nowMilliseconds: this.#now(),
      unknownResources: this.#options.unknownResources ?? [],
    }
    const refusal = await this.#refuse(asked)
    const answer = refusal ? this.#formatRefusal(refusal, asked, incoming) : this.#grant(asked)
    Object.assign(noted, { status: answer.status, ...(refusal && { code: refusal.code }) })
    sendJson(response, answer.status, answer.body)
  }

  async #refuse(asked: Asked): Promise<Refusal | undefined> {
    if (this.#fault.refusal) return { ...this.#fault.refusal, fields: fieldsOf(asked) }
    const isOwn = asked.assertion?.claims.iss === asked.form.client_id
    return (
      firstRefusal(REQUEST_RULES, asked) ??
      (isOwn ? firstRefusal(CERTIFICATE_RULES, asked) : await this.#refuseFederated(asked)) ??
      firstRefusal(RESOURCE_RULES, asked)
    )
  }

  async #refuseFederated(asked: Asked): Promise<Refusal | undefined> {
    const refusal = firstRefusal(FEDERATION_RULES, asked)
    if (refusal) return refusal
    const { kid, iss } = { ...asked.assertion?.header, ...asked.assertion?.claims } as Record<string, unknown>
    if (this.#fault.issuers === 'unreachable') return { code: 50166 }
    if (this.#fault.issuers === 'stale')
      return { code: 7000272, fields: { kid: String(kid), issuer: String(iss) } }
    return await this.#issuers.refuse(asked)
  }

  #formatRefusal(refusal: Refusal, { nowMilliseconds }: Asked, incoming: IncomingMessage) {
    const { 'client-request-id': correlationId } = incoming.headers
    return formatRefusal(refusal, {
      nowMilliseconds,
      traceId: randomUUID(),
      correlationId: typeof correlationId === 'string' ? correlationId : randomUUID(),
      authorityHost: this.#authorityHost,
    })
  }

  /** MSAL.NET MockHelpers.cs: lifetimes are numbers, `ext_expires_in` is the same. */
  #grant(asked: Asked): { status: number; body: object } {
    const {
      tenantId,
      clientId,
      objectId = clientId,
    } = { ...this.#options.application, ...applicationOf(asked) }
    const lifetimeSeconds = this.#options.tokenLifetimeSeconds ?? TOKEN_LIFETIME_SECONDS
    const accessToken = this.tokens.create({
      issuer: `https://sts.windows.net/${tenantId}/`,
      tenantId,
      clientId,
      objectId,
      resource: resourceOf(asked.form.scope ?? ''),
      nowSeconds: Math.floor(asked.nowMilliseconds / 1000),
      lifetimeSeconds,
    })
    return {
      status: 200,
      body: {
        token_type: 'Bearer',
        expires_in: lifetimeSeconds,
        ext_expires_in: lifetimeSeconds,
        access_token: accessToken,
      },
    }
  }

  #documentAt(tenantId: string, path: string): object | undefined {
    if (tenantId !== this.#directory.tenantId) return undefined
    const base = `${this.#authorityHost}/${tenantId}`
    if (path === 'discovery/v2.0/keys') return { keys: [this.tokens.jwk] }
    if (path !== 'v2.0/.well-known/openid-configuration') return undefined
    return {
      token_endpoint: `${base}/oauth2/v2.0/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      tenant_region_scope: 'EU',
    }
  }
}

function directoryOf(
  { tenantId, clientId, objectId = clientId }: EntraOptions['application'],
  { certificates = [], federated = [] }: EntraOptions['credentials'],
): Directory {
  const application: Application = { clientId, objectId, keys: certificates.map(registerKey), federated }
  return { tenantId, applications: [application] }
}

function fieldsOf({ assertion, form, tenantId }: Asked): Record<string, string> {
  const { iss, sub, aud } = assertion?.claims ?? {}
  return {
    issuer: String(iss),
    subject: String(sub),
    audience: String(aud),
    clientId: form.client_id ?? '',
    tenant: tenantId,
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}
