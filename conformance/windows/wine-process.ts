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

/**
 * What it printed on stdout.
 *
 * @throws {Error} if it failed or took too long, with what it said on stderr.
 */
export async function runOnWine(
  wine: Wine,
  { folder, command, variables, timeout }: WindowsCommand,
): Promise<string> {
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
    if (code !== 0) throw new Error(`it ended with ${signal ?? code}: ${readFileSync(err, 'utf8').trim()}`)
    return readFileSync(out, 'utf8')
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
