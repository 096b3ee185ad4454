/**
 * The settings of `landfast control-plane`.
 *
 * @see docs/configuration.md
 * @module
 */

import { LOG_LEVEL } from './log-level.ts'
import { PROXY_SETTINGS } from './proxy-rows.ts'
import {
  parseAudiences,
  parseList,
  parseOptionalPath,
  parseOptionalText,
  parsePath,
  parsePort,
  parseWholeNumber,
  parseYesOrNo,
  readHostPort,
} from './setting-values.ts'
import type { SettingRows, SettingValues } from './settings-table.ts'

/** More have nothing to gain: the database is the bound long before. */
const PROCESSES_MAX = 64

/** Which database it is and how its secrets are sealed: what every command on the database needs. */
export const DATABASE_SETTINGS = {
  'state-dir': {
    value: 'dir',
    default: '',
    meaning:
      'the folder with everything that is kept, or with PostgreSQL the files of this replica alone; without it, /var/lib/landfast-control-plane for root, else landfast/control-plane in $XDG_STATE_HOME or ~/.local/state',
    parse: parseOptionalPath,
  },
  'database-url': {
    value: 'url',
    default: '',
    meaning:
      'the PostgreSQL database, postgresql://USER:PASSWORD@HOST:PORT/DATABASE, which several replicas may share; without it, SQLite in the state folder',
    parse: parseOptionalText,
  },
  'database-url-file': {
    value: 'file',
    default: '',
    meaning: 'the file that holds this URL, since it has a password in it',
    parse: parseOptionalPath,
  },
  'encryption-key-file': {
    value: 'file',
    default: '',
    meaning:
      'the file that holds the key by which secrets in the database are sealed: openssl rand -base64 32; with SQLite the first start makes one in the state folder',
    parse: parseOptionalPath,
  },
  'former-encryption-key-file': {
    value: 'file',
    default: '',
    meaning:
      'the file that holds the key whose place encryption-key-file takes, until "landfast control-plane change-encryption-key" has ended',
    parse: parseOptionalPath,
  },
  'log-level': LOG_LEVEL,
} as const satisfies SettingRows

/** Every setting by the name it has in the YAML file. */
export const CONTROL_PLANE_SETTINGS = {
  ...DATABASE_SETTINGS,
  host: {
    value: 'host',
    default: '127.0.0.1',
    meaning: 'the address or name to listen on; 0.0.0.0 or :: is every address',
    parse: (text) => text || '127.0.0.1',
  },
  port: {
    value: 'number',
    default: '8443',
    meaning: 'the port to listen on; 0 is any free one',
    parse: parsePort,
  },
  processes: {
    value: 'number',
    default: '',
    meaning:
      'how many processes serve the port, 1 to 64; without it, on Linux with PostgreSQL as many as there are processors, else 1',
    parse: parseProcesses,
  },
  url: {
    value: 'origin',
    default: '',
    meaning:
      'the origin by which clients call, such as https://id.example.com, where it is not https://HOST:PORT; names, issuers and certificates follow it',
    parse: parseOptionalText,
  },
  'tls-certificate': {
    value: 'file',
    default: '',
    meaning:
      'the server’s certificate (PEM, its chain after it); without it, one of the control plane’s own CA; SIGHUP reads it anew',
    parse: parseOptionalPath,
  },
  'tls-key': {
    value: 'file',
    default: '',
    meaning: 'the private key of that certificate (PEM)',
    parse: parseOptionalPath,
  },
  'token-lifetime': {
    value: 'seconds',
    default: '3600',
    meaning: 'how long tokens are good, 600 to 86400',
    parse: parseWholeNumber,
  },
  'token-version-2-audiences': {
    value: 'list',
    default: '',
    meaning: 'the audiences, separated by commas, whose tokens have the v2 shape and issuer',
    parse: parseAudiences,
  },
  'assertion-audiences': {
    value: 'list',
    default: '',
    meaning:
      'the audiences, separated by commas, at which tokens are presented as assertions, such as a realm of Keycloak: their `iat` is the time at which they were made, and not five minutes before',
    parse: parseAudiences,
  },
  'issuer-v1': {
    value: 'url',
    default: '',
    meaning:
      'the issuer of v1 tokens, an https URL that may have a path and no port, {tenant} standing for the tenant id; without it, URL/{tenant}/',
    parse: parseOptionalText,
  },
  'foreign-issuers-file': {
    value: 'file',
    default: '',
    meaning:
      'the file (YAML) that allows single issuers of federated credentials private networks and private CAs; without it, all must be at public addresses',
    parse: parseOptionalPath,
  },
  'max-federated-credentials': {
    value: 'number',
    default: '20',
    meaning: 'how many federated credentials an identity or application may have, 1 to 1000',
    parse: parseWholeNumber,
  },
  ...PROXY_SETTINGS,
  'signing-key-days': {
    value: 'days',
    default: '30',
    meaning: 'how long each key signs tokens, 2 to 365',
    parse: parseWholeNumber,
  },
  'recovery-days': {
    value: 'days',
    default: '90',
    meaning:
      'for how long after the end of its certificate a machine may come back by itself, 0 (never) to 3650',
    parse: parseWholeNumber,
  },
  'audit-retention-days': {
    value: 'days',
    default: '90',
    meaning: 'how long the audit trail is kept, 1 to 3650',
    parse: parseWholeNumber,
  },
  'audit-max-size': {
    value: 'MiB',
    default: '4096',
    meaning: 'how large the audit trail may become, in MiB, 1 to 1048576; the oldest rows go first',
    parse: parseWholeNumber,
  },
  'caller-rate': {
    value: 'number',
    default: '100',
    meaning: 'how many requests a second each caller may make, ten times as many in a row; 0 is no limit',
    parse: parseWholeNumber,
  },
  'drain-time': {
    value: 'seconds',
    default: '5',
    meaning:
      'how long the control plane goes on answering when it is told to stop, while /readyz says that it is not ready: longer than a load balancer takes to see that',
    parse: parseWholeNumber,
  },
  'trusted-proxies': {
    value: 'list',
    default: '',
    meaning:
      'the addresses and networks of load balancers that end TLS, separated by commas, whose X-Forwarded-For is believed',
    parse: parseList,
  },
  portal: {
    value: 'yes|no',
    default: 'yes',
    meaning: 'whether there is a portal for people at /portal',
    parse: parseYesOrNo,
  },
  'portal-oidc-issuer': {
    value: 'url',
    default: '',
    meaning:
      'the issuer of the OpenID provider by whose accounts people sign in to the portal, exactly as its discovery document has it',
    parse: parseOptionalText,
  },
  'portal-oidc-client-id': {
    value: 'id',
    default: '',
    meaning: 'the client id that the provider gave the portal',
    parse: parseOptionalText,
  },
  'portal-oidc-client-secret-file': {
    value: 'file',
    default: '',
    meaning:
      'the file that holds the client secret that the provider gave the portal; without it, the portal is a public client, with PKCE',
    parse: parseOptionalPath,
  },
  'portal-oidc-groups-claim': {
    value: 'name',
    default: 'groups',
    meaning: 'the claim of the ID token that names the groups of a person',
    parse: (text) => text || 'groups',
  },
  'portal-oidc-scopes': {
    value: 'list',
    default: 'openid,profile',
    meaning: 'the scopes that the portal asks the provider for, separated by commas',
    parse: parseList,
  },
  'admin-address': {
    value: 'address',
    default: '',
    meaning:
      'where /livez, /readyz and /metrics are: the path of a Unix socket, or HOST:PORT; without it, control-plane.sock in the state folder',
    parse: parseAdminAddress,
  },
} as const satisfies SettingRows

/** Undefined is as many as there are processors. */
function parseProcesses(text: string): number | undefined {
  if (text === '') return undefined
  const number = parseWholeNumber(text)
  if (number >= 1 && number <= PROCESSES_MAX) return number
  throw new TypeError(`must be a number from 1 to ${PROCESSES_MAX}, not "${text}"`)
}

/** A path, or a host and a port. An IPv6 address stands in brackets. */
function parseAdminAddress(
  text: string,
  folder: string,
): { socket: string } | { host: string; port: number } | undefined {
  if (text === '') return undefined
  if (text.includes('/')) return { socket: parsePath(text, folder) }
  const address = readHostPort(text)
  if (address) return address
  throw new TypeError(`must be a path, with a "/" in it, or HOST:PORT, not "${text}"`)
}

/** The values of the settings of every command on the database. */
export type DatabaseSettings = SettingValues<typeof DATABASE_SETTINGS>

/** Every setting's value. */
export type ControlPlaneSettings = SettingValues<typeof CONTROL_PLANE_SETTINGS>
