/**
 * What Entra ID demands of a request for a token by client credentials: each rule is a row with its source and the
 * refusal that it leads to. They are asked in this order.
 *
 * @module
 */

import { type Assertion, isSigned } from './assertion.ts'
import type { Application, Directory, RegisteredKey } from './directory.ts'
import type { Refusal } from './refusals.ts'

/** What a request is judged by. */
export interface Asked {
  directory: Directory
  /** The tenant in the path. */
  tenantId: string
  form: Readonly<Record<string, string>>
  assertion: Assertion | undefined
  /** The URL that was asked. */
  tokenEndpoint: string
  nowMilliseconds: number
  /** Audiences for which the tenant has no service principal. */
  unknownResources: readonly string[]
}

/** One demand. */
export interface Rule {
  demands: string
  /** The page, thread or file that says so. */
  source: string
  refuse(asked: Asked): Refusal | undefined
}

const CERTIFICATE_CREDENTIALS = 'entra-docs docs/identity-platform/certificate-credentials.md'
const GRANT = 'entra-docs docs/identity-platform/v2-oauth2-client-creds-grant-flow.md'
const CODES = 'entra-docs docs/identity-platform/reference-error-codes.md'

const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * How far a clock may be off. Microsoft names no number for assertions; its own reader of tokens allows five minutes.
 *
 * @see https://learn.microsoft.com/dotnet/api/microsoft.identitymodel.tokens.tokenvalidationparameters.clockskew
 */
const SKEW_SECONDS = 300

/** For every request. */
export const REQUEST_RULES: readonly Rule[] = [
  {
    demands: 'a tenant that is here',
    source: CODES,
    refuse: ({ directory, tenantId }) =>
      directory.tenantId === tenantId ? undefined : { code: 90002, fields: { tenant: tenantId } },
  },
  {
    demands: 'the parameters of the grant',
    source: GRANT,
    refuse({ form }) {
      const parameter = ['grant_type', 'client_id', 'scope'].find((name) => !form[name])
      return parameter ? { code: 900144, fields: { parameter } } : undefined
    },
  },
  {
    demands: 'the grant of client credentials',
    source: GRANT,
    refuse: ({ form: { grant_type: grantType = '' } }) =>
      grantType === 'client_credentials' ? undefined : { code: 70003, fields: { grantType } },
  },
  {
    demands: 'one resource with "/.default", whatever of OpenID Connect is beside it',
    source: `${GRANT}; MSAL for Java sends "openid profile offline_access" before it`,
    refuse({ form: { scope = '' } }) {
      const [resource = '', ...more] = resourceScopes(scope)
      const isOne = resource.endsWith('/.default') && more.length === 0
      return isOne ? undefined : { code: 1002012, fields: { scope } }
    },
  },
  {
    demands: 'an application of the tenant',
    source: CODES,
    refuse: (asked) =>
      applicationOf(asked)
        ? undefined
        : { code: 700016, fields: { clientId: asked.form.client_id ?? '', tenant: asked.tenantId } },
  },
  {
    demands: 'an application that is not disabled',
    source: CODES,
    refuse: (asked) =>
      applicationOf(asked)?.isDisabled
        ? { code: 7000112, fields: { clientId: asked.form.client_id ?? '' } }
        : undefined,
  },
  {
    demands: 'an assertion as the proof',
    source: `${CERTIFICATE_CREDENTIALS} ("Using a client assertion")`,
    refuse: ({ form }) =>
      form.client_assertion && form.client_assertion_type === JWT_BEARER ? undefined : { code: 7000218 },
  },
  {
    demands: 'an assertion that is a JWT',
    source: `${CODES} (InvalidJwtToken)`,
    refuse: ({ assertion }) => (assertion ? undefined : { code: 50027 }),
  },
]

/** For an assertion that the application signed, as its `iss` says. */
export const CERTIFICATE_RULES: readonly Rule[] = [
  {
    demands: '"iss" and "sub" are the client id of the request',
    source: CERTIFICATE_CREDENTIALS,
    refuse: ({ assertion, form: { client_id: clientId } }) =>
      assertion?.claims.iss === clientId && assertion?.claims.sub === clientId ? undefined : { code: 700021 },
  },
  {
    demands: '"aud" is the token endpoint of the tenant',
    source: CERTIFICATE_CREDENTIALS,
    refuse: ({ assertion, tokenEndpoint }) =>
      assertion?.claims.aud === tokenEndpoint ? undefined : { code: 50012 },
  },
  {
    demands: '"typ" is "JWT" where it is given, "jti" is there',
    source: CERTIFICATE_CREDENTIALS,
    refuse({ assertion }) {
      const isWhole = typeof assertion?.claims.jti === 'string' && assertion.claims.jti !== ''
      return isWhole && (assertion.header.typ ?? 'JWT') === 'JWT' ? undefined : { code: 50027 }
    },
  },
  {
    demands: 'its time has begun and is not over',
    source: CERTIFICATE_CREDENTIALS,
    refuse: refuseTime,
  },
  {
    demands: 'PS256, or RS256 as before',
    source: `${CERTIFICATE_CREDENTIALS} ("Should be PS256"); MSAL for Java signs by RS256`,
    refuse: ({ assertion }) =>
      ['PS256', 'RS256'].includes(String(assertion?.header.alg))
        ? undefined
        : { code: 5002738, fields: { alg: String(assertion?.header.alg) } },
  },
  {
    demands: 'a certificate of this application, by "x5t#S256" or "x5t" in either alphabet, padded or not',
    source: `${CERTIFICATE_CREDENTIALS}; entra-docs#1301 for x5t; MSAL for Go and Java have Base64's alphabet, MSAL for Python pads`,
    refuse: (asked) => (keyOf(asked) ? undefined : unregistered(asked, 'The key was not found.')),
  },
  {
    demands: 'a certificate that is not over',
    source: 'AzureStack HCI troubleshooting: "The key used is expired."',
    refuse: (asked) =>
      (keyOf(asked)?.endsAt ?? 0) > asked.nowMilliseconds
        ? undefined
        : unregistered(asked, 'The key used is expired.'),
  },
  {
    demands: 'the signature of that certificate',
    source: `${CERTIFICATE_CREDENTIALS} ("Signature")`,
    refuse(asked) {
      const key = keyOf(asked)
      return key && asked.assertion && isSigned(asked.assertion, key.publicKey)
        ? undefined
        : { code: 7000274 }
    },
  },
]

/** After the proof held. */
export const RESOURCE_RULES: readonly Rule[] = [
  {
    demands: 'a resource that the tenant knows',
    source: `${CODES} (InvalidResourceServicePrincipalNotFound)`,
    refuse({ form: { scope = '' }, unknownResources, tenantId }) {
      const resource = resourceOf(scope)
      const isKnown = !unknownResources.includes(resource)
      return isKnown ? undefined : { code: 500011, fields: { resource, tenant: tenantId } }
    },
  },
]

/** The first refusal of `rules`. */
export function firstRefusal(rules: readonly Rule[], asked: Asked): Refusal | undefined {
  for (const rule of rules) {
    const refusal = rule.refuse(asked)
    if (refusal) return refusal
  }
  return undefined
}

/** The application of the request. */
export function applicationOf({ directory, form }: Asked): Application | undefined {
  return directory.applications.find(({ clientId }) => clientId === form.client_id)
}

/** Scopes that are of no resource: entra-docs docs/identity-platform/scopes-oidc.md. */
const OPENID_SCOPES = ['openid', 'profile', 'email', 'offline_access']

/** What is before "/.default": `https://vault.azure.net//.default` asks for a resource with a slash at its end. */
export function resourceOf(scope: string): string {
  return (resourceScopes(scope)[0] ?? '').replace(/\/\.default$/, '')
}

function resourceScopes(scope: string): string[] {
  return scope.split(' ').filter((one) => one !== '' && !OPENID_SCOPES.includes(one))
}

/** Refuses what is not of now; `nbf` may be missing. */
export function refuseTime({ assertion, nowMilliseconds }: Asked): Refusal | undefined {
  const { nbf = 0, exp } = assertion?.claims ?? {}
  const now = nowMilliseconds / 1000
  const isNow = typeof exp === 'number' && now < exp + SKEW_SECONDS && Number(nbf) - SKEW_SECONDS <= now
  if (isNow) return undefined
  return {
    code: 700024,
    fields: { now: formatTime(now), notBefore: formatTime(Number(nbf)), expires: formatTime(Number(exp)) },
  }
}

/** As .NET writes times, to the tenth of a microsecond. */
function formatTime(seconds: number): string {
  return Number.isFinite(seconds) ? new Date(seconds * 1000).toISOString().replace('Z', '0000Z') : ''
}

function keyOf(asked: Asked): RegisteredKey | undefined {
  const header = asked.assertion?.header ?? {}
  const name = 'x5t#S256' in header ? 'x5t#S256' : 'x5t'
  const thumbprint = Buffer.from(String(header[name]), 'base64').toString('base64url')
  return applicationOf(asked)?.keys.find(({ thumbprints }) => thumbprints[name] === thumbprint)
}

function unregistered({ form }: Asked, reason: string): Refusal {
  return { code: 700027, fields: { reason, clientId: form.client_id ?? '' } }
}
