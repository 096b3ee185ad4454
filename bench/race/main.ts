/**
 * `npm run race -- tokens|local [--rounds N] [--seconds S] [--json]`: this build against others that do the same, in one run.
 *
 * @see docs/performance.md#race
 * @module
 */

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { end, runMain } from '../../scripts/foreground.mjs'
import { takeLock } from '../../scripts/lock.ts'
import { explainRefusal } from '../../scripts/refusal.ts'
import { makeStage } from '../../scripts/stage.ts'
import { describeMachine } from '../machine.ts'
import { formatReport, type Table } from '../report.ts'
import type { RaceEffort, Telling } from './field.ts'
import { LOCAL_CONTESTANTS, raceLocal } from './local.ts'
import { installRacePrograms, RACE_PROGRAMS, type RaceProgramName } from './programs.ts'
import { raceTokens, TOKEN_CONTESTANTS } from './tokens.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Those that may race, and what races some of them. */
interface Race {
  contestants: readonly { name: string; programs: readonly RaceProgramName[] }[]
  run: (folder: string, effort: RaceEffort, telling: Telling, names: readonly string[]) => Promise<Table[]>
}

const RACES: Record<string, Race> = {
  tokens: {
    contestants: TOKEN_CONTESTANTS,
    run: (folder, effort, telling, names) =>
      raceTokens(folder, effort, telling, named(TOKEN_CONTESTANTS, names)),
  },
  local: {
    contestants: LOCAL_CONTESTANTS,
    run: (folder, effort, telling, names) =>
      raceLocal(folder, effort, telling, named(LOCAL_CONTESTANTS, names)),
  },
}

const USAGE = `usage: npm run race -- install | RACE [--only NAME… --rounds N --seconds S --json]
the races are ${Object.keys(RACES).join(' and ')}
`

const say = (line: string) => process.stderr.write(`race: ${line}\n`)

await runMain(async () => {
  const { values, positionals } = readArguments()
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const [name = ''] = positionals
  if (name === 'install') return withRefusal(installAll)
  const race = RACES[name]
  if (!race || positionals.length > 1)
    return end(2, `race: there is no race "${positionals.join(' ')}"\n${USAGE}`)
  const effort = { rounds: Number(values.rounds), seconds: Number(values.seconds) }
  if (!(effort.rounds >= 1 && effort.seconds > 0))
    return end(2, `race: --rounds is a number from 1, and --seconds one above 0\n${USAGE}`)
  const names = race.contestants.map((one) => one.name).filter((one) => isWanted(one, values.only))
  if (names.length === 0) return end(2, `race: nobody in it is called "${values.only}"\n${USAGE}`)
  return withRefusal(() => report(race, names, effort, values.json))
})

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '3' },
      },
    })
  } catch (error) {
    return end(2, `race: ${(error as Error).message}\n${USAGE}`)
  }
}

function isWanted(name: string, only: readonly string[]): boolean {
  return only.length === 0 || only.some((part) => name.toLowerCase().includes(part.toLowerCase()))
}

function named<C extends { name: string }>(contestants: readonly C[], names: readonly string[]): C[] {
  return contestants.filter(({ name }) => names.includes(name))
}

function installAll(): number {
  installRacePrograms(Object.keys(RACE_PROGRAMS) as RaceProgramName[], say)
  return 0
}

async function report(
  { contestants, run }: Race,
  names: readonly string[],
  effort: RaceEffort,
  isJson: boolean,
): Promise<number> {
  const programs = named(contestants, names).flatMap((one) => one.programs)
  installRacePrograms([...new Set(programs)], say)
  using _lock = takeLock(ROOT, 'bench')
  using stage = makeStage(ROOT, 'race')
  const machine = describeMachine()
  const telling: Telling = { say, failures: [] }
  const tables = await run(stage.folder, effort, telling, names)
  const command = ['npm run race --', ...process.argv.slice(2)].join(' ')
  const whole = { command, machine, tables, failures: telling.failures }
  process.stdout.write(`${isJson ? JSON.stringify(whole, null, 2) : formatReport(whole)}\n`)
  return telling.failures.length > 0 ? 1 : 0
}

/** The end for a user who may not write in the checkout; any other error stays one. */
async function withRefusal(run: () => number | Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (error) {
    const refusal = explainRefusal(error, {
      root: ROOT,
      need: 'it races on the disk of the checkout',
      command: 'npm run race',
    })
    if (!refusal) throw error
    return end(1, `race: ${refusal[0]}\nhint: ${refusal[1]}\n`)
  }
}
