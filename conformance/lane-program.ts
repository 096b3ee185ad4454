/**
 * A lane: one client with one credential goes through every case, in its own network and file system. Prints each cell
 * as a JSON line.
 *
 * Usage: node lane-program.ts LANE FOLDER. FOLDER is empty; the caller made it and removes it.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { endProcess } from '../packages/cli/src/output.ts'
import type { Lab } from './bench.ts'
import { type Cell, emptyCell } from './cell.ts'
import type { ClientProgram } from './client-process.ts'
import type { Place } from './known-differences.ts'
import type { Lane } from './lane.ts'
import { coverFolders } from './own-folders.ts'
import { openWholeProgram } from './programs/program-process.ts'
import { startSite } from './site.ts'
import { tryCell } from './trial.ts'
import { openWine, WINE_VARIABLE, type Wine } from './windows/wine.ts'

const [, , laneText = '', folder = ''] = process.argv
const lane: Lane = JSON.parse(laneText)
execFileSync('ip', ['link', 'set', 'lo', 'up'], { stdio: ['ignore', 'ignore', 'inherit'] })
await coverFolders()
// Wine finds no address in a certificate, only a name.
const site = await startSite(folder, lane.program.system === 'windows' ? 'localhost' : '127.0.0.1')
const wine = lane.program.system === 'windows' ? openWine(folder, [site.controlPlane.ca]) : undefined
const program = await programIn(wine)
const unknown = new Set<string>()
for (const place of lane.places) say(await next({ site, program, folder, wine }, place, unknown))
await site.stop()
await endProcess(0)

/** A client without a style, or without the credential, is not asked again for each case. */
async function next(lab: Lab, place: Place, unknown: Set<string>): Promise<Cell> {
  if (unknown.has(place.style)) return emptyCell(place, 'not offered', 'the client does not know this style')
  const cell = await tryCell(lab, place)
  if (cell.colour === 'not offered' && place.name === 'system-assigned') unknown.add(place.style)
  return cell
}

/** A driver runs here, and is told of Windows. */
async function programIn(wine: Wine | undefined): Promise<ClientProgram> {
  const { isDriver, system: _, whole, ...own } = lane.program
  const program = { ...own, home: folder }
  if (whole) return { ...program, ask: await openWholeProgram(lane.program, whole, { site, lane: folder }) }
  if (wine === undefined) return program
  return isDriver
    ? { ...program, env: { ...own.env, [WINE_VARIABLE]: JSON.stringify(wine) } }
    : { ...program, wine }
}

function say(cell: Cell): void {
  process.stdout.write(`${JSON.stringify(cell)}\n`)
}
