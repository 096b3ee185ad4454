/**
 * The race for tokens by signed assertions: every contestant runs all the time, and each round asks one after the other.
 *
 * @module
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeCertificate } from '../../packages/control-plane/src/testing/issuer-keys.ts'
import { makeCertificate as makeClientCertificate } from '../../packages/control-plane/src/testing/trial-certificates.ts'
import { opensslSignsPerSecond } from '../openssl-speed.ts'
import type { Table } from '../report.ts'
import { Worker } from '../worker.ts'
import { HYDRA } from './contestants/hydra.ts'
import { KEYCLOAK } from './contestants/keycloak.ts'
import { LANDFAST_POSTGRES, LANDFAST_SQLITE } from './contestants/landfast.ts'
import { SPIRE_SERVER } from './contestants/spire-server.ts'
import { inRounds, type RaceEffort, type Telling, withEach } from './field.ts'
import { memoryMiB, microsecondsBetween, type ProcessorTimes, processorTimes } from './process-tree.ts'
import { proveContestant } from './proofs.ts'
import { CALLERS_PROCESSOR, MEASURED_PROCESSOR } from './started-program.ts'
import type { TokenLoad, TokenLoadResult } from './token-callers.ts'
import type { RacePlace, TokenContestant } from './token-contestant.ts'
import { type TokenEntrant, type TokenRound, tokenTables } from './token-tables.ts'
import type { TokenClient } from './token-target.ts'

/** All of them. */
export const TOKEN_CONTESTANTS: readonly TokenContestant[] = [
  LANDFAST_SQLITE,
  LANDFAST_POSTGRES,
  SPIRE_SERVER,
  HYDRA,
  KEYCLOAK,
]

/** Each over a connection of its own. */
const CLIENTS = 32

/** The first load, of which nothing is known yet. */
const FIRST_TOKENS = 320

/** Warm is who has gained less than this by so many more loads; a just-in-time compiler takes some. */
const GAIN_WHEN_WARM = 0.05
const LOADS_WITHOUT_GAIN = 3
const WARM_UP_LOADS_MAX = 20

/** How long nothing is asked, to see what those take that wait: after a moment to end what they have begun. */
const SETTLE_MS = 2000
const IDLE_MS = 5000

type Callers = Worker<TokenLoad, TokenLoadResult | undefined>

/** Races in `folder`, which is on a disk. */
export async function raceTokens(
  folder: string,
  effort: RaceEffort,
  telling: Telling,
  contestants: readonly TokenContestant[],
): Promise<Table[]> {
  const callers: Callers = new Worker('race/token-callers.ts', {
    processor: CALLERS_PROCESSOR,
    flags: ['--max-semi-space-size=64'],
  })
  await using resources = new AsyncDisposableStack()
  resources.defer(() => callers.stop())
  const place = { resources, ...(await makePlace()) }
  const entrants = contestants.map((contestant): TokenEntrant => newEntrant(contestant))
  let field = await withEach(entrants, telling, async (entrant) => {
    telling.say(`${entrant.name}: starting …`)
    const own = join(folder, String(entrants.indexOf(entrant)))
    mkdirSync(own)
    const running = await entrant.contestant.start({ ...place, folder: own })
    entrant.running = running
    entrant.refuseEnded = () => running.program().refuseEnded()
    entrant.lastWords = () => running.program().lastWords()
    entrant.memoryBefore = memoryMiB(running.program().pid)
  })
  field = await withEach(field, telling, (entrant) => warmUp(entrant, callers, effort, telling))
  await measureIdle(field)
  const openssl: number[] = []
  let roundOfOpenssl = -1
  await inRounds(field, effort.rounds, telling, async (entrant, round) => {
    if (round > roundOfOpenssl) await withEach([{ name: 'openssl speed' }], telling, signAlone)
    roundOfOpenssl = round
    entrant.measured.push(await measure(entrant, callers, effort.seconds))
  })
  // Who left in a later round has the figures of those before.
  const placed = field.filter(({ measured }) => measured.length > 0)
  await withEach(placed, telling, prove)
  return placed.length === 0 ? [] : tokenTables(placed, openssl, CLIENTS)

  async function signAlone(): Promise<void> {
    openssl.push(1e6 / opensslSignsPerSecond(MEASURED_PROCESSOR, effort.seconds))
  }

  async function prove(entrant: TokenEntrant): Promise<void> {
    telling.say(`${entrant.name}: what it keeps …`)
    if (!entrant.running) return
    entrant.memoryAfter = memoryMiB(entrant.running.program().pid)
    entrant.size = entrant.contestant.size()
    // Figures stay, whatever comes of the proof.
    await withEach([entrant], telling, async () => {
      if (entrant.running) entrant.proofs = await proveContestant(entrant.running)
    })
  }
}

function newEntrant(contestant: TokenContestant): TokenEntrant {
  return { name: contestant.name, contestant, measured: [], tokens: FIRST_TOKENS, warmUpSeconds: 0 }
}

async function makePlace(): Promise<Omit<RacePlace, 'folder' | 'resources'>> {
  let clients: Promise<TokenClient[]> | undefined
  return {
    clientCount: CLIENTS,
    clients: () => {
      clients ??= Promise.all(Array.from({ length: CLIENTS }, (_, index) => makeClient(`race-${index}`)))
      return clients
    },
    tls: await makeCertificate([{ type: 'ip', value: '127.0.0.1' }]),
  }
}

async function makeClient(clientId: string): Promise<TokenClient> {
  const { pem, privateKey } = await makeClientCertificate({ kind: 'rsa' })
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  return { clientId, certificate: pem, privateKey: key }
}

/** Loads until others make it no quicker. */
async function warmUp(
  entrant: TokenEntrant,
  callers: Callers,
  { seconds }: RaceEffort,
  { say }: Telling,
): Promise<void> {
  const began = performance.now()
  let [best, withoutGain] = [Number.POSITIVE_INFINITY, 0]
  for (let load = 0; load < WARM_UP_LOADS_MAX; load += 1) {
    const { serverMicroseconds, tokensPerSecond } = await measure(entrant, callers, seconds)
    say(`${entrant.name}: warming up, ${serverMicroseconds.toFixed(0)} µs a token`)
    entrant.tokens = Math.ceil(tokensPerSecond * seconds)
    const isGain = serverMicroseconds < best * (1 - GAIN_WHEN_WARM)
    withoutGain = isGain ? 0 : withoutGain + 1
    if (withoutGain === LOADS_WITHOUT_GAIN) break
    best = Math.min(best, serverMicroseconds)
  }
  entrant.warmUpSeconds = (performance.now() - began) / 1000
}

async function measure(entrant: TokenEntrant, callers: Callers, seconds: number): Promise<TokenRound> {
  const { name, running } = entrant
  if (!running) throw new TypeError('a contestant that was not started is not measured')
  await callers.ask({ prepare: running.target, name, requests: entrant.tokens })
  const database = running.database.pid()
  const before = [running.program().pid, database].map(timesOf)
  const result = await callers.ask({ run: name })
  const after = [running.program().pid, database].map(timesOf)
  if (!result) throw new TypeError('a load has a result')
  const [server = 0, data = 0] = after.map(
    (times, index) => microsecondsBetween(before[index] ?? times, times) / result.tokens,
  )
  entrant.tokens = Math.ceil(result.tokensPerSecond * seconds)
  return { ...result, serverMicroseconds: server, databaseMicroseconds: data }
}

function timesOf(pid: number | undefined): ProcessorTimes {
  return pid === undefined ? new Map() : processorTimes(pid)
}

/** What each takes of a processor while nothing is asked. */
async function measureIdle(field: readonly TokenEntrant[]): Promise<void> {
  const pids = field.map(({ running }) => [running?.program().pid, running?.database.pid()])
  const looks = () => pids.map((own) => own.map(timesOf))
  await pause(SETTLE_MS)
  const before = looks()
  await pause(IDLE_MS)
  const after = looks()
  for (const [index, entrant] of field.entries()) {
    const spent = after[index]?.map((times, part) =>
      microsecondsBetween(before[index]?.[part] ?? times, times),
    )
    entrant.idlePercent = ((spent ?? []).reduce((sum, one) => sum + one, 0) / (IDLE_MS * 1000)) * 100
  }
}
