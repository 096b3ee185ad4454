/**
 * The time of a new agent to its first answer, and its memory while idle, beside Node processes that do nothing.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { HEADER, PARAMETER, STYLES } from '@landfast/protocol'
import { type AgentProgram, prepareAgentProgram } from './agent-program.ts'
import { freePort } from './free-port.ts'
import { interleave, ratioOf } from './interleave.ts'
import { type MeasuredProcess, startMeasured } from './measured-process.ts'
import { type Memory, readMemory } from './process-figures.ts'
import type { Table } from './report.ts'
import type { Effort } from './rounds.ts'
import { spreadOf } from './statistics.ts'

/** Programs to compare with, each the least of its kind. */
const PROGRAMS = {
  'empty.mjs': '',
  'output.mjs': "process.stdout.write('x')",
  'idle.mjs': 'setInterval(() => {}, 2 ** 30)',
  // Not by import, whose namespace would load everything that the module could ever need.
  'http.mjs':
    "const { createServer } = process.getBuiltinModule('node:http'); createServer((q, s) => s.end('x')).listen(process.argv[2], '127.0.0.1')",
}

/** A start that takes longer is a fault. */
const START_WITHIN_MS = 10_000

/** A new process has freed by then what it needed only to start. */
const SETTLE_MS = 1500

const REQUEST = [
  `GET ${STYLES.arc.path}?${PARAMETER.apiVersion}=${STYLES.arc.apiVersions[0]}&${PARAMETER.resource}=bench HTTP/1.1`,
  'Host: 127.0.0.1',
  `${HEADER.metadata}: true`,
  '\r\n',
].join('\r\n')

/** Start and idle memory. */
export async function measureStart({ rounds }: Effort): Promise<Table[]> {
  const program = await prepareAgentProgram()
  for (const [name, code] of Object.entries(PROGRAMS)) writeFileSync(join(program.folder, name), code)
  try {
    return [await compareStarts(program, rounds), await compareMemory(program, Math.ceil(rounds / 3))]
  } finally {
    program.remove()
  }
}

async function compareStarts({ folder, args }: AgentProgram, rounds: number): Promise<Table> {
  const port = await freePort()
  const results = await interleave(rounds, {
    'empty Node process, to its end': () => timeToExit([join(folder, 'empty.mjs')]),
    'empty Node process, to its first output': () => timeToOutput([join(folder, 'output.mjs')]),
    'bare node:http server, to its first answer': () =>
      timeToAnswer([join(folder, 'http.mjs'), String(port)], port),
    'agent, to its first answer': () => timeToAnswer(args(port), port),
  })
  const [empty = [], output = []] = Object.values(results)
  return {
    title: 'Start',
    notes: ['The agent is `landfast agent` as built; its first answer is a 401 with a key file.'],
    rows: Object.entries(results).map(([name, times]) => ({
      process: name,
      ms: spreadOf(times),
      'against the end of the empty one': ratioOf(times, empty),
      goal: name.startsWith('agent') ? '≤ 2' : '',
      'against the first output': ratioOf(times, output),
    })),
  }
}

async function compareMemory({ folder, args }: AgentProgram, rounds: number): Promise<Table> {
  const port = await freePort()
  const results = await interleave(rounds, {
    'idle empty Node process': () => memoryOf([join(folder, 'idle.mjs')]),
    'idle agent': () => memoryOf(args(port), port),
  })
  const of = (sizes: readonly Memory[], what: keyof Memory) => spreadOf(sizes.map((size) => size[what]))
  return {
    title: 'Idle memory in MiB',
    notes: [`The agent is \`landfast agent\` as built, ${SETTLE_MS / 1000} s after its first answer.`],
    rows: Object.entries(results).map(([name, sizes]) => ({
      process: name,
      resident: of(sizes, 'Rss'),
      goal: name.endsWith('agent') ? '≤ 54' : '',
      'private dirty': of(sizes, 'Private_Dirty'),
      'private goal': name.endsWith('agent') ? '≤ 12' : '',
    })),
  }
}

async function timeToExit(args: readonly string[]): Promise<number> {
  const startedAt = performance.now()
  await once(spawn(process.execPath, args, { stdio: 'ignore' }), 'exit')
  return performance.now() - startedAt
}

async function timeToOutput(args: readonly string[]): Promise<number> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child.stdout, 'data')
  const time = performance.now() - startedAt
  await once(child, 'exit')
  return time
}

async function timeToAnswer(args: readonly string[], port: number): Promise<number> {
  const startedAt = performance.now()
  const measured = startMeasured(args)
  try {
    await firstAnswer(measured, port)
    return performance.now() - startedAt
  } finally {
    await measured.end()
  }
}

/** Of a process that is idle; one with a port has answered before. */
async function memoryOf(args: readonly string[], port?: number): Promise<Memory> {
  const measured = startMeasured(args)
  try {
    if (port !== undefined) await firstAnswer(measured, port)
    await delay(SETTLE_MS)
    return readMemory(measured.pid)
  } finally {
    await measured.end()
  }
}

/** Asks again and again until something listens. */
async function firstAnswer(measured: MeasuredProcess, port: number): Promise<void> {
  const deadline = performance.now() + START_WITHIN_MS
  while (!(await answers(port))) {
    measured.refuseEnded()
    if (performance.now() > deadline) throw new Error(`nothing answers on port ${port}`)
    await delay(1)
  }
}

/** By hand, so that asking takes as little as it can from the process that starts. */
function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, '127.0.0.1', () => socket.write(REQUEST))
  socket.once('data', () => {
    socket.destroy()
    resolve(true)
  })
  socket.once('error', () => resolve(false))
  return promise
}
