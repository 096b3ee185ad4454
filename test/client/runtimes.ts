/**
 * The runtimes that `npm run setup:parts` installs, each under its name.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isInstalled } from '../../scripts/installed.mjs'
import { installLocked } from '../../scripts/locked-packages.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDER = fileURLToPath(new URL('runtimes', import.meta.url))
const MODULES = join(FOLDER, 'node_modules')

/** How a program is run on each. */
const COMMANDS: Record<string, readonly string[]> = {
  'Node.js 20': [join(MODULES, 'node-20/bin/node')],
  'Node.js 22': [join(MODULES, 'node-22/bin/node')],
  'Node.js 24': [process.execPath],
  'Node.js 26': [join(MODULES, 'node-26/bin/node')],
  Bun: [join(MODULES, '@oven/bun-linux-x64/bin/bun')],
  Deno: [join(MODULES, '@deno/linux-x64-glibc/deno'), 'run', '--allow-all', '--no-config'],
}

/** Their names. */
export const RUNTIMES = Object.keys(COMMANDS)

/** The command line that runs a program on `name`; undefined if it is not installed. */
export function findRuntime(name: string): readonly string[] | undefined {
  const command = COMMANDS[name]
  return command?.[0] && existsSync(command[0]) ? command : undefined
}

/**
 * Older Nodes that the client does not run on, npm for them, and the last versions of Azure's client that run on the older
 * ones: for hosts on which `landfast` is installed.
 */
const HOST_PARTS = {
  'Node.js 18': 'node-18/bin/node',
  npm: 'npm-10/bin/npm-cli.js',
  '@azure/identity for Node.js 18': 'azure-identity-18',
  '@azure/identity for Node.js 20': 'azure-identity-20',
  Jest: 'jest/bin/jest.js',
  'schemas of CycloneDX': '@cyclonedx/cyclonedx-library/res/schema',
} as const

/** The path of what a host has, or undefined. */
export function findHostPart(name: keyof typeof HOST_PARTS): string | undefined {
  const path = join(MODULES, HOST_PARTS[name])
  return existsSync(path) ? path : undefined
}

/** Installs them, as their lock file says; says what is left out if it cannot. */
export function installRuntimes(): void {
  if (isInstalled(FOLDER) || installLocked(ROOT, FOLDER, 'runtimes')) return
  process.stdout.write('missing: runtimes, for the client on each of them\n')
}
