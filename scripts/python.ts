/**
 * Python with the libraries that some tests need, in a folder of its own. Tests that find none leave out what
 * needs it and say so.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installOnce, isThere } from './installed-folder.ts'

const REQUIREMENTS = fileURLToPath(new URL('python-requirements.txt', import.meta.url))

/** Copied with what npm installed, and gone with an "npm ci" by hand. */
const FOLDER = fileURLToPath(new URL('../node_modules/.python', import.meta.url))

const PROGRAM = join(FOLDER, 'bin/python')

/** Debian's own first: another user may run it as well. */
const SYSTEM_PROGRAMS = ['/usr/bin/python3', 'python3'] as const

/** The path of a Python with the libraries, or undefined. */
export function findPython(): string | undefined {
  return isThere({ folder: FOLDER, content: requirements() }) ? PROGRAM : undefined
}

/** Makes the folder if it is not as it should be; says what is left out if it cannot. */
export function installPython(): void {
  const done = installOnce('python', { folder: FOLDER, content: requirements(), install })
  if (!done) process.stdout.write("missing: libraries for Python, for Azure's clients in Python\n")
}

function install(folder: string): boolean {
  const system = SYSTEM_PROGRAMS.find((program) => succeeds(program, ['-c', 'import ensurepip, venv']))
  const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', REQUIREMENTS]
  return (
    system !== undefined &&
    succeeds(system, ['-m', 'venv', folder]) &&
    succeeds(join(folder, 'bin/python'), pip)
  )
}

function requirements(): string {
  return readFileSync(REQUIREMENTS, 'utf8')
}

function succeeds(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}
