/**
 * The options of a control plane, their defaults and their limits.
 *
 * @module
 */

import { resolve } from 'node:path'
import { TOKEN_EXPIRED_FOR_CLIENTS_SECONDS } from '@landfast/protocol'
import type { AdminAddress } from '@landfast/server'
import type { Proxies } from '@landfast/server/proxy'
import { type Logger, pino } from 'pino'
import type { MakeKeyPair } from './authority/signing-key.ts'
import type { CertificateFiles } from './certificates/operator-certificate.ts'
import { type ForeignIssuers, readIssuerAccess } from './federation/issuer-access.ts'
import type { Companions } from './operation/companions.ts'
import { FEDERATED_CREDENTIALS_MAX } from './registry/federated-credentials.ts'
import { isIssuer } from './registry/federated-trust.ts'
import { type PortalProviderOptions, readPortalProvider } from './registry/people/portal-provider.ts'
import { CONNECTIONS_DEFAULT } from './storage/storage.ts'

/** What a control plane can be told. */
export interface ControlPlaneOptions {
  /** Holds everything that is kept; made with mode 0700 if it is missing. */
  stateFolder: string
  /**
   * `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`: the registry is kept there, and several control planes may
   * share it. Default: SQLite in the state folder.
   */
  databaseUrl?: string
  /** The address or name to listen on, which the control plane also calls itself. Default "127.0.0.1". */
  host?: string
  /** 0 (the default) takes a free port. */
  port?: number
  /**
   * The origin by which clients call, such as "https://id.example.com", where it is not `https://HOST:PORT`: behind
   * a load balancer, or with a host name. Issuers, certificates and every URL stated follow it.
   */
  url?: string
  /** The server's certificate and key, if not its own CA is to make them. */
  tls?: CertificateFiles
  /** `iss` of the tokens, an https URL, which may have a path and no port. Default `https://HOST:PORT/{tenant}/`. */
  issuerV1?: (tenantId: string) => string
  /** 600 to 86,400; default 3,600. */
  tokenLifetimeSeconds?: number
  /** The audiences whose tokens have the v2 shape and issuer. A slash at the end makes no difference. Default: none. */
  tokenVersion2Audiences?: readonly string[]
  /**
   * The audiences at which tokens are presented as assertions: theirs say truly when they were made, for readers that take
   * none older than some minutes. A slash at the end makes no difference. Default: none.
   */
  assertionAudiences?: readonly string[]
  /**
   * Seals the secrets of the database: 32 random bytes, base64 or hexadecimal. On SQLite the first start makes
   * one in the state folder if none is given.
   */
  encryptionKey?: string
  /** The key that `encryptionKey` takes the place of: it opens what is still sealed under it. */
  formerEncryptionKey?: string
  /** How long each key signs tokens: 2 to 365; default 30. */
  signingKeyDays?: number
  /**
   * Issuers of federated credentials that are in private networks or have a private CA. Every other must be at
   * a public address and known by a public CA. Default: none.
   */
  foreignIssuers?: ForeignIssuers
  /** How many federated credentials an identity may have: 1 to 1,000; default 20. */
  maxFederatedCredentials?: number
  /** By what foreign issuers are reached. Default: directly. */
  proxies?: Proxies
  /** For how long after the end of its certificate a machine may come back: 0 (never) to 3,650; default 90. */
  recoveryDays?: number
  /** Where `/livez`, `/readyz` and `/metrics` are, beside the port. Default: nowhere, and nothing is counted. */
  admin?: AdminAddress
  /** The socket at which an operator's commands on this host are served: with SQLite, a backup. Default: none. */
  operatorSocket?: string
  /** For how many days the audit trail is kept: 1 to 3,650; default 90. */
  auditRetentionDays?: number
  /** How large the audit trail may become, in MiB; the oldest rows go first: 1 to 1,048,576; default 4,096. */
  auditMaxMegabytes?: number
  /** How many requests a second each caller may make, ten times as many in a row; 0 is no limit; default 100. */
  callerRequestsPerSecond?: number
  /** How long the control plane goes on when it is told to stop, and says that it is not ready: 0 to 300; default 0. */
  drainSeconds?: number
  /** Addresses and networks whose `X-Forwarded-For` is believed: the load balancers in front. Default: none. */
  trustedProxies?: readonly string[]
  /** Whether there is a portal for people at `/portal`. Default: yes. */
  portal?: boolean
  /** By whose accounts people sign in to the portal. Default: nobody's, and they sign in as applications. */
  portalProvider?: PortalProviderOptions
  /** Other processes that serve the same port of this host. Default: none, and no other process may have the port. */
  companions?: Companions
  /** How many connections to PostgreSQL there are at most: 1 to 1,000; default 10. */
  databaseConnections?: number
  /** Of Landfast, for the metrics. */
  version?: string
  /** Default: silent. */
  log?: Logger
  now?: () => Date
}

/** The options with every default filled in; without an issuer the control plane's own name is used. */
export type CheckedOptions = Required<Omit<ControlPlaneOptions, Unset>> &
  Pick<ControlPlaneOptions, Unset> & {
    /** Of the keys that sign tokens; for tests, which have them made before. */
    makeKeyPair?: MakeKeyPair
  }

/** Options without a default. */
type Unset =
  | 'admin'
  | 'companions'
  | 'operatorSocket'
  | 'portalProvider'
  | 'proxies'
  | 'issuerV1'
  | 'encryptionKey'
  | 'formerEncryptionKey'
  | 'databaseUrl'
  | 'url'
  | 'tls'
  | 'version'

/** Clients call the last part of every life expired, so the shortest one still leaves them as long again to use. */
const TOKEN_LIFETIME_SECONDS = {
  default: 3_600,
  min: 2 * TOKEN_EXPIRED_FOR_CLIENTS_SECONDS,
  max: 86_400,
}

/** A key is published a day before it signs. */
const SIGNING_KEY_DAYS = { default: 30, min: 2, max: 365 }

/** A machine that was away for as long as its certificate was good is most likely still wanted. */
const RECOVERY_DAYS = { default: 90, min: 0, max: 3_650 }

const AUDIT_RETENTION_DAYS = { default: 90, min: 1, max: 3_650 }

/** A machine with one audience leaves some 30 kB a day, so that is 90 days of 1,500 machines. */
const AUDIT_MAX_MEGABYTES = { default: 4_096, min: 1, max: 1_048_576 }

const CALLER_REQUESTS_PER_SECOND = { default: 100, min: 0, max: 1_000_000 }

/** Each is looked at for every token of its issuer. */
const MAX_FEDERATED_CREDENTIALS = { default: FEDERATED_CREDENTIALS_MAX, min: 1, max: 1_000 }

const DATABASE_CONNECTIONS = { default: CONNECTIONS_DEFAULT, min: 1, max: 1_000 }

const DRAIN_SECONDS = { default: 0, min: 0, max: 300 }

/** Of every option that is a number. */
const LIMITS = {
  port: { min: 0, max: 65_535 },
  tokenLifetimeSeconds: TOKEN_LIFETIME_SECONDS,
  signingKeyDays: SIGNING_KEY_DAYS,
  recoveryDays: RECOVERY_DAYS,
  auditRetentionDays: AUDIT_RETENTION_DAYS,
  auditMaxMegabytes: AUDIT_MAX_MEGABYTES,
  callerRequestsPerSecond: CALLER_REQUESTS_PER_SECOND,
  drainSeconds: DRAIN_SECONDS,
  databaseConnections: DATABASE_CONNECTIONS,
  maxFederatedCredentials: MAX_FEDERATED_CREDENTIALS,
}

/**
 * Checks `options`.
 *
 * @throws {RangeError} if a number is outside its limits, a text is empty, or an issuer is not well described.
 */
export function checkOptions(options: ControlPlaneOptions): CheckedOptions {
  const {
    stateFolder,
    host = '127.0.0.1',
    port = 0,
    tokenLifetimeSeconds = TOKEN_LIFETIME_SECONDS.default,
    signingKeyDays = SIGNING_KEY_DAYS.default,
    recoveryDays = RECOVERY_DAYS.default,
    auditRetentionDays = AUDIT_RETENTION_DAYS.default,
    auditMaxMegabytes = AUDIT_MAX_MEGABYTES.default,
    tokenVersion2Audiences = [],
    assertionAudiences = [],
    foreignIssuers = {},
    callerRequestsPerSecond = CALLER_REQUESTS_PER_SECOND.default,
    drainSeconds = DRAIN_SECONDS.default,
    databaseConnections = DATABASE_CONNECTIONS.default,
    maxFederatedCredentials = MAX_FEDERATED_CREDENTIALS.default,
    trustedProxies = [],
    portal = true,
    log = pino({ enabled: false }),
    now = () => new Date(),
  } = options
  if (stateFolder === '') throw new RangeError('the option "stateFolder" must name a folder')
  if (host === '') throw new RangeError('the option "host" must name an address or a host')
  if (options.url !== undefined) checkUrl(options.url)
  if (options.issuerV1 !== undefined) checkIssuer(options.issuerV1)
  const numbers = {
    port,
    tokenLifetimeSeconds,
    signingKeyDays,
    recoveryDays,
    auditRetentionDays,
    auditMaxMegabytes,
    callerRequestsPerSecond,
    drainSeconds,
    databaseConnections,
    maxFederatedCredentials,
  }
  checkNumbers(numbers)
  checkAudiences({ tokenVersion2Audiences, assertionAudiences })
  readIssuerAccess(foreignIssuers)
  if (options.portalProvider) readPortalProvider(options.portalProvider)
  return {
    ...options,
    ...numbers,
    stateFolder: resolve(stateFolder),
    host,
    tokenVersion2Audiences,
    assertionAudiences,
    foreignIssuers,
    trustedProxies,
    portal,
    log,
    now,
  }
}

function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' && url.origin === text) return
  throw new RangeError(
    'the option "url" must be an origin such as "https://id.example.com:8443", without a path or a slash at the end',
  )
}

/** Verifiers append to its path and compare it as text. */
function checkIssuer(issuerOf: (tenantId: string) => string): void {
  if (isIssuer(issuerOf('tenant'))) return
  throw new RangeError(
    'the option "issuerV1" must give an https URL such as "https://id.example.com/{tenant}/", without user, query or fragment',
  )
}

function checkNumbers(numbers: Readonly<Record<keyof typeof LIMITS, number>>): void {
  for (const [option, value] of Object.entries(numbers)) {
    const { min, max } = LIMITS[option as keyof typeof LIMITS]
    if (Number.isInteger(value) && value >= min && value <= max) continue
    throw new RangeError(`the option "${option}" must be a whole number from ${min} to ${max}`)
  }
}

function checkAudiences(lists: Readonly<Record<string, readonly string[]>>): void {
  for (const [name, audiences] of Object.entries(lists)) {
    if (audiences.includes('')) throw new RangeError(`the option "${name}" must not hold an empty audience`)
  }
}
