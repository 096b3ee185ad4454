/**
 * MSAL for Go and for Java as programs, built once by `npm run setup:parts`.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installOnce, isThere } from '../../scripts/installed-folder.ts'

/** Each client: how it is built into a folder, and how it is run from there. */
const CLIENTS = {
  'msal-go': {
    language: 'Go',
    build: (folder: string) => ['go', 'build', '-o', join(folder, 'msal-go'), '.'],
    run: (folder: string) => [join(folder, 'msal-go')],
  },
  'msal-java': {
    language: 'Java and Maven',
    build: (folder: string) => [
      'mvn',
      '-B',
      '-q',
      'compile',
      'dependency:copy-dependencies',
      `-Dout=${folder}`,
    ],
    run: (folder: string) => ['java', '-cp', `${folder}/classes:${folder}/dependency/*`, 'Msal'],
  },
} as const

/** The name of a client. */
export type CompiledClient = keyof typeof CLIENTS

/** The command that runs a client, or undefined if it was not built. */
export function findCompiledClient(name: CompiledClient): string[] | undefined {
  const folder = folderOf(name)
  return isThere({ folder, content: sourcesOf(name) }) ? [...CLIENTS[name].run(folder)] : undefined
}

/** Builds each, where its language is; says what is left out if it cannot. */
export function installCompiledClients(): void {
  for (const name of Object.keys(CLIENTS) as CompiledClient[]) {
    const install = (folder: string) => build(name, folder)
    if (!installOnce(name, { folder: folderOf(name), content: sourcesOf(name), install }))
      process.stdout.write(`missing: ${CLIENTS[name].language} and its libraries, for ${name} at Entra ID\n`)
  }
}

function build(name: CompiledClient, folder: string): boolean {
  const [program = '', ...args] = CLIENTS[name].build(folder)
  return (
    spawnSync(program, args, { cwd: sourceFolder(name), stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  )
}

function sourceFolder(name: CompiledClient): string {
  return fileURLToPath(new URL(`clients/${name}`, import.meta.url))
}

/** Copied with what npm installed, and gone with an "npm ci" by hand. */
function folderOf(name: CompiledClient): string {
  return fileURLToPath(new URL(`../../node_modules/.${name}`, import.meta.url))
}

function sourcesOf(name: CompiledClient): string {
  const folder = sourceFolder(name)
  const files = globSync('*', { cwd: folder }).toSorted()
  return files.map((file) => `${file}\n${readFileSync(join(folder, file), 'utf8')}`).join('\n')
}
