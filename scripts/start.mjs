/**
 * The way into every npm script: installs what is missing, then goes on under the Node that the lock file
 * pins. Plain JavaScript that Node 18 understands, since that may be all a machine has.
 *
 * @see docs/decisions/0001-node-from-npm.md
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MODULES = join(ROOT, 'node_modules')
const LOCK = join(ROOT, 'package-lock.json')
const OLDEST_NODE = 18
const OWN_NODE = 24

/** The packages of the lock file that are Node itself, each for one machine. */
const NODE_PACKAGES = [
  `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
  `node-bin-${process.platform}-${process.arch}`,
]

if (majorOf(process.versions.node) < OLDEST_NODE) {
  fail(`Node ${process.versions.node} is too old`, `install Node ${OLDEST_NODE} or newer`)
}
// Ctrl-C goes to the running program as well, which ends in its own way; this waits for it.
process.on('SIGINT', () => {})
if (!isInstalled()) install()
const node = pinnedNodeIn(ROOT) ?? ownNode()
process.exit(run(node, [join(ROOT, 'scripts', 'tasks.ts'), ...process.argv.slice(2)], ROOT))

/** Whether node_modules was made after the lock file was last changed. */
function isInstalled() {
  const made = join(MODULES, '.package-lock.json')
  return existsSync(made) && statSync(made).mtimeMs >= statSync(LOCK).mtimeMs
}

/** npm leaves out optional packages that its own Node is too old for, so it runs under the pinned one. */
function install() {
  process.stderr.write('landfast: installing what package-lock.json names (a minute or two) …\n')
  const name = NODE_PACKAGES.find((candidate) => lockedPackage(candidate))
  if (!name || majorOf(process.versions.node) >= OWN_NODE) {
    npmCi(name ? process.execPath : ownNode(), ROOT)
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'landfast-node-'))
  try {
    writeLock(folder, name)
    npmCi(process.execPath, folder)
    npmCi(pinnedNodeIn(folder), ROOT)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function lockedPackage(name) {
  return JSON.parse(readFileSync(LOCK, 'utf8')).packages[`node_modules/${name}`]
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

function npmCi(withNode, folder) {
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-fund', '--no-audit', '--loglevel=error']
  const status = npm ? run(withNode, [npm, ...args], folder) : run('npm', args, folder, withNode)
  if (status === 0) return
  fail('npm could not install the dependencies', 'look at its message above; is the registry reachable?')
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

/** Runs a program in the foreground with `node` and the project's own programs first in PATH; its exit code. */
function run(program, args, folder, withNode = program) {
  const path = [dirname(withNode), join(MODULES, '.bin'), process.env.PATH].join(delimiter)
  const result = spawnSync(program, args, {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  })
  if (result.error)
    return fail(`"${program}" could not be started: ${result.error.message}`, 'is it installed?')
  return result.signal ? 128 + constants.signals[result.signal] : (result.status ?? 1)
}

function majorOf(version) {
  return Number(version.split('.')[0])
}

function fail(what, hint) {
  process.stderr.write(`landfast: ${what}\nhint: ${hint}\n`)
  return process.exit(1)
}
