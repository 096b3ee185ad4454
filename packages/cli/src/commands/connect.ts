/**
 * `landfast connect`: makes this host a machine of a control plane, and gives it an identity. Every step can be
 * repeated: a connect that was interrupted, or whose answer was lost, goes on with the same key and ends with the same
 * identity.
 *
 * @see docs/connect.md
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { findEntraRegistration, findRegistration, type Registration } from '@landfast/agent'
import {
  beginRegistration,
  completeRegistration,
  publishMachine,
  removePendingRegistration,
} from '@landfast/agent/upstream'
import type { Proxies } from '@landfast/server/proxy'
import { CliError } from '../cli-error.ts'
import { asOwnerOf } from '../files/as-owner.ts'
import { startAgentService, withoutAgentService } from '../installation/agent-service.ts'
import { AGENT_UNIT } from '../installation/systemd.ts'
import {
  type ConnectFlags,
  type JoinTarget,
  type ResourceTarget,
  readTarget,
} from '../machine/connect-target.ts'
import {
  type EnrolmentParts,
  type EnrolmentResult,
  enrolByCredential,
  enrolByToken,
  isNothingMade,
} from '../machine/enrolment.ts'
import { sendFirstHeartbeat } from '../machine/first-heartbeat.ts'
import { describeHost } from '../machine/host-description.ts'
import { explainMachineFolder, holdMachineFolder } from '../machine/machine-folder.ts'
import { publicFileOf } from '../settings/agent-settings.ts'
import {
  keepProxy,
  type ProxyFlags,
  proxyTexts,
  readProxies,
  whyProxyUnused,
} from '../settings/proxy-settings.ts'
import { printNote, printResult } from '../terminal.ts'

/** The flags of the command, as commander reads them. */
export interface ConnectCommandFlags extends ConnectFlags, ProxyFlags {
  stateDir: string
  publicFile?: string
  verbose?: true
  json?: true
}

/** Connects this host. */
export async function connect(flags: ConnectCommandFlags): Promise<number> {
  const target = await readTarget(flags, process.env)
  if (target.correlationId) printNote(`the correlation id is ${target.correlationId}`)
  if (flags.verbose)
    printNote(`connecting ${describeTarget(target)}, with the state folder "${flags.stateDir}"`)
  const { registration, proxies } = await besideApplication(flags.stateDir, async () => {
    // The password of a proxy is in a file of the agent's user.
    const proxies = await readProxies(flags)
    const registration = await becomeMachine(flags, target, proxies)
    await sendFirstHeartbeat(flags.stateDir, publicFileOf(flags.stateDir, flags.publicFile), proxies)
    return { registration, proxies }
  })
  const isServed = await startAgentService(flags.stateDir)
  announce(registration, isServed, flags.json === true)
  adviseOfProxy(registration, flags, proxies)
  return 0
}

/**
 * Runs `work` as the owner of the folder. The service of an application in Entra ID alone has the folder, and goes on with both
 * authorities; any other one is left alone.
 */
async function besideApplication<T>(stateDir: string, work: () => Promise<T>): Promise<T> {
  const owned = () => asOwnerOf(stateDir, work)
  const isAlone = await asOwnerOf(stateDir, () => isApplicationAlone(stateDir)).catch(() => false)
  return isAlone ? await withoutAgentService(stateDir, owned) : await owned()
}

async function isApplicationAlone(stateDir: string): Promise<boolean> {
  if (await findRegistration(stateDir)) return false
  return (await findEntraRegistration(stateDir)) !== undefined
}

async function becomeMachine(
  flags: ConnectCommandFlags,
  target: JoinTarget | ResourceTarget,
  proxies: Proxies,
): Promise<Registration> {
  const folder = await holdMachineFolder(flags.stateDir)
  try {
    await refuseConnected(flags.stateDir)
    const registration = await register(flags, target, proxies).catch((error) => {
      throw explainMachineFolder(error, flags.stateDir)
    })
    await publish(flags, registration)
    return registration
  } finally {
    folder.release()
  }
}

/** For `show`; where it cannot be written the agent may. */
async function publish({ stateDir, publicFile }: ConnectCommandFlags, registration: Registration) {
  const certificateEnd = new X509Certificate(registration.certificate).validToDate.toISOString()
  const status = { certificateEnd, lastHeartbeat: undefined, refusal: undefined }
  await publishMachine(registration, status, {
    file: publicFileOf(stateDir, publicFile),
    folder: stateDir,
  })
}

/** A registration is written last, so a pending one beside it is done. */
async function refuseConnected(folder: string): Promise<void> {
  const registration = await findRegistration(folder)
  if (!registration) return
  await removePendingRegistration(folder)
  throw new CliError('already_connected', {
    detail: registration.identity.resourceId,
    hints: ['to connect it elsewhere or anew, run "landfast disconnect" first'],
  })
}

async function register(
  flags: ConnectCommandFlags,
  target: JoinTarget | ResourceTarget,
  proxies: Proxies,
): Promise<Registration> {
  const folder = flags.stateDir
  const { pending, isFirst, abandoned } = await beginRegistration(folder, describeTarget(target))
  if (abandoned !== undefined) {
    printNote(`an earlier connect did not end; if it made a machine, delete that: ${abandoned}`)
  }
  const parts = { pending, properties: describeHost(), progress: printNote, proxies }
  const result = await enrol(target, parts).catch(async (error) => {
    // What was begun is kept for a machine that may be there already.
    if (isFirst && isNothingMade(target, error)) await removePendingRegistration(folder)
    throw error
  })
  return await completeRegistration(folder, { ...result, ...keptProxyOf(flags) })
}

async function enrol(target: JoinTarget | ResourceTarget, parts: EnrolmentParts): Promise<EnrolmentResult> {
  return 'token' in target ? await enrolByToken(target, parts) : await enrolByCredential(target, parts)
}

/** The agent goes the same way. */
function keptProxyOf(flags: ProxyFlags): Pick<Registration, 'proxy'> {
  const proxy = keepProxy(proxyTexts(flags))
  return proxy ? { proxy } : {}
}

/** A variable of this process is none of the service. */
function adviseOfProxy({ authority }: Registration, flags: ProxyFlags, proxies: Proxies): void {
  const unused = whyProxyUnused(new URL(authority), flags, proxies)
  if (unused !== undefined) printNote(unused)
  const { proxy } = proxies.choose(new URL(authority))
  if (!proxy || proxy.isSetting) return
  printNote(
    `${proxy.source} named the proxy "${proxy.address.url}"; give the agent the same variable, or the setting "proxy-url"`,
  )
}

/** The same words for the same machine, whatever right it is made by. The secret of a join token is none of them. */
function describeTarget(target: JoinTarget | ResourceTarget): string {
  if ('token' in target) return `"${target.name}" by a join token of ${target.token.url}`
  const { name, resourceGroup, subscriptionId, url } = target
  return `"${name}" in the resource group "${resourceGroup}" of the subscription ${subscriptionId} at ${url}`
}

function announce({ authority, identity }: Registration, isServed: boolean, json: boolean): void {
  const { resourceId, principalId, clientId, tenantId } = identity
  const controlPlane = new URL(authority).origin
  if (json) printResult(JSON.stringify({ resourceId, principalId, clientId, tenantId, controlPlane }))
  else printResult(`connected to ${controlPlane} as ${resourceId}`)
  const who = isServed ? `${AGENT_UNIT} runs and serves its tokens` : '"landfast agent" serves its tokens'
  printNote(`the object id of its identity is ${principalId}; ${who}`)
}
