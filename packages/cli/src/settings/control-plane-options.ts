/**
 * The options of a control plane, from settings, files and variables.
 *
 * @see docs/control-plane.md
 * @module
 */

import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { ControlPlaneOptions } from '@landfast/control-plane'
import { CliError } from '../cli-error.ts'
import type { Environment } from '../environment.ts'
import { readSecretFile } from '../files/secret-file.ts'
import { openPinoLog } from '../log/log.ts'
import { readVersion } from '../version.ts'
import type { ControlPlaneSettings, DatabaseSettings } from './control-plane-settings.ts'
import { readForeignIssuers } from './foreign-issuers-file.ts'
import { openProxies } from './proxy-settings.ts'

/** The variable that holds the encryption key itself. */
const ENCRYPTION_KEY_VARIABLE = 'LANDFAST_ENCRYPTION_KEY'

/** Health and metrics, in the state folder. */
const ADMIN_SOCKET = 'control-plane.sock'

/** What an operator's commands on the host ask, in the state folder. */
const OPERATOR_SOCKET = 'operator.sock'

/** Not in the agent's folder, which only the agent's user may enter. */
const SYSTEM_FOLDER = '/var/lib/landfast-control-plane'

/** What of the settings has to do with the database alone. */
export async function databaseOptions(settings: DatabaseSettings): Promise<ControlPlaneOptions> {
  const formerFile = settings['former-encryption-key-file']
  const [databaseUrl, encryptionKey, formerEncryptionKey, log] = await Promise.all([
    readDatabaseUrl(settings),
    readEncryptionKey(settings),
    formerFile === undefined ? undefined : readSecretFile(formerFile),
    openPinoLog(settings['log-level']),
  ])
  return {
    stateFolder: stateFolderOf(settings),
    ...(databaseUrl !== undefined && { databaseUrl }),
    ...(encryptionKey !== undefined && { encryptionKey }),
    ...(formerEncryptionKey !== undefined && { formerEncryptionKey }),
    log,
  }
}

/** Everything. @throws {CliError} if a file cannot be read or settings are in each other's way. */
export async function controlPlaneOptions(settings: ControlPlaneSettings): Promise<ControlPlaneOptions> {
  const { host, port, 'issuer-v1': issuer } = settings
  const issuersFile = settings['foreign-issuers-file']
  const database = await databaseOptions(settings)
  const portalProvider = await portalProviderOf(settings)
  return {
    ...database,
    host,
    port,
    ...serverOptions(settings),
    ...(issuer !== undefined && {
      issuerV1: (tenantId: string) => issuer.replaceAll('{tenant}', tenantId),
    }),
    ...(issuersFile !== undefined && { foreignIssuers: await readForeignIssuers(issuersFile) }),
    proxies: await openProxies(settings),
    tokenLifetimeSeconds: settings['token-lifetime'],
    tokenVersion2Audiences: settings['token-version-2-audiences'],
    assertionAudiences: settings['assertion-audiences'],
    signingKeyDays: settings['signing-key-days'],
    recoveryDays: settings['recovery-days'],
    maxFederatedCredentials: settings['max-federated-credentials'],
    auditRetentionDays: settings['audit-retention-days'],
    auditMaxMegabytes: settings['audit-max-size'],
    callerRequestsPerSecond: settings['caller-rate'],
    drainSeconds: settings['drain-time'],
    version: readVersion(),
    trustedProxies: settings['trusted-proxies'],
    portal: settings.portal,
    ...(portalProvider && { portalProvider }),
    operatorSocket: join(database.stateFolder, OPERATOR_SOCKET),
    admin: settings['admin-address'] ?? { socket: join(database.stateFolder, ADMIN_SOCKET) },
  }
}

/** Where the state is. */
export function stateFolderOf(settings: Pick<DatabaseSettings, 'state-dir'>): string {
  return settings['state-dir'] ?? defaultFolder(process.env, process.geteuid?.())
}

/** Where the state is if nothing says so. */
export function defaultFolder(environment: Environment, userId: number | undefined): string {
  if (userId === 0) return SYSTEM_FOLDER
  // Its standard has relative ones ignored.
  const { XDG_STATE_HOME: configured = '' } = environment
  const base = isAbsolute(configured) ? configured : join(environment.HOME || homedir(), '.local', 'state')
  return join(base, 'landfast', 'control-plane')
}

async function readDatabaseUrl(settings: DatabaseSettings): Promise<string | undefined> {
  const { 'database-url': url, 'database-url-file': file } = settings
  if (url !== undefined && file !== undefined) {
    throw new CliError('argument_invalid', {
      detail: '"database-url" and "database-url-file" are both set',
      hints: ['keep the file: it hides the password from other users of this host'],
    })
  }
  return file === undefined ? url : (await readSecretFile(file)).trim()
}

async function readEncryptionKey(settings: DatabaseSettings): Promise<string | undefined> {
  const file = settings['encryption-key-file']
  if (file !== undefined) return readSecretFile(file)
  return process.env[ENCRYPTION_KEY_VARIABLE] || undefined
}

async function portalProviderOf(
  settings: ControlPlaneSettings,
): Promise<ControlPlaneOptions['portalProvider']> {
  const { 'portal-oidc-issuer': issuer, 'portal-oidc-client-id': clientId } = settings
  const secretFile = settings['portal-oidc-client-secret-file']
  if (issuer === undefined && clientId === undefined && secretFile === undefined) return undefined
  if (issuer === undefined || clientId === undefined) {
    const missing = issuer === undefined ? 'portal-oidc-issuer' : 'portal-oidc-client-id'
    throw new CliError('argument_missing', {
      detail: `"${missing}" is not set: a provider has an issuer, and a client id for the portal`,
    })
  }
  return {
    issuer,
    clientId,
    ...(secretFile !== undefined && { clientSecret: (await readSecretFile(secretFile)).trim() }),
    groupsClaim: settings['portal-oidc-groups-claim'],
    scopes: settings['portal-oidc-scopes'],
  }
}

/** What a command on the database has to know of the server: how it is called, and whether its certificate is its own. */
export function serverOptions(settings: ControlPlaneSettings): Pick<ControlPlaneOptions, 'url' | 'tls'> {
  const { url } = settings
  const tls = tlsOf(settings)
  return { ...(url !== undefined && { url }), ...(tls && { tls }) }
}

function tlsOf(settings: ControlPlaneSettings): ControlPlaneOptions['tls'] {
  const { 'tls-certificate': certificateFile, 'tls-key': keyFile } = settings
  if (certificateFile === undefined && keyFile === undefined) return undefined
  if (certificateFile !== undefined && keyFile !== undefined) return { certificateFile, keyFile }
  const missing = keyFile === undefined ? 'tls-key' : 'tls-certificate'
  throw new CliError('argument_missing', {
    detail: `"${missing}" is not set: a certificate and its key come together`,
  })
}
