/**
 * `landfast agent`: the agent alone, as a service, from settings.
 *
 * @module
 */

import { join } from 'node:path'
import type { AdminAddress, EndpointOptions, WorkloadEndpointOptions } from '@landfast/agent'
import { hasProof, type ServedStyleName, type StyleNameOf } from '@landfast/protocol'
import { serviceManager } from '@landfast/server'
import type { Proxies } from '@landfast/server/proxy'
import { CliError } from '../cli-error.ts'
import { readSecretFile } from '../files/secret-file.ts'
import { openLog } from '../log/log.ts'
import { describeHost } from '../machine/host-description.ts'
import { waitForStop } from '../run/stop-signal.ts'
import { AGENT_SETTINGS, type AgentSettings } from '../settings/agent-settings.ts'
import { awsRoleOf } from '../settings/aws-role.ts'
import { readSettings, type SettingFlags } from '../settings/settings-sources.ts'
import { tokenFilesOf } from '../settings/token-file-places.ts'
import { authorityProxies, openAuthorities } from './agent-authorities.ts'

/** The variable that holds the secret itself. */
const SECRET_VARIABLE = 'LANDFAST_IDENTITY_HEADER'

/** Requests that the real metadata service answers at the same time; it goes with the limit by the second. */
const VM_AT_ONCE = 5

/** A shorter secret could be guessed by a program of this machine. */
const SECRET_MIN_CHARACTERS = 16

/** Runs until a signal ends it. */
export async function agent(flags: SettingFlags): Promise<number> {
  const stop = waitForStop(['SIGINT', 'SIGTERM'])
  const settings = await readSettings(AGENT_SETTINGS, flags)
  const { createAgent } = await import('@landfast/agent')
  const log = openLog(settings['log-level'])
  const folder = settings['state-dir']
  const proxies = await authorityProxies(settings)
  const endpoints = await endpointsOf(settings, proxies)
  const authorities = await openAuthorities({ settings, host: describeHost(), proxies, log })
  const failed = Promise.withResolvers<never>()
  const running = createAgent({
    endpoints,
    workloads: workloadsOf(settings),
    ...authorities,
    stateFolder: folder,
    policy: settings.policy,
    tokenFiles: { entries: tokenFilesOf(settings), stateFolder: folder },
    auditLog: settings['audit-log'],
    admin: adminOf(settings),
    metricsAddress: settings['metrics-address'],
    drainSeconds: settings['drain-time'],
    log,
    onFailure: failed.reject,
  })
  process.on('SIGHUP', () => {
    running.reopenAudit()
    running.reloadPolicy()
  })
  await running.start()
  const manager = serviceManager()
  manager.ready()
  try {
    await Promise.race([stop.requested, failed.promise])
  } finally {
    manager.stopping()
    await running.stop()
  }
  return 0
}

async function endpointsOf(
  settings: AgentSettings,
  proxies: Proxies | undefined,
): Promise<EndpointOptions[]> {
  const endpoints = await Promise.all(settings.styles.map((style) => endpointOf(style, settings, proxies)))
  if (settings.vm) endpoints.push({ ...callerEndpoint('vm', settings), atVmAddress: true })
  return endpoints
}

function workloadsOf(settings: AgentSettings): WorkloadEndpointOptions | undefined {
  const { 'workload-listen': listen, 'state-dir': stateFolder } = settings
  return listen.length > 0 ? { style: 'app-service', listen, stateFolder } : undefined
}

async function endpointOf(
  style: ServedStyleName,
  settings: AgentSettings,
  proxies: Proxies | undefined,
): Promise<EndpointOptions> {
  const port = portOf(style, settings)
  if (style === 'aws') {
    const role = awsRoleOf(settings, proxies)
    return { style, port, secret: await readSecret(settings), role }
  }
  if (hasProof(style, 'secret-header')) return { style, port, secret: await readSecret(settings) }
  if (hasProof(style, 'caller')) return { ...callerEndpoint(style, settings), port }
  const { 'key-folder': keyFolder, 'key-group': keyGroup } = settings
  return { style, port, keyFolder, keyGroup }
}

/** The ports of the two styles that have a setting of their own stand there. */
function portOf(style: ServedStyleName, settings: AgentSettings): number {
  if (style === 'arc') return settings.port
  return settings['style-ports'].get(style) ?? (style === 'app-service' ? settings['app-service-port'] : 0)
}

function callerEndpoint(style: StyleNameOf<'caller'>, settings: AgentSettings) {
  const { 'key-group': group, 'vm-rate-limit': perSecond } = settings
  const rate = style === 'vm' && perSecond ? { perSecond, atOnce: VM_AT_ONCE } : undefined
  return { style, group, rate }
}

async function readSecret(settings: AgentSettings): Promise<string> {
  const file = settings['identity-header-file']
  const text = file ? await readSecretFile(file) : (process.env[SECRET_VARIABLE] ?? '')
  const secret = text.trim()
  if (secret === '') {
    const hints = [`set "identity-header-file", or the variable ${SECRET_VARIABLE}`]
    throw new CliError('argument_missing', { detail: 'one of the styles needs a secret', hints })
  }
  if (secret.length < SECRET_MIN_CHARACTERS || !/^[!-~]+$/.test(secret)) {
    const detail = `the secret in ${file ? `"${file}"` : SECRET_VARIABLE} is too short or holds other than printable characters`
    throw new CliError('argument_invalid', { detail, hints: ['make one: openssl rand -hex 32'] })
  }
  return secret
}

function adminOf(settings: AgentSettings): AdminAddress {
  const { 'admin-port': port, 'admin-socket': socket, 'state-dir': folder } = settings
  if (port !== undefined) return { port }
  return { socket: socket ?? join(folder, 'agent.sock') }
}
