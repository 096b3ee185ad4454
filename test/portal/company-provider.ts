/**
 * oidc-provider as the OpenID provider of a company. It stands behind a proxy, by which alone the control plane finds its name;
 * whoever comes there is signed in as the person that a test says.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createProxies, parseProxyUrl } from '@landfast/server/proxy'
import { SignJWT } from 'jose'
import Provider from 'oidc-provider'
import { onTestFinished } from 'vitest'
import type { ControlPlaneOptions } from '../../packages/control-plane/src/options.ts'
import type { PortalProviderOptions } from '../../packages/control-plane/src/registry/people/portal-provider.ts'
import {
  type ForeignServer,
  HOST,
  startForeignServer,
} from '../../packages/control-plane/src/testing/foreign-server.ts'
import { makeIssuerKey } from '../../packages/control-plane/src/testing/issuer-keys.ts'
import { startConnectProxy } from '../proxy/connect-proxy.ts'

/** What the provider knows of somebody. */
export type PersonClaims = { sub: string } & Record<string, unknown>

/** A provider that runs until the end of the test. */
export interface CompanyProvider {
  issuer: string
  server: ForeignServer
  /** For a control plane whose people come by it. */
  options: Required<Pick<ControlPlaneOptions, 'portalProvider' | 'foreignIssuers' | 'proxies'>>
  /** Who comes to it; undefined is somebody who goes no further. */
  person: PersonClaims | undefined
  /** Answers in its place, if it returns true. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  /** Lets it send people back to the portal at `origin`. */
  serve(origin: string): void
  /** An ID token by its key, or by another. */
  idToken(claims: object, options?: { forged?: boolean }): Promise<string>
  /** What the browser of the person is sent back to the portal with: a path and a query. */
  comeBack(location: string): Promise<string>
}

/** The claims that it may put into an ID token. */
const CLAIMS = [
  'sub',
  'groups',
  'https://example.com/teams',
  'preferred_username',
  'name',
  'email',
  '_claim_names',
]

/** How it knows the portal, and what the portal expects of it. */
export interface CompanyOptions extends Partial<Pick<PortalProviderOptions, 'groupsClaim' | 'scopes'>> {
  /** The portal has no secret. */
  isPublic?: boolean
  /** A person has to press a button there, so that it is the provider's page that sends the browser back. */
  asksFirst?: boolean
}

/** Starts one. */
export async function startCompanyProvider({
  isPublic = false,
  asksFirst = false,
  ...more
}: CompanyOptions = {}): Promise<CompanyProvider> {
  let listener: RequestListener = (_request, response) => response.writeHead(503).end()
  const server = await startForeignServer((request, response) => {
    if (!company.instead?.(request, response)) listener(request, response)
  })
  const { origin: issuer, ca } = server
  const proxy = await startConnectProxy({ port: Number(new URL(issuer).port) })
  const [key, other] = [await makeIssuerKey('k1', 'rsa'), await makeIssuerKey('k1', 'rsa')]
  const secret = isPublic ? {} : { clientSecret: randomBytes(32).toString('base64url') }
  const company: CompanyProvider = {
    issuer,
    server,
    options: {
      portalProvider: { issuer, clientId: 'portal', ...secret, ...more },
      foreignIssuers: { [issuer]: { ca } },
      proxies: createProxies({ proxy: parseProxyUrl(proxy.url), bypass: '' }, {}),
    },
    person: { sub: 'ada-1', preferred_username: 'ada@example.com', groups: ['staff', 'platform-team'] },
    instead: undefined,
    serve: (origin) => {
      listener = listenerOf({ company, origin, asksFirst, ...secret, key })
    },
    idToken: (claims, { forged = false } = {}) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
        .sign(forged ? other.privateKey : key.privateKey),
    comeBack: (location) => comeBack(location, server),
  }
  onTestFinished(() => {
    company.instead = undefined
  })
  return company
}

const FORM =
  '<!doctype html><title>Provider</title><link rel="icon" href="data:,"><form method="post"><button>It is me</button></form>'

interface Serving extends Required<Pick<CompanyOptions, 'asksFirst'>> {
  company: CompanyProvider
  origin: string
  clientSecret?: string
  key: Awaited<ReturnType<typeof makeIssuerKey>>
}

function listenerOf({ company, origin, clientSecret, key, asksFirst }: Serving): RequestListener {
  const provider = new Provider(company.issuer, {
    adapter: Memory,
    jwks: { keys: [{ ...key.privateKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }] },
    clients: [
      {
        client_id: 'portal',
        ...(clientSecret === undefined
          ? { token_endpoint_auth_method: 'none' }
          : { client_secret: clientSecret }),
        redirect_uris: [`${origin}/portal/sign-in/callback`],
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
    ],
    claims: { openid: CLAIMS, profile: [] },
    conformIdTokenClaims: false,
    cookies: { keys: [randomBytes(16).toString('hex')] },
    ttl: { Interaction: 600, Grant: 3_600, Session: 3_600, AccessToken: 3_600, IdToken: 3_600 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, accountId) => ({ accountId, claims: () => company.person ?? { sub: accountId } }),
    loadExistingGrant: async ({ oidc }) => {
      const { clientId } = oidc.client
      const grant = new provider.Grant({ clientId, accountId: oidc.session.accountId })
      grant.addOIDCScope('openid profile')
      await grant.save()
      return grant
    },
  })
  const usual = provider.callback()
  return (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return usual(request, response)
    if (asksFirst && request.method === 'GET')
      return response.setHeader('Content-Type', 'text/html').end(FORM)
    const { person } = company
    const result = person ? { login: { accountId: person.sub } } : { error: 'access_denied' }
    void provider.interactionFinished(request, response, result)
  }
}

/** The browser at the provider: follows what that says until it is to go elsewhere. */
async function comeBack(location: string, { origin, ca }: ForeignServer): Promise<string> {
  const cookies = new Map<string, string>()
  let url = new URL(location)
  while (url.origin === origin) {
    const answer = await ask(url, { ca, cookie: [...cookies].map((pair) => pair.join('=')).join('; ') })
    for (const line of answer.cookies) {
      const [pair = ''] = line.split(';', 1)
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    if (answer.location === undefined)
      throw new Error(`the provider answered ${answer.status}: ${answer.text}`)
    url = new URL(answer.location, url)
  }
  return url.pathname + url.search
}

interface ProviderAnswer {
  status: number | undefined
  location: string | undefined
  cookies: readonly string[]
  text: string
}

function ask(
  { port, pathname, search }: URL,
  { ca, cookie }: { ca: string; cookie: string },
): Promise<ProviderAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ProviderAnswer>()
  const headers = { Host: `${HOST}:${port}`, Cookie: cookie }
  const where = {
    host: '127.0.0.1',
    port,
    path: pathname + search,
    servername: HOST,
    ca,
    agent: false,
    headers,
  }
  httpsRequest(where, async (incoming) => {
    const text = Buffer.concat(await incoming.toArray()).toString()
    const { statusCode: status, headers: answered } = incoming
    resolve({ status, location: answered.location, cookies: answered['set-cookie'] ?? [], text })
  })
    .on('error', reject)
    .end()
  return promise
}

/** What one process keeps of everything that is under way; each kind of thing has one of its own. */
class Memory {
  readonly #kept = new Map<string, Record<string, unknown>>()

  async upsert(id: string, payload: Record<string, unknown>): Promise<void> {
    this.#kept.set(id, payload)
  }

  async find(id: string): Promise<object | undefined> {
    return this.#kept.get(id)
  }

  async findByUid(uid: string): Promise<object | undefined> {
    return [...this.#kept.values()].find((one) => one.uid === uid)
  }

  async consume(id: string): Promise<void> {
    const kept = this.#kept.get(id)
    if (kept) kept.consumed = Math.floor(Date.now() / 1000)
  }

  async destroy(id: string): Promise<void> {
    this.#kept.delete(id)
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [id, { grantId: of }] of this.#kept) if (of === grantId) this.#kept.delete(id)
  }
}
