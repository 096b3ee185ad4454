/**
 * Runs one program of Windows in the Wine of a lane.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WINE } from '../../scripts/wine.ts'
import { SEEN, type Wine, wineVariables } from './wine.ts'

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))

/** What is run, and how. */
export interface WindowsCommand {
  /** In this checkout. */
  folder: string
  command: readonly string[]
  /** Paths in the folder of the lane are told as Windows sees them. */
  variables: Readonly<Record<string, string>>
  /** Milliseconds. */
  timeout: number
}

/** How it ended. */
interface Ended {
  /** Its exit code, or the signal that ended it. */
  end: number | string
  stdout: string
  stderr: string
}

/** Runs it to its end, whatever that is. */
export async function runOnWine(
  wine: Wine,
  { folder, command, variables, timeout }: WindowsCommand,
): Promise<Ended> {
  // Files: Node.js for Windows cannot open Wine's pipes as what it prints to.
  const said = mkdtempSync(join(wine.lane, 'said-'))
  const [out, err] = [join(said, 'out'), join(said, 'err')]
  const files = [out, err].map((file) => openSync(file, 'w'))
  try {
    const place = [`--root=${wine.root}`, `--wd=${join(SEEN.checkout, relative(CHECKOUT, folder))}`]
    const child = spawn('unshare', [...place, WINE, ...command], {
      env: { ...wineVariables(), ...windowsVariables(variables, wine.lane) },
      stdio: ['ignore', ...files],
      timeout,
      killSignal: 'SIGKILL',
    })
    const [code, signal] = await once(child, 'close')
    return { end: signal ?? code, stdout: readFileSync(out, 'utf8'), stderr: readFileSync(err, 'utf8') }
  } finally {
    for (const file of files) closeSync(file)
    rmSync(said, { recursive: true })
  }
}

/** `variables` with the paths in `lane` as Windows sees them, where the root is the drive Z. */
export function windowsVariables(
  variables: Readonly<Record<string, string>>,
  lane: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      value.startsWith(`${lane}/`) ? pathOf(value, lane) : value,
    ]),
  )
}

function pathOf(path: string, lane: string): string {
  return `Z:${join(SEEN.lane, relative(lane, path))}`.replaceAll('/', '\\')
}
