/**
 * `landfast install`: makes Landfast a service of this host, with everything by which Azure SDKs find its agent; or with
 * `--marker-only` that last part alone.
 *
 * @see docs/install.md
 * @module
 */

import { refuseRealAgent } from '@landfast/agent'
import { ARC_KEY_FOLDER, COMPETING_VARIABLES } from '@landfast/protocol'
import { findAt } from '../discovery/host-files.ts'
import { placeFiles } from '../discovery/place-files.ts'
import { nameOf, PLACES, type Place, SESSION_PLACE } from '../discovery/places.ts'
import { placingAlone } from '../discovery/placing-lock.ts'
import { assignedNames, withoutLines } from '../discovery/shared-file.ts'
import { requireRoot } from '../files/root-user.ts'
import { type Installed, installForPackage, installHost } from '../installation/install-host.ts'
import { AGENT_UNIT, isRunning } from '../installation/systemd.ts'
import { printNote, printResult } from '../terminal.ts'

/** The flags of the command, as commander reads them. */
export interface InstallFlags {
  /** Nothing but what SDKs look for. */
  markerOnly?: true
  /** The maintainer scripts of a package run this. */
  forPackage?: true
  json?: true
}

/** Places everything, or nothing if there is a conflict; a second time there is nothing left to do. */
export async function install(flags: InstallFlags): Promise<number> {
  requireRoot('place files for the whole host')
  refuseRealAgent(ARC_KEY_FOLDER)
  if (flags.markerOnly) {
    announce(await placingAlone(() => placeFiles(PLACES)), PLACES, flags)
  } else if (flags.forPackage) {
    announce(await placingAlone(installForPackage), PLACES, flags)
  } else {
    await announceHost(await placingAlone(installHost), flags)
  }
  await warnOfCompetitors()
  return 0
}

function announce(written: readonly Place[], all: readonly Place[], { json }: InstallFlags): void {
  const placed = written.map(({ path }) => path)
  const unchanged = all.map(({ path }) => path).filter((path) => !placed.includes(path))
  if (json) printResult(JSON.stringify({ placed, unchanged }))
  else if (written.length === 0) printResult('everything was in its place already')
  else for (const place of written) printResult(`placed ${nameOf(place)}`)
  if (written.length === 0) return
  printNote(
    'services have the variables after "systemctl daemon-reload" and their own restart, sessions from the next login on',
  )
}

async function announceHost(
  { placed, all, skipped, program, hasSystemd }: Installed,
  flags: InstallFlags,
): Promise<void> {
  if (!flags.json) printResult(`the program is in ${program}`)
  announce(placed, all, flags)
  for (const { path } of skipped) printNote(`"${path}" is on a disk that cannot be written, and was left out`)
  if (!hasSystemd) {
    printNote(
      `this host has no systemd; start the agent by what it has, as the user "himds": ${program}/landfast agent`,
    )
  } else if (await isRunning(AGENT_UNIT)) {
    printNote(`${AGENT_UNIT} runs`)
  } else {
    printNote(`${AGENT_UNIT} starts with "landfast connect", and with the host from then on`)
  }
}

/** Variables of others that lead SDKs past Arc are theirs; who put them there should know. */
async function warnOfCompetitors(): Promise<void> {
  const { path, content } = SESSION_PLACE
  const found = await findAt(SESSION_PLACE)
  const names = assignedNames(found.is === 'text' ? withoutLines(found.text, content) : '')
  for (const name of COMPETING_VARIABLES) {
    if (names.includes(name)) printNote(`"${path}" sets ${name}, by which SDKs go elsewhere`)
  }
}
