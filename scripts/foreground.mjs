/**
 * Programs in the foreground, and a last word. Plain JavaScript that Node 18 understands.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where npm puts the programs of the packages. */
const PROGRAMS = join(fileURLToPath(new URL('..', import.meta.url)), 'node_modules', '.bin')

/** Runs a program in the foreground with `node` and the project's own programs first in PATH; its exit code. */
export function run(program, args, folder, withNode = program) {
  const path = [dirname(withNode), PROGRAMS, process.env.PATH].join(delimiter)
  const result = spawnSync(program, args, {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  })
  if (result.error)
    return fail(`"${program}" could not be started: ${result.error.message}`, 'is it installed?')
  return result.signal ? 128 + constants.signals[result.signal] : (result.status ?? 1)
}

/** Runs `npm ci` in `folder` under `withNode`; whether that worked. */
export function npmCi(withNode, folder) {
  const npm = process.env.npm_execpath
  // The folder by name: npm passes a "--prefix" that it was called with on to every npm below it.
  const args = ['ci', '--prefix', folder, '--no-fund', '--no-audit', '--loglevel=error']
  return (npm ? run(withNode, [npm, ...args], folder) : run('npm', args, folder, withNode)) === 0
}

/** Ends the process after an `npm ci` that did not work. */
export function failInstallation() {
  fail('npm could not install the dependencies', 'look at its message above; is the registry reachable?')
}

/** Ends the process with a sentence and what to do. */
export function fail(what, hint) {
  process.stderr.write(`landfast: ${what}\nhint: ${hint}\n`)
  return process.exit(1)
}
