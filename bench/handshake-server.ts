/**
 * The measured process: an agent with everything on, and a source that always has a token.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createAgent } from '@landfast/agent'
import type { Identity } from '@landfast/protocol'
import { destination, pino } from 'pino'
import { createKeys, type KeyWay } from './key-ways.ts'
import { work } from './worker.ts'

/** What a server is asked. */
export type ServerQuestion = 'start' | 'processor time'

/** What it is made of, as its first argument in JSON. */
export interface ServerSetup {
  style: 'arc' | 'vm'
  way: KeyWay
  /** Where it keeps what it writes. */
  folder: string
  /** Whether finding the caller is left out. */
  caller?: 'constant'
  /** Path of its policy file. */
  policy?: string
}

/** Its port, or microseconds of processor time since its start. */
export type ServerAnswer = number

const IDENTITY: Identity = {
  tenantId: '00000000-0000-4000-8000-000000000001',
  clientId: '00000000-0000-4000-8000-000000000002',
  principalId: '00000000-0000-4000-8000-000000000003',
  resourceId:
    '/subscriptions/00000000-0000-4000-8000-000000000004/resourceGroups/bench/providers/Microsoft.HybridCompute/machines/bench',
}

/** As long as a token of a machine with few claims. */
const TOKEN = `bench.${'a'.repeat(1400)}`

/** What a caller would be found to be, where finding it is left out. */
const CONSTANT_CALLER = {
  userId: 0,
  user: 'root',
  program: { processId: 1, path: '/bench' },
  findGroups: async () => [],
}

const setup: ServerSetup = JSON.parse(process.argv[2] ?? '')
const { style, way, caller, policy } = setup
const home = mkdtempSync(join(setup.folder, 'landfast-bench-'))
const keyFolder = join(home, 'tokens')
const agent = createAgent({
  endpoints: [style === 'arc' ? { style, port: 0, keyFolder } : { style }],
  policy,
  identity: IDENTITY,
  source: { getToken: async () => ({ accessToken: TOKEN, expiresInSeconds: 86_400 }), close: () => {} },
  auditLog: join(home, 'audit.jsonl'),
  admin: { socket: join(home, 'agent.sock') },
  log: pino(destination(join(home, 'agent.log'))),
  ...(way !== 'ring' && { createKeys: (folder) => createKeys(way, folder.path) ?? fail() }),
  ...(caller === 'constant' && { findCaller: async () => CONSTANT_CALLER }),
})

work<ServerQuestion, ServerAnswer>(
  async (question) => {
    if (question === 'start') return start()
    const { user, system } = process.cpuUsage()
    return user + system
  },
  async () => {
    await agent.stop()
    rmSync(home, { recursive: true })
  },
)

async function start(): Promise<number> {
  await agent.start()
  return Number(new URL(agent.locations[0]?.url ?? '').port)
}

function fail(): never {
  throw new Error('the ring is the agent’s own')
}
