/**
 * `landfast agent`: the agent alone, as a service, from settings.
 *
 * @module
 */

import { join } from 'node:path'
import type { AdminAddress, EndpointOptions } from '@landfast/agent'
import type { StyleName } from '@landfast/protocol'
import { AGENT_SETTINGS, type AgentSettings, publicFileOf } from '../agent-settings.ts'
import { CliError } from '../cli-error.ts'
import { describeHost } from '../host-description.ts'
import { openLog } from '../log.ts'
import { readSecretFile } from '../secret-file.ts'
import { readSettings, type SettingFlags } from '../settings-sources.ts'
import { waitForStop } from '../stop-signal.ts'

/** The variable that holds the App Service secret itself. */
const SECRET_VARIABLE = 'LANDFAST_IDENTITY_HEADER'

/** A shorter secret could be guessed by a program of this machine. */
const SECRET_MIN_CHARACTERS = 16

/** Runs until a signal ends it. */
export async function agent(flags: SettingFlags): Promise<number> {
  const stop = waitForStop(['SIGINT', 'SIGTERM'])
  const settings = await readSettings(AGENT_SETTINGS, flags)
  const endpoints = await Promise.all(settings.styles.map((style) => endpointOf(style, settings)))
  const { createAgent } = await import('@landfast/agent')
  const { openMembership } = await import('@landfast/agent/upstream')
  const log = await openLog(settings['log-level'])
  const folder = settings['state-dir']
  const publicFile = publicFileOf(folder, settings['public-file'])
  const host = describeHost()
  const membership = await openMembership({ folder, properties: host, publicFile, log })
  const failed = Promise.withResolvers<never>()
  const running = createAgent({
    endpoints,
    identity: membership.identity,
    source: membership.source,
    membership,
    facts: () => ({ ...host, ...membership.facts }),
    certifyAttestation: (privateKey, signal) => membership.certifyAttestation(privateKey, signal),
    auditLog: settings['audit-log'],
    admin: adminOf(settings),
    log,
    onFailure: failed.reject,
  })
  process.on('SIGHUP', () => running.reopenAudit())
  await running.start()
  try {
    await Promise.race([stop.requested, failed.promise])
  } finally {
    await running.stop()
  }
  return 0
}

async function endpointOf(style: StyleName, settings: AgentSettings): Promise<EndpointOptions> {
  if (style === 'app-service') {
    return { style, port: settings['app-service-port'], secret: await readSecret(settings) }
  }
  const { port, 'key-folder': keyFolder, 'key-group': keyGroup } = settings
  return { style, port, keyFolder, keyGroup }
}

async function readSecret(settings: AgentSettings): Promise<string> {
  const file = settings['identity-header-file']
  const text = file ? await readSecretFile(file) : (process.env[SECRET_VARIABLE] ?? '')
  const secret = text.trim()
  if (secret === '') {
    const hints = [`set "identity-header-file", or the variable ${SECRET_VARIABLE}`]
    throw new CliError('argument_missing', { detail: 'the App Service style needs a secret', hints })
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
