/**
 * The client libraries of a program: the newest are the workspace's own, and npm installs an older one into a separate
 * folder when a lane first needs it. A compiled program has them in its build.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findPython } from '../scripts/python.ts'
import type { ClientVersion } from './client-folder.ts'

/** Gone with every "npm ci", as everything that was installed. */
const CACHE = fileURLToPath(new URL('../node_modules/.conformance', import.meta.url))

/** Variables by which the program finds the client; or why there is none. */
export type Libraries = { env: Record<string, string> } | { missing: string }

/** How the clients of each other language are found and installed. */
const INSTALLERS: Readonly<Record<string, Installer>> = {
  JavaScript: { newest: () => ({ env: {} }), install: installForNode },
  Python: { newest: newestPython, install: installForPython },
}

interface Installer {
  newest: () => Libraries
  install: (folder: string, client: ClientVersion) => Libraries
}

/** The libraries of `language` with `older`, or with the newest clients. */
export function findLibraries(language: string, older: ClientVersion | undefined): Libraries {
  const installer = INSTALLERS[language]
  if (!installer) return { env: {} }
  if (!older) return installer.newest()
  return installer.install(join(CACHE, `${older.name.replace(/\W+/g, '-')}-${older.version}`), older)
}

function installForNode(folder: string, { name, version }: ClientVersion): Libraries {
  const npm = [
    'npm',
    'install',
    '--no-save',
    '--no-fund',
    '--no-audit',
    '--ignore-scripts',
    '--prefix',
    folder,
  ]
  const done = once(folder, () => {
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    return succeeds([...npm, `${name}@${version}`])
  })
  return done ? { env: { LANDFAST_CONFORMANCE_LIBRARIES: folder } } : notInstalled({ name, version })
}

function newestPython(): Libraries {
  const python = findPython()
  if (!python) return { missing: 'there is no Python with the Azure clients; run "npm run setup:parts"' }
  return { env: pathWith(join(python, '..')) }
}

function installForPython(folder: string, { name, version }: ClientVersion): Libraries {
  const python = findPython()
  const programs = join(folder, 'bin')
  const done =
    python !== undefined &&
    once(folder, () => {
      if (!succeeds([python, '-m', 'venv', folder])) return false
      const pip = [join(programs, 'python'), '-m', 'pip', 'install', '-q', '--disable-pip-version-check']
      return succeeds([...pip, `${name}==${version}`])
    })
  return done ? { env: pathWith(programs) } : notInstalled({ name, version })
}

/** Written last, so that half an installation is begun anew. */
function once(folder: string, install: () => boolean): boolean {
  const installed = join(folder, 'installed.txt')
  if (existsSync(installed)) return true
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const done = install()
  if (done) writeFileSync(installed, '')
  return done
}

function pathWith(folder: string): Record<string, string> {
  return { PATH: [folder, process.env.PATH].join(delimiter) }
}

function notInstalled({ name, version }: Omit<ClientVersion, 'styles'>): Libraries {
  return { missing: `${name} ${version} could not be installed` }
}

function succeeds([program = '', ...rest]: readonly string[]): boolean {
  return spawnSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
}
