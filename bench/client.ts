/**
 * The client library beside `@azure/identity`: each in a separate process, asking one agent in App Service's style.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createAgent, type TokenSource } from '@landfast/agent'
import { endpointVariables } from '@landfast/protocol'
import { interleave, ratioOf } from './interleave.ts'
import type { Table } from './report.ts'
import type { Effort } from './rounds.ts'
import { spreadOf } from './statistics.ts'

const PROGRAM = fileURLToPath(new URL('client-program.mjs', import.meta.url))

const GUID = '0b8f1c1e-6a0e-4f0a-9d0c-0000000000a1'
const IDENTITY = {
  tenantId: GUID,
  clientId: GUID,
  principalId: GUID,
  resourceId: `/subscriptions/${GUID}/resourceGroups/bench/providers/Microsoft.HybridCompute/machines/bench`,
}

/** As long as those of an authority. */
const TOKEN = ['eyJ0eXAiOiJKV1QifQ', 'a'.repeat(1200), 'b'.repeat(342)].join('.')

const source: TokenSource = {
  getToken: async () => ({ accessToken: TOKEN, expiresInSeconds: 86_000 }),
  close: () => {},
}

/** In pairs that do the same: ours, and the official one. */
const PAIRS = [
  ['@landfast/client#ManagedIdentityCredential', '@azure/identity#ManagedIdentityCredential'],
  ['@landfast/client#DefaultCredential', '@azure/identity#DefaultAzureCredential'],
] as const

/** What Node takes by itself, for the same request. */
const BARE_HTTP = 'bare#http'
const BARE = ['bare#nothing', 'bare#socket', BARE_HTTP] as const

type Pair = (typeof PAIRS)[number]

interface Outcome {
  ms: number
  peakMiB?: number
  /** Of the processor, until the token was there. */
  processorMs?: number
  perSecond?: number
}

/** Start, memory, cached and uncached calls, and size. */
export async function measureClient({ rounds, scale }: Effort): Promise<Table[]> {
  const agent = createAgent({
    endpoints: [{ style: 'app-service', secret: 'a-secret-of-the-bench' }],
    identity: IDENTITY,
    source,
  })
  await agent.start()
  try {
    const [location] = agent.locations
    if (!location) throw new TypeError('a started agent has an endpoint')
    const run = (client: string, task: string) =>
      runProgram([client, task, String(scale)], endpointVariables(location))
    const tables: Table[] = [await measureBare(rounds, run)]
    for (const pair of PAIRS) tables.push(await compareStarts(pair, rounds, run))
    tables.push(await compareRates(PAIRS[0], Math.ceil(rounds / 3), run))
    return [...tables, compareSizes()]
  } finally {
    await agent.stop()
  }
}

type Run = (client: string, task: string) => Promise<Outcome>

async function runProgram(args: readonly string[], variables: Record<string, string>): Promise<Outcome> {
  const startedAt = performance.now()
  const { PATH } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...args], {
    env: { PATH, ...variables },
  })
  return { ms: performance.now() - startedAt, ...JSON.parse(stdout) }
}

/** The same task for each client, by its name. */
function tasksOf(clients: readonly string[], task: string, run: Run): Record<string, () => Promise<Outcome>> {
  return Object.fromEntries(clients.map((client) => [client, () => run(client, task)]))
}

async function measureBare(rounds: number, run: Run): Promise<Table> {
  const results = await interleave(rounds, tasksOf(BARE, 'start', run))
  return {
    title: 'Client: a new process of Node alone, to its end',
    rows: BARE.map((name) => ({
      request: name.replace('bare#', ''),
      ms: spreadOf(results[name]?.map(({ ms }) => ms) ?? []),
      'peak MiB': spreadOf(results[name]?.map(({ peakMiB = 0 }) => peakMiB) ?? []),
    })),
  }
}

async function compareStarts(pair: Pair, rounds: number, run: Run): Promise<Table> {
  const results = await interleave(rounds, tasksOf([...pair, BARE_HTTP], 'start', run))
  const of = (client: string, what: 'ms' | 'processorMs' | 'peakMiB') =>
    results[client]?.map((one) => one[what] ?? 0) ?? []
  const [ours, official] = pair
  return {
    title: 'Client: a new process to its first token and its end',
    notes: ['`bare#http` is a program of `node:http` alone that makes the same request, in the same rounds.'],
    rows: [...pair, BARE_HTTP].map((client) => ({
      client,
      ms: spreadOf(of(client, 'ms')),
      'processor ms': spreadOf(of(client, 'processorMs')),
      'of bare': ratioOf(of(client, 'processorMs'), of(BARE_HTTP, 'processorMs')),
      'bare goal': client === ours ? '≤ 1.10' : '',
      'times faster': ratioOf(of(official, 'ms'), of(client, 'ms')),
      goal: client === ours ? '≥ 5' : '',
      'peak MiB': spreadOf(of(client, 'peakMiB')),
      'of the memory': ratioOf(of(client, 'peakMiB'), of(official, 'peakMiB')),
      'memory goal': client === ours ? '≤ 0.55' : '',
      'peak of bare': ratioOf(of(client, 'peakMiB'), of(BARE_HTTP, 'peakMiB')),
      'bare peak goal': client === ours ? '≤ 1.03' : '',
    })),
  }
}

async function compareRates(pair: Pair, rounds: number, run: Run): Promise<Table> {
  const rows = []
  for (const [task, title, goal] of [
    ['cached', 'cached, 1 resource', '≥ 50'],
    ['crowded', 'cached, 1,000 resources in turn', '≥ 50'],
    ['uncached', 'not cached', '≥ 2.5'],
  ] as const) {
    const results = await interleave(rounds, tasksOf(pair, task, run))
    const [ours = [], official = []] = pair.map(
      (client) => results[client]?.map(({ perSecond = 0 }) => perSecond) ?? [],
    )
    rows.push({
      calls: title,
      'ours a second': spreadOf(ours),
      'official a second': spreadOf(official),
      'times faster': ratioOf(ours, official),
      goal,
    })
  }
  return { title: 'Client: calls of getToken', notes: [pair.join(' against ')], rows }
}

/** Of what npm would install: the files of each package and of everything that it depends on. */
function compareSizes(): Table {
  const rows = ['@landfast/client', '@azure/identity'].map((name) => {
    const sizes = [...closureOf(name).values()]
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    const goal = isOurs(name) ? '≤ 1' : ''
    return { client: name, packages: String(sizes.length), MB: (bytes / 1e6).toFixed(2), goal }
  })
  return { title: 'Client: installed size', rows }
}

/** The size of each package, by its folder. */
function closureOf(name: string, found = new Map<string, number>(), from = import.meta.filename) {
  const folder = folderOf(name, from)
  if (!folder || found.has(folder)) return found
  found.set(folder, sizeOf(folder, isOurs(name)))
  const file = join(folder, 'package.json')
  const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8'))
  for (const dependency of Object.keys(dependencies)) closureOf(dependency, found, file)
  return found
}

function folderOf(name: string, from: string): string | undefined {
  const paths = createRequire(from).resolve.paths(name) ?? []
  return paths.map((path) => join(path, name)).find((folder) => existsSync(join(folder, 'package.json')))
}

function isOurs(name: string): boolean {
  return name.startsWith('@landfast/')
}

/** Ours are links to their sources, of which only a part is published. Packages inside a package count by themselves. */
function sizeOf(folder: string, isLinked: boolean): number {
  const published = ['package.json', 'README.md', 'dist/**', 'src/**']
  const exclude = ['node_modules/**', ...(isLinked ? ['**/*.test.ts', '**/.tsbuildinfo'] : [])]
  return globSync(isLinked ? published : '**', { cwd: folder, exclude })
    .map((file) => statSync(join(folder, file)))
    .filter((stats) => stats.isFile())
    .reduce((sum, { size }) => sum + size, 0)
}
