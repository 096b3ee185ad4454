/**
 * The plan of a run: a lane for every client with each of its credentials, and the cells that cannot be tried.
 *
 * @module
 */

import { WORKLOAD_IDENTITY } from '../packages/cli/src/run/run-styles.ts'
import { CASE_NAMES, type Case, type CaseName, caseOf } from './cases.ts'
import { type Cell, emptyCell } from './cell.ts'
import { buildClient } from './client-build.ts'
import { type ClientFolder, type ClientVersion, type SystemName, whatIsMissing } from './client-folder.ts'
import { CREDENTIALS, type CredentialName } from './client-report.ts'
import type { ColumnName } from './columns.ts'
import type { Place } from './known-differences.ts'
import type { Lane, LaneProgram } from './lane.ts'
import { findLibraries } from './libraries.ts'
import type { Options } from './options.ts'
import { PROGRAM_CASE_NAMES } from './programs/program-cases.ts'

/** What is to be done. */
export interface Plan {
  lanes: readonly Lane[]
  /** Of clients that cannot be run here. */
  cells: readonly Cell[]
}

/** The clients of a language that are to be tried. */
export interface Choice {
  folder: ClientFolder
  clients: readonly Client[]
}

/**
 * The clients that `options` leave something to try with.
 *
 * @throws {TypeError} if there are none, or one of the names is nobody's.
 */
export function chooseClients(folders: readonly ClientFolder[], options: Options): Choice[] {
  const wrong = options.clients.find((text) => !folders.some((folder) => isNamed(folder, text)))
  if (wrong !== undefined) {
    throw new TypeError(`there is no client "${wrong}"; they are ${describeClients(folders).join('; ')}`)
  }
  const choices = folders
    .filter(({ system = 'linux', whole }) => options.systems.includes(system) && isOfKind(whole, options))
    .map((folder) => ({ folder, clients: clientsOf(folder, options) }))
    .filter(({ clients }) => clients.length > 0)
  if (choices.length > 0) return choices
  const more = options.all ? '' : '; older clients and long cases need --all'
  throw new TypeError(`no such client knows a style and case of those${more}`)
}

/** The languages, and the names of the clients of each. */
export function describeClients(folders: readonly ClientFolder[]): string[] {
  const languages = [...new Set(folders.map(({ language }) => language))]
  return languages.map((language) => {
    const names = folders.filter((folder) => folder.language === language).flatMap(namesOf)
    return `${language}: ${[...new Set(names)].join(', ')}`
  })
}

/** Whole programs take long to install: they are tried where they are asked for. */
function isOfKind(whole: ClientFolder['whole'], { programs, all, clients }: Options): boolean {
  return whole ? programs || all || clients.length > 0 : !programs
}

function isNamed(folder: ClientFolder, text: string): boolean {
  return folder.language === text || namesOf(folder).some((name) => name.includes(text))
}

function namesOf({ clients, older = [] }: ClientFolder): string[] {
  return [...clients, ...older].map(({ name }) => name)
}

/** Makes clients ready, and says what is run; `progress` is told what takes long. */
export function makePlan(
  choices: readonly Choice[],
  options: Options,
  progress: (step: string) => void,
): Plan {
  const lanes: Lane[] = []
  const cells: Cell[] = []
  for (const { folder, clients } of choices) {
    progress(`preparing the clients of ${folder.language}`)
    const missing = whatIsMissing(folder)
    const broken = missing ?? buildClient(folder)
    // A tool chain that is there and does not work is no reason to look away.
    if (broken !== undefined) cells.push(...allOf(clients, options, missing ? 'not run' : 'red', broken))
    else for (const client of clients) addLanes({ lanes, cells }, { folder, client, options })
  }
  return { lanes, cells }
}

interface Client extends ClientVersion {
  isOlder: boolean
  system?: SystemName
  cases?: readonly CaseName[]
  library?: string
}

function clientsOf(
  { language, clients, older = [], system, cases, whole }: ClientFolder,
  options: Options,
): Client[] {
  const isWanted = ({ name }: ClientVersion) =>
    options.clients.length === 0 || options.clients.some((text) => name.includes(text) || text === language)
  const own = {
    ...(system && { system }),
    ...(cases && { cases }),
    ...(whole && { cases: PROGRAM_CASE_NAMES, library: whole.library }),
  }
  const newest = clients.map((client) => ({ ...client, ...own, isOlder: false }))
  const others = options.all ? older.map((client) => ({ ...client, ...own, isOlder: true })) : []
  return [...newest, ...others]
    .filter(isWanted)
    .filter((client) => CREDENTIALS.some((credential) => placesOf(client, credential, options).length > 0))
}

/** The program of the newest clients in `folder`, or why it cannot be run. */
export function readyProgram(folder: ClientFolder): Lane['program'] | string {
  const broken = whatIsMissing(folder) ?? buildClient(folder)
  if (broken !== undefined) return broken
  const libraries = findLibraries(folder.language, undefined)
  if ('missing' in libraries) return libraries.missing
  return laneProgramOf(folder, libraries.env)
}

function laneProgramOf(
  { folder, run, system, isDriver, whole, resource }: ClientFolder,
  env: Record<string, string>,
): LaneProgram {
  return {
    folder,
    run,
    env,
    ...(system && { system }),
    ...(isDriver && { isDriver }),
    ...(whole && { whole }),
    ...(resource && { resource }),
  }
}

function addLanes(
  plan: { lanes: Lane[]; cells: Cell[] },
  { folder, client, options }: { folder: ClientFolder; client: Client; options: Options },
): void {
  const libraries = findLibraries(folder.language, client.isOlder ? client : undefined)
  if ('missing' in libraries) {
    plan.cells.push(...allOf([client], options, libraries.colour, libraries.missing))
    return
  }
  const program = laneProgramOf(folder, libraries.env)
  for (const credential of CREDENTIALS) {
    const places = placesOf(client, credential, options)
    if (places.length > 0) plan.lanes.push({ program, places })
  }
}

/** Those of which every column has one. */
const OWN_CREDENTIALS = CREDENTIALS.filter((credential) => credential !== 'default')

function allOf(
  clients: readonly Client[],
  options: Options,
  colour: 'red' | 'not run',
  reason: string,
): Cell[] {
  return clients
    .flatMap((client) => OWN_CREDENTIALS.flatMap((credential) => placesOf(client, credential, options)))
    .map((place) => (colour === 'red' ? { ...place, colour, reason } : emptyCell(place, colour, reason)))
}

function placesOf(
  { name: client, version, styles, long = [], system = 'linux', cases, library }: Client,
  credential: CredentialName,
  options: Options,
): Place[] {
  if (library && credential === 'default') return []
  return options.styles
    .filter((style) => styles.includes(style))
    .flatMap((style) =>
      CASE_NAMES.filter((name) => options.cases.includes(name))
        .filter((name) => cases?.includes(name) ?? true)
        .filter((name) => options.all || !long.includes(name))
        .filter((name) => isTried(caseOf(name), { style, credential, system, options }))
        .map((name) => ({
          ...{ client, version, credential, style, name },
          ...(system !== 'linux' && { system }),
          ...(library && { library }),
        })),
    )
}

function isTried(
  { styles, systems, isOfChains, isOfStyles, isOfSystems }: Case,
  {
    style,
    credential,
    system,
    options,
  }: { style: ColumnName; credential: CredentialName; system: SystemName; options: Options },
): boolean {
  const own = style === WORKLOAD_IDENTITY ? 'workload-identity' : 'managed-identity'
  if (credential !== 'default' && credential !== own) return false
  if (systems?.includes(system) === false) return false
  if (!(styles?.includes(style) ?? style !== WORKLOAD_IDENTITY)) return false
  if (options.all) return true
  if (system !== 'linux' && isOfSystems !== true) return false
  return (credential !== 'default' || isOfChains === true) && (isThorough(style) || isOfStyles === true)
}

/** The styles of which every case is tried each time, since most programs meet these; and what has few cases. */
function isThorough(style: ColumnName): boolean {
  return style === 'arc' || style === 'app-service' || style === 'vm' || style === WORKLOAD_IDENTITY
}
