/**
 * The price of a token over a new connection, alone and beside very many other sockets: an agent, and a server that does
 * nothing but HTTP.
 *
 * @module
 */

import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { ConnectionLoad } from './connection-callers.ts'
import type { ServerAnswer, ServerQuestion, ServerSetup } from './handshake-server.ts'
import type { OtherSockets } from './other-sockets.ts'
import type { Table } from './report.ts'
import type { Effort } from './rounds.ts'
import { spreadOf } from './statistics.ts'
import { Worker } from './worker.ts'

const GOALS = { vm: '≤ 150', arc: '≤ 220' } as const
const SERVER_PROCESSOR = 1
const OTHERS_PROCESSOR = 0

/** As the packages start an agent. */
const AGENT_FLAGS = ['--max-semi-space-size=1']

const NAMES = { vm: 'VM', arc: 'Arc' } as const

/** What one process may hold. */
const HELD_MAX = 10_000

/** Of one look at one server. The first looks are thrown away, with the code not compiled yet. */
const TOKENS = 500
const WARM_UP_LOOKS = 6

/** Where the servers keep what they write: memory, where there is some, since the disk is not what is measured here. */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const tokensOf = ({ scale }: Effort) => Math.ceil(TOKENS * scale)

type Server = Worker<ServerQuestion, ServerAnswer>

type Style = ConnectionLoad['style']

interface Measured {
  name: string
  style: Style
  server: Server
  port: number
  goal: string
}

/** Without other sockets, beside some that are held, and beside `effort.sockets` that were closed a moment ago. */
export async function measureConnections(effort: Effort): Promise<Table[]> {
  const callers = new Worker<ConnectionLoad, number>('connection-callers.ts', { processor: OTHERS_PROCESSOR })
  const others = new Worker<OtherSockets, number>('other-sockets.ts', {
    processor: OTHERS_PROCESSOR,
    descriptors: HELD_MAX + 2000,
  })
  const servers = await startServers()
  try {
    const looks = Math.min(effort.rounds, WARM_UP_LOOKS)
    for (const { port, style } of servers) await callers.ask({ port, style, count: tokensOf(effort) * looks })
    const tables = [await measureAll('alone', servers, callers, effort)]
    for (const state of ['established', 'time-wait'] as const) {
      const count = state === 'established' ? Math.min(HELD_MAX, effort.sockets) : effort.sockets
      const made = await others.ask({ state, count })
      const beside = `beside ${made.toLocaleString('en')} more sockets, ${state}`
      tables.push(await measureAll(beside, servers, callers, effort))
    }
    return tables
  } finally {
    await Promise.all([callers, others, ...servers.map(({ server }) => server)].map((one) => one.stop()))
  }
}

async function startServers(): Promise<Measured[]> {
  const agent = (style: Style, changes: Partial<ServerSetup> = {}) => {
    const setup: ServerSetup = { style, way: 'ring', folder: FOLDER, ...changes }
    return { style, file: 'handshake-server.ts', flags: AGENT_FLAGS, args: [JSON.stringify(setup)] }
  }
  const styles = (['vm', 'arc'] as const).flatMap((style) => [
    { name: `${NAMES[style]}, the caller is a constant`, ...agent(style, { caller: 'constant' }), goal: '' },
    { name: `${NAMES[style]}, the caller is found`, ...agent(style), goal: GOALS[style] },
  ])
  const bare = {
    name: 'node:http alone',
    style: 'vm',
    file: 'bare-server.ts',
    flags: [],
    args: [],
    goal: '',
  } as const
  const servers: Measured[] = []
  for (const { name, style, goal, file, flags, args } of [bare, ...styles]) {
    const server: Server = new Worker(file, { processor: SERVER_PROCESSOR, flags, args })
    servers.push({ name, style, goal, server, port: await server.ask('start') })
  }
  return servers
}

async function measureAll(
  beside: string,
  servers: readonly Measured[],
  callers: Worker<ConnectionLoad, number>,
  effort: Effort,
): Promise<Table> {
  const spent = servers.map((): number[] => [])
  const before = socketsNow()
  for (let round = 0; round < effort.rounds; round++) {
    for (const [index, { server, port, style }] of servers.entries()) {
      const since = await server.ask('processor time')
      const tokens = await callers.ask({ port, style, count: tokensOf(effort) })
      spent[index]?.push(((await server.ask('processor time')) - since) / tokens)
    }
  }
  return {
    title: `A connection for each token, closed by the caller, ${beside}`,
    notes: [
      `Of Arc, a token is two requests over one connection, and a key file. Sockets in the kernel’s tables before and after: ${before}, ${socketsNow()}.`,
    ],
    rows: servers.map(({ name, goal }, index) => ({
      server: name,
      'processor µs/token': spreadOf(spent[index] ?? []),
      goal,
    })),
  }
}

/** By the kernel's own count: to read the tables would take longer than what is measured. */
function socketsNow(): number {
  const lines = ['sockstat', 'sockstat6'].map((name) => {
    const file = `/proc/net/${name}`
    return existsSync(file) ? readFileSync(file, 'latin1') : ''
  })
  const counts = lines.join('\n').matchAll(/^TCP6?: inuse (\d+)(?: orphan \d+ tw (\d+))?/gm)
  return [...counts].reduce((sum, [, used = 0, waiting = 0]) => sum + Number(used) + Number(waiting), 0)
}
