/**
 * Builds the program: Microsoft's libraries and the .NET that runs them come from a package of npm which carries both
 * as they were published, neither trimmed nor packed, and Mono's compiler makes the program, in the place of the package's own.
 *
 * Usage: node build.ts, in the folder whose package.json names the version.
 *
 * @module
 */

import { copyFileSync, cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { succeeds } from '../../../scripts/bootstrap.ts'
import { installOnce } from '../../../scripts/installed-folder.ts'

const BUILDS = fileURLToPath(new URL('../../../node_modules/.conformance', import.meta.url))
const SOURCES = fileURLToPath(new URL('.', import.meta.url))

/** The host of the package's program, which runs the assembly of its own name. */
const HOST = 'azmcp'

/** Of several hundred assemblies: .NET's own, the clients, and what these need. */
const NEEDED = [
  'System.*.dll',
  'Microsoft.{Bcl,Extensions,Identity,IdentityModel,Win32}.*.dll',
  'Azure.{Core,Identity}.dll',
  '{netstandard,Microsoft.CSharp}.dll',
  'lib{System.*,clrjit,coreclr,hostfxr,hostpolicy}.so',
  `${HOST}{,.runtimeconfig.json}`,
]

/** What the sources use. */
const REFERENCES = [
  'Azure.Core',
  'Azure.Identity',
  'Microsoft.Identity.Client',
  'System.ClientModel',
  'System.Collections',
  'System.Console',
  'System.Linq',
  'System.Memory',
  'System.Private.Uri',
  'System.Runtime',
  'System.Text.Json',
  'netstandard',
]

const CORE = 'System.Private.CoreLib.dll'

const from = process.cwd()
const place = join(BUILDS, basename(from))
const content = ['package.json', 'package-lock.json'].map((file) => readFileSync(join(from, file), 'utf8'))
const isInstalled = installOnce(basename(from), { folder: place, content: content.join(''), install })
process.exitCode = isInstalled && compile() ? 0 : 1

/** Fills `folder`; the lock file has the package's checksum. */
function install(folder: string): boolean {
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(from, file), join(folder, file))
  const fetched = succeeds('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--prefix', folder])
  if (!fetched) return false
  const [packed = ''] = globSync('node_modules/@azure/*/dist', { cwd: folder })
  for (const file of globSync(NEEDED, { cwd: join(folder, packed) }))
    cpSync(join(folder, packed, file), join(folder, file))
  rmSync(join(folder, 'node_modules'), { recursive: true })
  configure(folder)
  keepReadableCore(folder)
  return true
}

/** Lists what there is: the host takes nothing that is not in the list. No culture: the machine may lack its tables. */
function configure(folder: string): void {
  const configFile = join(folder, `${HOST}.runtimeconfig.json`)
  const config = JSON.parse(readFileSync(configFile, 'utf8'))
  config.runtimeOptions.configProperties['System.Globalization.Invariant'] = true
  writeFileSync(configFile, JSON.stringify(config))
  const name = '.NETCoreApp,Version=v9.0/linux-x64'
  const listed = (pattern: string) =>
    Object.fromEntries(globSync(pattern, { cwd: folder }).map((file) => [file, {}]))
  const parts = { 'parts/0': { runtime: listed('*.dll'), native: listed('*.so') } }
  const libraries = { 'parts/0': { type: 'runtimepack', serviceable: false, sha512: '' } }
  const deps = { runtimeTarget: { name }, targets: { [name]: parts }, libraries }
  writeFileSync(join(folder, `${HOST}.deps.json`), JSON.stringify(deps))
}

/**
 * A copy of the core library for the compiler alone, which cannot read the signature of a field that is a reference: that
 * of a span is said to be a pointer there.
 */
function keepReadableCore(folder: string): void {
  const [reference, pointer] = ['0406101300', '04060f1300']
  const core = readFileSync(join(folder, CORE)).toString('hex')
  mkdirSync(join(folder, 'reference'))
  writeFileSync(join(folder, 'reference', CORE), Buffer.from(core.replaceAll(reference, pointer), 'hex'))
}

function compile(): boolean {
  const references = [`reference/${CORE}`, ...REFERENCES.map((name) => `${name}.dll`)]
  return succeeds('mcs', [
    '-nostdlib',
    '-noconfig',
    '-nowarn:1701,1702',
    `-out:${join(place, HOST)}.dll`,
    ...references.map((file) => `-r:${join(place, file)}`),
    ...globSync('*.cs', { cwd: SOURCES }).map((file) => join(SOURCES, file)),
  ])
}
