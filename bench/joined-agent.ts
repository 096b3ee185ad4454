/**
 * An agent as a service runs it: under the flags and variables of the package, a machine of a control plane of its own on
 * SQLite, by the same commands that an operator types.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'
import { type MeasuredProcess, startMeasured } from './measured-process.ts'

const PROGRAM = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url))

/** As `packaging/program/landfast` starts an agent. */
const FLAGS = ['--max-semi-space-size=1']
const VARIABLES = { MALLOC_ARENA_MAX: '1' }

/** As its unit has it. Nothing listens at that address, and to be refused costs the agent as much as to be heard. */
const WATCHDOG = { NOTIFY_SOCKET: `@landfast-bench-${process.pid}`, WATCHDOG_USEC: '120000000' }

/** A control plane makes its keys when it starts first. */
const START_WITHIN_MS = 60_000

/** A running agent of a joined machine. */
export interface JoinedAgent {
  readonly agent: MeasuredProcess
  readonly port: number
  stop(): Promise<void>
}

/** Starts both, and lets the machine join in between. */
export async function startJoinedAgent(): Promise<JoinedAgent> {
  const home = mkdtempSync(join(tmpdir(), 'landfast-bench-'))
  const controlPlanePort = await freePort()
  const controlPlane = startMeasured([
    ...command('control-plane', controlPlanePort),
    '--state-dir',
    join(home, 'cp'),
  ])
  let agent: MeasuredProcess | undefined
  const stop = async () => {
    await agent?.end()
    await controlPlane.end()
    rmSync(home, { recursive: true })
  }
  try {
    await joinOnce(home, controlPlane, controlPlanePort)
    const port = await freePort()
    agent = startMeasured([...FLAGS, ...command('agent', port), ...agentSettings(home)], {
      ...VARIABLES,
      ...WATCHDOG,
    })
    return { agent, port, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function command(name: string, port: number): string[] {
  return [PROGRAM, name, '--port', String(port)]
}

function agentSettings(home: string): string[] {
  const settings = [
    ['--state-dir', join(home, 'state')],
    ['--key-folder', join(home, 'tokens')],
    ['--key-group', ''],
    ['--audit-log', join(home, 'audit.jsonl')],
    ['--public-file', join(home, 'public.json')],
  ]
  return settings.flat()
}

/** The control plane writes its address into the file once it listens. */
function namesItself(administrator: string): boolean {
  return existsSync(administrator) && JSON.parse(readFileSync(administrator, 'utf8')).url !== ''
}

/** The login is kept in the folder, so that it is no login of whoever runs this. */
async function joinOnce(home: string, controlPlane: MeasuredProcess, port: number): Promise<void> {
  const administrator = join(home, 'cp', 'administrator.json')
  const deadline = performance.now() + START_WITHIN_MS
  while (!(await answers(port)) || !namesItself(administrator)) {
    controlPlane.refuseEnded()
    if (performance.now() > deadline) throw new Error('the control plane does not start')
    await delay(50)
  }
  const environment = { PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: join(home, 'config') }
  const run = async (...args: string[]) =>
    (await promisify(execFile)(process.execPath, [PROGRAM, ...args], { env: environment })).stdout
  await run('login', '--administrator', administrator)
  const { token } = JSON.parse(await run('join-token', 'create', '--json'))
  const file = join(home, 'join-token')
  writeFileSync(file, token, { mode: 0o600 })
  const where = ['--state-dir', join(home, 'state'), '--public-file', join(home, 'public.json')]
  await run('connect', '--join-token-file', file, '--resource-name', 'idle', ...where)
}

function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, '127.0.0.1', () => {
    socket.destroy()
    resolve(true)
  })
  socket.once('error', () => resolve(false))
  return promise
}
