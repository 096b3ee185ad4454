/**
 * What is tried at Entra ID: each step says what has to hold, and what it found.
 *
 * @module
 */

import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfidentialClientApplication } from '@azure/msal-node'
import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose'
import { openEntraApplication } from '../packages/agent/src/authority/entra-source.ts'
import type { EntraCloud } from '../packages/agent/src/machine/entra-clouds.ts'
import { type EntraRegistration, entraAuthorityOf } from '../packages/agent/src/machine/entra-registration.ts'
import { selfSigned } from '../packages/agent/src/machine/self-signed.ts'
import { SourceError, type SourceToken } from '../packages/agent/src/tokens/source.ts'

/** The application, and what it asks for. */
export interface EntraTrial {
  cloud: EntraCloud
  tenantId: string
  clientId: string
  /** PEM. */
  privateKey: string
  certificate: string
  resource: string
  /** A stand-in instead of the cloud, and the CA by which it is known. */
  authorityHost: string | undefined
  ca: string | undefined
}

/** One thing that had to hold. */
export interface EntraResult {
  what: string
  held: boolean
  /** What was found; nothing secret. */
  detail: string
}

const HOUR_MILLISECONDS = 3_600_000
const DEADLINE_MILLISECONDS = 60_000

/** "Between 60 and 90 minutes", and some seconds of the way. */
const LIFE_MINUTES = { least: 59, most: 91 } as const

/** Entra ID's numbers for what is refused on purpose. */
const UNREGISTERED = 'AADSTS700027'
const UNKNOWN_RESOURCE = 'AADSTS500011'

/** A resource that no tenant has. */
const NO_RESOURCE = 'api://00000000-0000-4000-8000-000000000000'

/** Tries one thing after the other. What needs a token is left out once none came. */
export async function* tryEntra(trial: EntraTrial): AsyncGenerator<EntraResult> {
  yield await step('the certificate is that of the private key, RSA, and in its time', async () =>
    describeCertificate(trial),
  )
  yield await step('the tenant is in this cloud, and its token endpoint is the one that the agent asks', () =>
    compareEndpoint(trial),
  )
  const tokens: Partial<Record<'agent' | 'msal', string>> = {}
  yield await step('the agent gets a token by certificate (PS256, x5t#S256)', async () => {
    const { accessToken, expiresInSeconds } = await askAsAgent(trial)
    tokens.agent = accessToken
    return describeLife(expiresInSeconds)
  })
  yield await step('MSAL gets a token by the same certificate', async () => {
    tokens.msal = await askAsMsal(trial)
    return 'at the same token endpoint'
  })
  if (tokens.agent) yield* tryToken(trial, tokens.agent, tokens.msal)
  yield await step('the agent gets a token although its clock is an hour slow', async () => {
    const now = () => Date.now() - HOUR_MILLISECONDS
    return describeLife((await askAsAgent(trial, { now })).expiresInSeconds)
  })
  yield await step('a key that is not registered is refused, as the agent expects it', () =>
    expectRefusal(
      withAnotherKey(trial).then((other) => askAsAgent(other)),
      UNREGISTERED,
    ),
  )
  yield await step('a resource that the tenant does not have is refused, as the agent expects it', () =>
    expectRefusal(askAsAgent({ ...trial, resource: NO_RESOURCE }), UNKNOWN_RESOURCE),
  )
}

async function* tryToken(
  trial: EntraTrial,
  agent: string,
  msal: string | undefined,
): AsyncGenerator<EntraResult> {
  const claims = decodeJwt(agent)
  yield await step(
    'the token is for the resource, of the tenant, and in the name of the application',
    async () => describeToken(trial, claims),
  )
  yield await step('the token of MSAL has the same claims', async () => {
    if (!msal) throw new Error('MSAL got none')
    return compareNames(claims, decodeJwt(msal))
  })
  yield await step('the token is signed by a key of the tenant', () => verifyToken(trial, agent))
}

async function step(what: string, run: () => Promise<string>): Promise<EntraResult> {
  try {
    return { what, held: true, detail: await run() }
  } catch (error) {
    return { what, held: false, detail: sayError(error) }
  }
}

/** Entra ID's sentence, in one line; no library quotes what it sent. */
function sayError(error: unknown): string {
  const { message, reason } = error as Error & { reason?: { message: string } }
  return [reason?.message, message].filter(Boolean).join('; ').replaceAll(/\s+/g, ' ')
}

function describeCertificate({ certificate, privateKey }: EntraTrial): string {
  const { publicKey, validFromDate, validToDate, fingerprint256 } = new X509Certificate(certificate)
  if (!publicKey.equals(createPublicKey(privateKey)))
    throw new Error('the private key is of another certificate')
  if (publicKey.asymmetricKeyType !== 'rsa') throw new Error(`it is ${publicKey.asymmetricKeyType}`)
  const until = validToDate.toISOString()
  const now = Date.now()
  if (now < validFromDate.getTime() || now > validToDate.getTime()) throw new Error(`it ends at ${until}`)
  return `RSA ${publicKey.asymmetricKeyDetails?.modulusLength}, until ${until}, SHA-256 ${fingerprint256}`
}

async function compareEndpoint(trial: EntraTrial): Promise<string> {
  const authority = entraAuthorityOf(registrationOf(trial))
  const answer = await fetchJson(`${authority}/v2.0/.well-known/openid-configuration`)
  const expected = `${authority}/oauth2/v2.0/token`
  if (answer.token_endpoint !== expected) throw new Error(`it is "${answer.token_endpoint}"`)
  return expected
}

async function askAsAgent(trial: EntraTrial, clock: { now?: () => number } = {}): Promise<SourceToken> {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-prove-'))
  const { identity, source } = openEntraApplication({ folder, registration: registrationOf(trial), ...clock })
  try {
    return await source.getToken(identity, trial.resource, AbortSignal.timeout(DEADLINE_MILLISECONDS))
  } finally {
    source.close()
    rmSync(folder, { recursive: true })
  }
}

function registrationOf({
  cloud,
  tenantId,
  clientId,
  authorityHost,
  ca,
  ...key
}: EntraTrial): EntraRegistration {
  const { privateKey, certificate } = key
  return {
    cloud,
    tenantId,
    clientId,
    ...(authorityHost !== undefined && { authorityHost }),
    ...(ca !== undefined && { ca }),
    // As if made long ago, so that what is refused is refused for good.
    proof: { kind: 'certificate', privateKey, certificate, registeredAt: new Date(0).toISOString() },
  }
}

async function askAsMsal(trial: EntraTrial): Promise<string> {
  const { clientId, certificate, privateKey, resource } = trial
  const authority = entraAuthorityOf(registrationOf(trial))
  const thumbprintSha256 = new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase()
  const msal = new ConfidentialClientApplication({
    auth: {
      clientId,
      authority,
      knownAuthorities: [new URL(authority).host],
      clientCertificate: { thumbprintSha256, privateKey },
    },
  })
  const answer = await msal.acquireTokenByClientCredential({ scopes: [`${resource}/.default`] })
  if (!answer) throw new Error('MSAL got none')
  return answer.accessToken
}

function describeLife(expiresInSeconds: number): string {
  const minutes = expiresInSeconds / 60
  if (minutes < LIFE_MINUTES.least || minutes > LIFE_MINUTES.most) {
    throw new Error(`it lives ${minutes} minutes, where 60 to 90 are documented`)
  }
  return `it lives ${Math.round(minutes)} minutes`
}

function describeToken({ tenantId, clientId, resource }: EntraTrial, claims: JWTPayload): string {
  const { tid, appid, azp, oid, ver, idtyp, aud } = claims as Record<string, string>
  if (tid !== tenantId) throw new Error(`"tid" is "${tid}"`)
  if ((appid ?? azp) !== clientId) throw new Error(`its application is "${appid ?? azp}"`)
  if (ver === '1.0' && withoutSlash(aud) !== withoutSlash(resource)) throw new Error(`"aud" is "${aud}"`)
  return `"ver" ${ver}, "idtyp" ${idtyp}, "aud" ${aud}, "oid" ${oid}; claims ${Object.keys(claims).sort().join(' ')}`
}

function withoutSlash(text: string | undefined): string | undefined {
  return text?.replace(/\/$/, '')
}

function compareNames(one: JWTPayload, other: JWTPayload): string {
  const names = Object.keys(one).sort()
  const differing = names
    .filter((name) => !(name in other))
    .concat(Object.keys(other).filter((name) => !(name in one)))
  if (differing.length > 0) throw new Error(`only one has ${differing.join(' ')}`)
  return `${names.length} of them`
}

/** Tokens of Microsoft Graph cannot be verified by anybody else: another resource shows more. */
async function verifyToken(trial: EntraTrial, token: string): Promise<string> {
  const authority = entraAuthorityOf(registrationOf(trial))
  const { jwks_uri: jwksUri } = await fetchJson(`${authority}/v2.0/.well-known/openid-configuration`)
  const { protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(String(jwksUri))))
  return `${protectedHeader.alg}`
}

async function fetchJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MILLISECONDS) })
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>
  if (response.ok) return body
  throw new Error(
    `"${url}" answered ${response.status}: ${body.error_description ?? 'nothing that makes sense'}`,
  )
}

async function expectRefusal(asked: Promise<unknown>, code: string): Promise<string> {
  const error = await asked.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (error instanceof SourceError && error.message.includes(code)) return `${error.failure}, ${code}`
  throw error ?? new Error('a token came')
}

async function withAnotherKey(trial: EntraTrial): Promise<EntraTrial> {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
    publicKeyEncoding: { format: 'pem', type: 'spki' },
  })
  const wish = { privateKey, commonName: 'landfast-not-registered', now: new Date(), days: 1 }
  return { ...trial, privateKey, certificate: await selfSigned(wish) }
}
