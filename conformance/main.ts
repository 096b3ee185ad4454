/**
 * `npm run conformance`: real clients against a running agent. Progress goes to stderr, the table to stdout.
 *
 * @see conformance/README.md
 * @module
 */

import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, constants } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { end, runMain } from '../scripts/foreground.mjs'
import { UNSHARE } from '../test/namespaces.ts'
import type { AcceptanceCell } from './acceptance.ts'
import { runAcceptance } from './acceptance-run.ts'
import { formatAcceptance } from './acceptance-table.ts'
import { formatBadge } from './badge.ts'
import type { Cell } from './cell.ts'
import { type ClientFolder, findClientFolders, readClientFolder } from './client-folder.ts'
import { CLIENTS, type Evidence, evidencePages, PROGRAMS } from './evidence.ts'
import { type Lane, runLane } from './lane.ts'
import { formatUsage, type Options, readOptions } from './options.ts'
import { formatPage, type Run } from './page.ts'
import { type Choice, chooseClients, describeClients, makePlan } from './plan.ts'
import { byKind, formatEvery, formatProgramsPage } from './programs/programs-page.ts'
import { orRefusal } from './refused.ts'
import { joinTries, lanesOfRed } from './second-try.ts'
import { totalsOf } from './table.ts'
import { bySystem } from './windows/windows-page.ts'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const DOCS = fileURLToPath(new URL('../docs/', import.meta.url))
const FAULT_PAGE = join(DOCS, 'faults.md')

/** To which `.ci/run` lets every suite add its totals. */
const TOTALS_FILE = process.env.LANDFAST_TEST_TOTALS

/** Clients wait more than they compute. */
const LANES_AT_ONCE = availableParallelism() + 2

await runMain(async () => {
  const options = orEnd(() => readOptions(process.argv.slice(2)))
  const folders = orEnd(() => foldersOf(options))
  if (options.help) {
    process.stdout.write(formatUsage(describeClients(folders)))
    return 0
  }
  const choices = orEnd(() => chooseClients(folders, options))
  refuseWithoutNamespaces()
  if (options.faults)
    return await tryFaults(
      choices.filter(({ folder }) => folder.system === undefined && folder.whole === undefined),
      options,
    )
  const { lanes, cells: others } = makePlan(choices, options, note)
  const ending = endingBySignals()
  const first = await runLanes(lanes, ending)
  const cells = [...others, ...(options.all ? await tryRedAgain(lanes, first, ending) : first)]
  const acceptance = isChosen(options) ? [] : await tryOthers(ending)
  if (ending.aborted) return 128 + constants.signals[ending.reason as NodeJS.Signals]
  return report({ cells, acceptance, folders }, options)
})

/** Ours, or the one that is named: a path from where the command was typed. */
function foldersOf({ clientFolder }: Options): ClientFolder[] {
  if (clientFolder === undefined) return findClientFolders(FOLDER)
  return [readClientFolder(resolve(process.env.INIT_CWD ?? '', clientFolder))]
}

/** Ends with the first signal that asks for the end. */
function endingBySignals(): AbortSignal {
  const ending = new AbortController()
  // More than once: npm passes on what a terminal has sent to everybody already.
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => ending.abort(signal))
  return ending.signal
}

/** What clients do about faults; the exit code. No cell is right or wrong: each is what a client does. */
async function tryFaults(choices: readonly Choice[], { json }: Options): Promise<number> {
  const { runFaults } = await import('./faults/fault-run.ts')
  const { formatFaultPage } = await import('./faults/fault-page.ts')
  const ending = endingBySignals()
  const cells = await runFaults({ choices, ending, progress: note })
  if (ending.aborted) return 128 + constants.signals[ending.reason as NodeJS.Signals]
  const page = formatFaultPage(cells, { date: new Date(), node: process.version })
  process.stdout.write(json ? `${JSON.stringify(cells)}\n` : page)
  return process.argv.length === 3 && !writePage(FAULT_PAGE, page) ? 1 : 0
}

interface Results {
  cells: readonly Cell[]
  acceptance: readonly AcceptanceCell[]
  folders: readonly ClientFolder[]
}

/** Tells what came out; the exit code. */
function report(results: Results, options: Options): number {
  const { cells, acceptance } = results
  const run = { date: new Date(), node: process.version }
  process.stdout.write(
    options.json ? `${JSON.stringify([...cells, ...acceptance], null, 2)}\n` : formatEvery(cells),
  )
  if (!options.json && acceptance.length > 0)
    process.stdout.write(`\n${formatAcceptance(acceptance, run.date)}\n`)
  const isWritten = !isWhole(options) || writePages(results, run)
  const totals = totalsOf([...cells, ...acceptance])
  note(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
  const isRed = ({ colour }: Pick<Cell, 'colour'>) => colour === 'red'
  keepTotals(totals, [
    ...cells.filter(isRed).map(describe),
    ...acceptance.filter(isRed).map(describeAcceptance),
  ])
  return totals.failed > 0 || !isWritten ? 1 : 0
}

/** What `read` returns; if it finds the command line wrong, the end. */
function orEnd<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    note((error as Error).message)
    note('hint: "npm run conformance -- --help" tells what can be given')
    return end(2)
  }
}

/** The key folder and port 40342 are the same for everybody. */
function refuseWithoutNamespaces(): void {
  const [program = '', ...rest] = UNSHARE
  const { status, stderr, error } = spawnSync(program, [...rest, 'ip', '-V'], { encoding: 'utf8' })
  if (status === 0) return
  note(
    `nothing was tried; no network and file system of their own for the clients: ${error?.message ?? stderr.trim()}`,
  )
  note(
    'hint: be root or allow user namespaces, and run "npm run setup:parts", which installs "ip" and "unshare"',
  )
  keepTotals({ passed: 0, failed: 0, skipped: 1 }, [])
  end(process.env.CI ? 1 : 0)
}

/** A page about half of it would pass for the whole. */
function isWhole({ all, programs }: Options): boolean {
  return (all || programs) && process.argv.length === 3
}

/** The page of each kind that was run. */
function writePages({ cells, acceptance, folders }: Results, run: Run): boolean {
  const { clients, programs } = byKind(cells)
  const { linux, windows } = bySystem(clients)
  const page = () => formatPage(linux, run, { acceptance, folders, windows })
  const written = [
    clients.length === 0 ||
      (writeWithEvidence(page(), clients, { run, of: CLIENTS }) &&
        writePage(join(DOCS, 'conformance.svg'), formatBadge(clients))),
    programs.length === 0 ||
      writeWithEvidence(formatProgramsPage(programs, run), programs, { run, of: PROGRAMS }),
  ]
  return written.every(Boolean)
}

/** A page, and those behind it. */
function writeWithEvidence(
  page: string,
  cells: readonly Cell[],
  { run, of }: { run: Run; of: Evidence },
): boolean {
  const evidence = join(DOCS, of.folder)
  const isEmptied = writes(() => {
    rmSync(evidence, { recursive: true, force: true })
    mkdirSync(evidence)
  })
  if (!isEmptied) return false
  const pages = [[of.table, page] as const, ...evidencePages(cells, run.date, of)]
  return pages.map(([path, text]) => writePage(join(DOCS, path), text)).every(Boolean)
}

function writePage(file: string, text: string): boolean {
  return writes(() => writeFileSync(file, text))
}

/** Whether `work` could write; a user who may not has the tables all the same. */
function writes(work: () => void): boolean {
  const refusal = orRefusal('the page has to be written', work)
  if (refusal) note(refusal)
  return refusal === undefined
}

/** Who asks for one client, style or case has not asked for others. */
function isChosen({ clients, programs }: Options): boolean {
  return (
    programs ||
    clients.length > 0 ||
    process.argv.some((arg) => /^--(style|system|case|client-folder)(=|$)/.test(arg))
  )
}

async function tryOthers(ending: AbortSignal): Promise<AcceptanceCell[]> {
  note('trying the libraries of others against services that verify')
  const cells = await runAcceptance(ending)
  for (const cell of cells) note(describeAcceptance(cell))
  return cells
}

function describeAcceptance({ client, column, colour, reason }: AcceptanceCell): string {
  return `${client}, ${column}: ${colour}${reason === undefined ? '' : `: ${reason}`}`
}

async function tryRedAgain(
  lanes: readonly Lane[],
  first: readonly Cell[],
  ending: AbortSignal,
): Promise<Cell[]> {
  const again = lanesOfRed(lanes, first)
  if (again.length > 0) note('trying what is red once more, one after the other')
  return joinTries(first, await runLanes(again, ending, 1))
}

async function runLanes(
  lanes: readonly Lane[],
  ending: AbortSignal,
  atOnce = LANES_AT_ONCE,
): Promise<Cell[]> {
  const cells: Cell[] = []
  const waiting = [...lanes]
  const total = lanes.reduce((sum, { places }) => sum + places.length, 0)
  const onCell = (cell: Cell) => {
    cells.push(cell)
    note(`${cells.length}/${total} ${describe(cell)}`)
  }
  const work = async () => {
    for (let lane = waiting.shift(); lane && !ending.aborted; lane = waiting.shift()) {
      await runLane(lane, onCell, ending)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return cells
}

function describe({
  client,
  version,
  credential,
  system,
  style,
  name,
  colour,
  reason,
  seconds,
}: Cell): string {
  const took = seconds === undefined ? '' : ` in ${seconds.toFixed(1)} s`
  const why = reason === undefined ? '' : `: ${reason}`
  const where = system === undefined ? '' : `on ${system}, `
  return `${client} ${version} (${credential}), ${where}${style}, ${name}: ${colour}${took}${why}`
}

function keepTotals(totals: ReturnType<typeof totalsOf>, failures: readonly string[]): void {
  if (TOTALS_FILE) appendFileSync(TOTALS_FILE, `${JSON.stringify({ ...totals, failures })}\n`)
}

function note(text: string): void {
  process.stderr.write(`conformance: ${text}\n`)
}
