/**
 * `landfast control-plane`: the registry and authority, as a service, from settings.
 *
 * @see docs/control-plane.md
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { explainListenError } from '@landfast/agent'
import type { ControlPlane, ControlPlaneOptions } from '@landfast/control-plane'
import { serviceManager, startListening } from '@landfast/server'
import { CliError } from '../cli-error.ts'
import { reloadCertificate } from '../processes/certificate-reload.ts'
import { isMember, serveAsMember } from '../processes/member.ts'
import { openGroup, type ProcessGroup } from '../processes/process-group.ts'
import { quoteForShell } from '../run/shell-exports.ts'
import { type StopSignal, waitForStop } from '../run/stop-signal.ts'
import { explainControlPlane, holdControlPlaneFolder } from '../settings/control-plane-folder.ts'
import { controlPlaneOptions } from '../settings/control-plane-options.ts'
import { CONTROL_PLANE_SETTINGS } from '../settings/control-plane-settings.ts'
import type { ControlPlaneFlags } from '../settings/settings-flags.ts'
import { readSettings, type SettingFlags } from '../settings/settings-sources.ts'
import { printNote, printResult } from '../terminal.ts'

/** Names by which only programs of this host call. */
const LOOPBACK = /^https:\/\/(127\.|\[::1\]|localhost)/

/** Runs until a signal ends it. */
export async function controlPlane({ json, ...flags }: ControlPlaneFlags): Promise<number> {
  if (isMember()) return serveAsMember()
  const stop = waitForStop(['SIGINT', 'SIGTERM'])
  warnOfSecrets(flags)
  const settings = await readSettings(CONTROL_PLANE_SETTINGS, flags)
  const given = await controlPlaneOptions(settings)
  const group = openGroup(settings, given)
  const options = { ...given, ...group?.options }
  // Settings that are refused leave no folder, and so does a port that another server has.
  const running = await create(options)
  // Processes that share a port would share it with another control plane of this user, too.
  if (group || !existsSync(options.stateFolder)) await refuseTakenPort(options)
  const folder = await holdControlPlaneFolder(options.stateFolder)
  try {
    await runUntilStop(running, options, { stop, json: json === true, group })
    return 0
  } finally {
    folder.release()
  }
}

/** @throws {AgentError} as the start would, which makes its folder before it listens. */
async function refuseTakenPort({ host = '127.0.0.1', port = 0 }: ControlPlaneOptions): Promise<void> {
  const server = createServer()
  try {
    await startListening(server, { host, port })
  } catch (error) {
    throw explainListenError(error as NodeJS.ErrnoException, { host, port })
  }
  await new Promise((resolve) => server.close(resolve))
}

async function runUntilStop(
  running: ControlPlane,
  options: ControlPlaneOptions,
  { stop, json, group }: { stop: StopSignal; json: boolean; group: ProcessGroup | undefined },
): Promise<void> {
  const manager = serviceManager()
  const reload = (): void => {
    group?.reload()
    reloadCertificate(running, options)
  }
  try {
    await Promise.race([startAll(running, options, group), stop.duringStart])
    process.on('SIGHUP', reload)
    await announce(running, options, json)
    manager.ready()
    await stop.requested
    printNote('stopping')
  } finally {
    manager.stopping()
    process.off('SIGHUP', reload)
    await Promise.all([group?.stop(), running.stop()])
  }
}

/** The first process makes what is missing, and has the port, before the others start. */
async function startAll(
  running: ControlPlane,
  options: ControlPlaneOptions,
  group: ProcessGroup | undefined,
): Promise<void> {
  await start(running, options)
  await group?.start(running.port)
}

/** What the options call differently. */
const SETTING_OF: Readonly<Record<string, string>> = {
  issuerV1: 'issuer-v1',
  tokenLifetimeSeconds: 'token-lifetime',
  tokenVersion2Audiences: 'token-version-2-audiences',
  assertionAudiences: 'assertion-audiences',
  signingKeyDays: 'signing-key-days',
  recoveryDays: 'recovery-days',
  auditRetentionDays: 'audit-retention-days',
  auditMaxMegabytes: 'audit-max-size',
  callerRequestsPerSecond: 'caller-rate',
  drainSeconds: 'drain-time',
  maxFederatedCredentials: 'max-federated-credentials',
  trustedProxies: 'trusted-proxies',
  'portalProvider.issuer': 'portal-oidc-issuer',
  'portalProvider.clientId': 'portal-oidc-client-id',
  'portalProvider.clientSecret': 'portal-oidc-client-secret-file',
  'portalProvider.groupsClaim': 'portal-oidc-groups-claim',
  'portalProvider.scopes': 'portal-oidc-scopes',
}

async function create(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { createControlPlane } = await import('@landfast/control-plane')
  try {
    return createControlPlane(options)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    const detail = cause.message.replace(
      /option "([\w.]+)"/,
      (_, name: string) => `setting "${SETTING_OF[name] ?? name}"`,
    )
    throw new CliError('argument_invalid', { detail, cause })
  }
}

async function start(running: ControlPlane, options: ControlPlaneOptions): Promise<void> {
  const { host = '', port = 0 } = options
  try {
    await running.start()
  } catch (error) {
    const { CertificateError } = await import('@landfast/control-plane')
    const { syscall } = error as NodeJS.ErrnoException
    if (error instanceof CertificateError) throw error
    if (syscall === 'listen') throw explainListenError(error as NodeJS.ErrnoException, { host, port })
    throw explainControlPlane(error, options)
  }
}

/** What a caller of the command needs next. */
async function announce(running: ControlPlane, options: ControlPlaneOptions, json: boolean): Promise<void> {
  const { url, tenantId, subscriptionId, administratorFile } = running
  const caFile = options.tls ? undefined : running.caFile
  const caSha256 = caFile && new X509Certificate(await readFile(caFile)).fingerprint256
  const facts = { url, tenantId, subscriptionId, caFile, caSha256, administratorFile }
  if (json) {
    printResult(JSON.stringify(facts))
    return
  }
  for (const [label, value] of [
    ['url', url],
    ['tenant', tenantId],
    ['subscription', subscriptionId],
    ['CA certificate', caFile],
    ['CA SHA-256', caSha256],
    ['administrator', administratorFile],
  ]) {
    if (value !== undefined) printResult(`${label?.padEnd(15)} ${value}`)
  }
  printAdvice(url, administratorFile)
}

function printAdvice(url: string, administratorFile: string | undefined): void {
  if (LOOPBACK.test(url)) {
    printNote('only this host can call it; for others give --host 0.0.0.0 --url https://NAME:PORT')
  }
  if (administratorFile === undefined) {
    printNote('the administrator was made by another replica, or in another state folder')
  } else {
    const login = `landfast login --administrator ${quoteForShell(administratorFile)}`
    const stop = process.stdin.isTTY ? 'Ctrl-C stops it; to' : 'to'
    printNote(`${stop} administer it, type: ${login}`)
  }
}

/** Other users see the arguments of a process. */
function warnOfSecrets(flags: SettingFlags): void {
  if (flags.databaseUrl === undefined) return
  printNote(
    'other users of this host see the arguments of a process; put the database URL into a file and name it with --database-url-file',
  )
}
