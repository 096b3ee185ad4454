/**
 * The way into every npm script: installs what is missing, then goes on under the Node that the lock file
 * pins. Plain JavaScript that Node 18 understands, since that may be all a machine has.
 *
 * @see docs/decisions/0001-node-from-npm.md
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { end, fail, failInstallation, npmCi, run, runMain } from './foreground.mjs'
import { findUnlocked, hasPackage, isInstalled } from './installed.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const OLDEST_NODE = 18
const OWN_NODE = 24

/** The packages of the lock file that are Node itself, each for one machine. */
const NODE_PACKAGES = [
  `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
  `node-bin-${process.platform}-${process.arch}`,
]

/** For the locks of a checkout: some versions of Node 24 say that its SQLite may change. */
const QUIET = '--disable-warning=ExperimentalWarning'

await runMain(() => {
  if (majorOf(process.versions.node) < OLDEST_NODE) {
    fail(`Node ${process.versions.node} is too old`, `install Node ${OLDEST_NODE} or newer`)
  }
  // Ctrl-C goes to the running program as well, which ends in its own way; this waits for it.
  process.on('SIGINT', () => {})
  refuseUnlocked()
  if (!isInstalled(ROOT)) install()
  const node = pinnedNodeIn(ROOT) ?? ownNode()
  return run(node, [QUIET, join(ROOT, 'scripts', 'tasks.ts'), ...process.argv.slice(2)], ROOT)
})

function refuseUnlocked() {
  const unlocked = findUnlocked(ROOT)
  if (!unlocked) return
  fail(
    `"${unlocked}" asks for other packages than package-lock.json has for it`,
    'run "npm install", which brings package-lock.json up to date',
  )
}

function install() {
  process.stderr.write('landfast: installing what package-lock.json names (a minute or two) …\n')
  const status = run(nodeForNpm(), [QUIET, join(ROOT, 'scripts', 'install.ts')], ROOT)
  if (status !== 0) end(status)
}

/** npm leaves out optional packages that its own Node is too old for, so it runs under the pinned one. */
function nodeForNpm() {
  const name = NODE_PACKAGES.find((candidate) => lockedPackage(candidate))
  if (!name || majorOf(process.versions.node) >= OWN_NODE) return ownNode()
  if (process.platform !== 'win32' && hasPackage(ROOT, `node_modules/${name}`)) return pinnedNodeIn(ROOT)
  const folder = mkdtempSync(join(tmpdir(), 'landfast-node-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  writeLock(folder, name)
  if (!npmCi(process.execPath, folder)) failInstallation()
  return pinnedNodeIn(folder)
}

function lockedPackage(name) {
  return JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages[`node_modules/${name}`]
}

/** A package of one dependency, with what our lock file says of it, so that npm checks its hash. */
function writeLock(folder, name) {
  const locked = lockedPackage(name)
  const project = { name: 'node', version: '0.0.0', dependencies: { [name]: locked.version } }
  const packages = { '': project, [`node_modules/${name}`]: { ...locked, optional: undefined } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project))
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ ...project, lockfileVersion: 3, requires: true, packages }),
  )
}

function pinnedNodeIn(folder) {
  const program = process.platform === 'win32' ? 'node.exe' : 'node'
  const places = NODE_PACKAGES.map((name) => join(folder, 'node_modules', name, 'bin', program))
  return places.find((place) => existsSync(place))
}

/** The running Node, where the lock file has none for this machine. */
function ownNode() {
  if (majorOf(process.versions.node) >= OWN_NODE) return process.execPath
  return fail(
    `there is no pinned Node for ${process.platform} ${process.arch} and this one is ${process.versions.node}`,
    `install Node ${OWN_NODE}`,
  )
}

function majorOf(version) {
  return Number(version.split('.')[0])
}
