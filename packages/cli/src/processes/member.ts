/**
 * A process of the control plane other than the first: it serves the same port as a replica of its own, with a folder of its
 * own, and does what the first one tells it.
 *
 * @module
 */

import { join } from 'node:path'
import type { Companions, ControlPlane, ControlPlaneOptions, Taking } from '@landfast/control-plane'
import { controlPlaneOptions } from '../settings/control-plane-options.ts'
import { reloadCertificate } from './certificate-reload.ts'
import { type FromMember, MEMBER_VARIABLE, type MemberStart, type ToMember } from './messages.ts'

/** The folders of the members, in the state folder. */
const FOLDER = 'processes'

/** Whether this process was started as a member. */
export function isMember(): boolean {
  return process.env[MEMBER_VARIABLE] !== undefined && process.connected === true
}

/** Serves until the first process says that it is to stop, or is gone. */
export async function serveAsMember(): Promise<number> {
  // A terminal and systemd send these to every process, and the first one says what is to be done.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
  const channel = openChannel()
  const start = await channel.start
  if (!start) return 0
  const { createControlPlane } = await import('@landfast/control-plane')
  const options = await memberOptions(start, channel.companions)
  const running = createControlPlane(options)
  try {
    await running.start()
    channel.serve(running, options)
    await channel.stopped
  } finally {
    await running.stop()
  }
  return 0
}

async function memberOptions(
  { number, settings, port, databaseConnections }: MemberStart,
  companions: Companions,
): Promise<ControlPlaneOptions> {
  const { admin: _admin, operatorSocket: _socket, ...options } = await controlPlaneOptions(settings)
  const stateFolder = join(options.stateFolder, FOLDER, String(number))
  const log = options.log?.child({ process: number })
  return { ...options, ...(log && { log }), stateFolder, port, databaseConnections, companions }
}

/** The channel to the first process. */
function openChannel() {
  const start = Promise.withResolvers<MemberStart | undefined>()
  const stopped = Promise.withResolvers<void>()
  let hear: (takings: readonly Taking[]) => void = () => {}
  let serving: { running: ControlPlane; options: ControlPlaneOptions } | undefined
  const end = () => {
    start.resolve(undefined)
    stopped.resolve()
  }
  process.once('disconnect', end)
  process.on('message', (message: ToMember) => {
    if (message.kind === 'start') start.resolve(message.start)
    if (message.kind === 'stop') end()
    if (message.kind === 'taken') hear(message.takings)
    if (message.kind === 'reload' && serving) reloadCertificate(serving.running, serving.options)
    if (message.kind === 'count') void answerCount(serving?.running, message.question)
  })
  say({ kind: 'here' })
  const companions: Companions = {
    isFirst: false,
    counters: async () => ({ living: [], endedSince: [] }),
    tell: (takings) => say({ kind: 'taken', takings }),
    listen: (listener) => {
      hear = listener
    },
  }
  return {
    start: start.promise,
    stopped: stopped.promise,
    companions,
    serve: (running: ControlPlane, options: ControlPlaneOptions) => {
      serving = { running, options }
      say({ kind: 'ready' })
    },
  }
}

function say(message: FromMember): void {
  if (process.connected) process.send?.(message)
}

/** While it stops it has nothing to say. */
async function answerCount(running: ControlPlane | undefined, question: number): Promise<void> {
  const counters = await running?.counters().catch(() => undefined)
  if (counters) say({ kind: 'counted', question, counters })
}
