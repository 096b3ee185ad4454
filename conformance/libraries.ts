/**
 * The client libraries of a program: the newest are the workspace's own, and npm installs an older one into a separate
 * folder when a lane first needs it. A compiled program has them in its build.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { succeeds } from '../scripts/bootstrap.ts'
import { installOnce } from '../scripts/installed-folder.ts'
import { findPython } from '../scripts/python.ts'
import type { ClientVersion } from './client-folder.ts'
import { orRefusal } from './refused.ts'

/** Gone with an "npm ci" by hand. */
const CACHE = fileURLToPath(new URL('../node_modules/.conformance', import.meta.url))

/** Variables by which the program finds the client; or why there is none: this machine lacks what it needs, or that is broken. */
export type Libraries = { env: Record<string, string> } | { missing: string; colour: 'not run' | 'red' }

/** How the clients of each other language are found and installed. */
const INSTALLERS: Readonly<Record<string, Installer>> = {
  JavaScript: { newest: () => ({ env: {} }), install: installForNode },
  Python: { newest: () => pythonOf('clients'), install: installForPython('clients') },
  'C++': { newest: () => pythonOf('arrow'), install: installForPython('arrow') },
}

/** What the Python of each set has. */
const CLIENTS_IN = { clients: 'the Azure clients', arrow: 'Arrow' }

type PythonSetOfClients = keyof typeof CLIENTS_IN

interface Installer {
  newest: () => Libraries
  install: (folder: string, client: ClientVersion) => Libraries
}

/** The libraries of `language` with `older`, or with the newest clients. */
export function findLibraries(language: string, older: ClientVersion | undefined): Libraries {
  const installer = INSTALLERS[language]
  if (!installer) return { env: {} }
  if (!older) return installer.newest()
  const folder = join(CACHE, `${older.name.replace(/\W+/g, '-')}-${older.version}`)
  const libraries = orRefusal('it has to be installed', () => installer.install(folder, older))
  return typeof libraries === 'string' ? broken(libraries) : libraries
}

function installForNode(folder: string, { name, version }: ClientVersion): Libraries {
  const npm = ['install', '--no-save', '--no-fund', '--no-audit', '--ignore-scripts', '--prefix']
  const done = installOnce('conformance', {
    folder,
    content: '',
    install(place) {
      writeFileSync(join(place, 'package.json'), '{ "private": true }\n')
      return succeeds('npm', [...npm, place, `${name}@${version}`])
    },
  })
  return done ? { env: { LANDFAST_CONFORMANCE_LIBRARIES: folder } } : notInstalled({ name, version })
}

function pythonOf(set: PythonSetOfClients): Libraries {
  const python = findPython(set)
  return python ? { env: pathWith(join(python, '..')) } : withoutPython(set)
}

function withoutPython(set: PythonSetOfClients): Libraries {
  return {
    missing: `there is no Python with ${CLIENTS_IN[set]}; run "npm run setup:parts"`,
    colour: 'not run',
  }
}

function installForPython(set: PythonSetOfClients): Installer['install'] {
  return (folder, client) => {
    const python = findPython(set)
    return python ? installWithPip(python, folder, client) : withoutPython(set)
  }
}

function installWithPip(python: string, folder: string, client: ClientVersion): Libraries {
  const { name, version, package: wanted = `${name}==${version}` } = client
  const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', wanted]
  const done = installOnce('conformance', {
    folder,
    content: '',
    install: (place) => succeeds(python, ['-m', 'venv', place]) && succeeds(join(place, 'bin/python'), pip),
  })
  return done ? { env: pathWith(join(folder, 'bin')) } : notInstalled({ name, version })
}

function pathWith(folder: string): Record<string, string> {
  return { PATH: [folder, process.env.PATH].join(delimiter) }
}

function notInstalled({ name, version }: Omit<ClientVersion, 'styles'>): Libraries {
  return broken(`${name} ${version} could not be installed`)
}

function broken(missing: string): Libraries {
  return { missing, colour: 'red' }
}
