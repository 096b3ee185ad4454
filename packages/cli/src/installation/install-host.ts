/**
 * Makes Landfast a service of this host without a package manager, or does for a package what only the program can.
 *
 * @see docs/install.md
 * @module
 */

import { isReadOnly } from '../discovery/host-files.ts'
import { readRecord } from '../discovery/installed-record.ts'
import { placeFiles } from '../discovery/place-files.ts'
import { PLACES, type Place } from '../discovery/places.ts'
import { readVersion } from '../version.ts'
import { makeAccounts, missingAccounts } from './accounts.ts'
import { makeDefaultSettings } from './default-settings.ts'
import { makeKeptFolders } from './kept-folders.ts'
import { choosePlace, copyProgram, isOwnLink, ownProgram, refuseForeign } from './program-folder.ts'
import { refuseBesidePackage, refuseInstallation } from './refusals.ts'
import { reservePort } from './reserved-port.ts'
import { COMMAND_FILE, servicePlaces } from './service-places.ts'
import { AGENT_UNIT, CONTROL_PLANE_UNIT, hasSystemd, isBooted, isRunning, systemctl } from './systemd.ts'

/** What came of it. */
export interface Installed {
  placed: readonly Place[]
  all: readonly Place[]
  /** Places on disks that cannot be written, which are done without. */
  skipped: readonly Place[]
  /** The folder of the program. */
  program: string
  hasSystemd: boolean
}

/** Places that a host can do without. Others have to be writable. */
const DISPENSABLE: readonly string[] = [
  COMMAND_FILE,
  ...PLACES.map(({ path }) => path).filter((path) => /\/opt\//.test(path)),
]

/** Installs the program that runs on this host. @throws {CliError} with nothing changed, or to be repeated. */
export async function installHost(): Promise<Installed> {
  const source = ownProgram()
  const record = await readRecord()
  const version = readVersion()
  refuseInstallation(record, version)
  const program = await choosePlace(record?.program)
  await refuseForeign(program, record?.program)
  const units = await hasSystemd()
  // npm has placed the command that runs this.
  const isPlaced = await isOwnLink(COMMAND_FILE, source)
  const wanted = servicePlaces(program, units).filter(({ path }) => !isPlaced || path !== COMMAND_FILE)
  const { places, skipped } = await writablePlaces(wanted)
  const missing = await missingAccounts()
  const placed = await placeFiles(places, {
    facts: { by: 'install', version, program },
    before: () => copyProgram(source, program),
  })
  await makeAccounts(missing)
  await furnish()
  if (units) await startUnits()
  return { placed, all: places, skipped, program, hasSystemd: units }
}

/** Does for a package what is not in its files. @returns what was placed. */
export async function installForPackage(): Promise<Place[]> {
  refuseBesidePackage(await readRecord())
  const { places } = await writablePlaces(PLACES)
  const facts = { by: 'package', version: readVersion() } as const
  const placed = await placeFiles(places, {
    facts,
    before: async () => makeAccounts(await missingAccounts()),
  })
  await furnish()
  return placed
}

async function furnish(): Promise<void> {
  await makeKeptFolders()
  await makeDefaultSettings()
  await reservePort()
}

async function writablePlaces(all: readonly Place[]): Promise<{ places: Place[]; skipped: Place[] }> {
  const places: Place[] = []
  const skipped: Place[] = []
  for (const place of all) {
    const isDoneWithout = DISPENSABLE.includes(place.path) && (await isReadOnly(place.path))
    ;(isDoneWithout ? skipped : places).push(place)
  }
  return { places, skipped }
}

/** In an image that is not booted the agent is enabled, and starts with it. */
async function startUnits(): Promise<void> {
  if (isBooted()) await systemctl('daemon-reload')
  await systemctl('enable', AGENT_UNIT)
  if (!isBooted()) return
  await systemctl('restart', AGENT_UNIT)
  if (await isRunning(CONTROL_PLANE_UNIT)) await systemctl('restart', CONTROL_PLANE_UNIT)
}
