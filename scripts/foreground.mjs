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

/** Ends the program after an `npm ci` that did not work. */
export function failInstallation() {
  return fail(
    'npm could not install the dependencies',
    'look at its message above; is the registry reachable?',
  )
}

/** The end of a program, thrown out of its `main`. */
class Ending extends Error {
  constructor(exitCode) {
    super(`the program ends with ${exitCode}`)
    this.exitCode = exitCode
  }
}

/**
 * Ends the program, with a last word on stderr if there is one.
 *
 * @param {number} exitCode
 * @param {string} [lastWord]
 * @returns {never}
 */
export function end(exitCode, lastWord) {
  if (lastWord) process.stderr.write(lastWord)
  throw new Ending(exitCode)
}

/**
 * Ends the program with a sentence and what to do.
 *
 * @param {string} what
 * @param {string} hint
 * @returns {never}
 */
export function fail(what, hint) {
  return end(1, `landfast: ${what}\nhint: ${hint}\n`)
}

/**
 * Runs a whole program; `main` gives its exit code. The process ends by itself, so that all it wrote arrives. A reader
 * that went away is no failure, and output that cannot be written is one.
 *
 * @param {() => number | Promise<number>} main
 */
export async function runMain(main) {
  let isLost = false
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', ({ code, message }) => {
      if (code === 'EPIPE') return
      isLost = true
      if (stream === process.stdout)
        process.stderr.write(`landfast: the output cannot be written: ${message}\n`)
    })
  }
  process.on('exit', () => {
    if (isLost) process.exitCode ||= 1
  })
  try {
    process.exitCode = await main()
  } catch (error) {
    if (!(error instanceof Ending)) throw error
    process.exitCode = error.exitCode
  }
}
