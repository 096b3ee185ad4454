/**
 * `npm run bench [-- PART…] [--json] [--rounds N] [--seconds S] [--sockets N]`: measures this build on this machine.
 *
 * @see docs/performance.md
 * @module
 */

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { end, runMain } from '../scripts/foreground.mjs'
import { explainRefusal } from '../scripts/refusal.ts'
import { measureCaller } from './caller.ts'
import { measureClient } from './client.ts'
import { measureConnections } from './connections.ts'
import { measureControlPlane, measureProcesses } from './control-plane.ts'
import { measureEmulator } from './emulator.ts'
import { measureFlood } from './flood.ts'
import { measureGrowth } from './growth.ts'
import { measureHandshakes, measureKeyFiles } from './handshake.ts'
import { measureIdle } from './idle.ts'
import { describeMachine } from './machine.ts'
import { type MeasurePart, measureParts } from './measured-parts.ts'
import { measurePortal } from './portal.ts'
import { measureRegistry } from './registry.ts'
import { formatReport, type Report } from './report.ts'
import type { Effort } from './rounds.ts'
import { measureStart } from './start.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const PARTS: Record<string, MeasurePart> = {
  handshake: measureHandshakes,
  'key-files': measureKeyFiles,
  caller: measureCaller,
  connections: measureConnections,
  start: measureStart,
  idle: measureIdle,
  client: measureClient,
  emulator: measureEmulator,
  'control-plane': measureControlPlane,
  replicas: measureProcesses,
  flood: measureFlood,
  growth: measureGrowth,
  portal: measurePortal,
  registry: measureRegistry,
}

const USAGE = `usage: npm run bench [-- PART… --json --rounds N --seconds S --sockets N --scale S]
of growth: --machines N --minutes M --heartbeats N --tokens N, the last two a second; of portal: --machines N --entries N, the last for each machine
the parts are ${Object.keys(PARTS).join(', ')}
`

await runMain(async () => {
  const { values, positionals } = readArguments()
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const wanted = positionals.length > 0 ? positionals : Object.keys(PARTS)
  const unknown = wanted.find((name) => !(name in PARTS))
  if (unknown !== undefined) refuse(`there is no part "${unknown}"`)
  const effort = {
    rounds: Number(values.rounds),
    measureMs: Number(values.seconds) * 1000,
    sockets: Number(values.sockets),
    scale: Number(values.scale),
    growth: {
      machines: Number(values.machines),
      minutes: Number(values.minutes),
      heartbeatsPerSecond: Number(values.heartbeats),
      tokensPerSecond: Number(values.tokens),
      entries: Number(values.entries),
    },
  }
  const report = await measure(wanted, effort).catch(endRefused)
  process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : formatReport(report)}\n`)
  return report.failures.length > 0 ? 1 : 0
})

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        rounds: { type: 'string', default: '25' },
        seconds: { type: 'string', default: '0.25' },
        sockets: { type: 'string', default: '20000' },
        scale: { type: 'string', default: '1' },
        machines: { type: 'string', default: '20000' },
        minutes: { type: 'string', default: '0.5' },
        heartbeats: { type: 'string', default: '500' },
        tokens: { type: 'string', default: '50' },
        entries: { type: 'string', default: '10' },
      },
    })
  } catch (error) {
    return refuse((error as Error).message)
  }
}

function refuse(what: string): never {
  return end(2, `bench: ${what}\n${USAGE}`)
}

/** The end for a user who may not write in the checkout; any other error stays one. */
function endRefused(error: unknown): never {
  const refusal = explain(error)
  if (!refusal) throw error
  return end(1, `bench: ${refusal[0]}\nhint: ${refusal[1]}\n`)
}

function explain(error: unknown) {
  return explainRefusal(error, {
    root: ROOT,
    need: 'it measures on the disk of the checkout',
    command: 'npm run bench',
  })
}

async function measure(wanted: readonly string[], effort: Effort): Promise<Report> {
  const machine = describeMachine()
  const parts = new Map(Object.entries(PARTS).filter(([name]) => wanted.includes(name)))
  const measured = await measureParts(parts, effort, {
    say: (line) => process.stderr.write(`bench: ${line}\n`),
    isFinal: (error) => explain(error) !== undefined,
  })
  const args = process.argv.slice(2)
  const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
  return { command, machine, ...measured }
}
