/**
 * What each npm script does, once the pinned Node runs. `node scripts/start.mjs TASK` comes before this.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { userPlace } from './user-place.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const BUILD = [
  ['tsc', '-b', 'packages'],
  ['node', 'scripts/bundle.ts'],
] as const

/** Under this Node, whatever PATH says. */
const LANDFAST = [process.execPath, join(ROOT, 'packages/cli/bin/landfast.js')] as const

/** What is published to be imported. */
const LIBRARIES = ['protocol', 'client', 'server', 'agent', 'control-plane'] as const

const PUBLISHED = [...LIBRARIES, 'cli'] as const

/** Whether the types that importers find are those of the code that they get. */
const ATTW = ['attw', '--profile', 'esm-only', '--no-emoji', '--pack'] as const

/** Programs run one after the other; the first that fails ends the task with its exit code. */
const TASKS: Record<string, readonly (readonly string[])[]> = {
  build: BUILD,
  check: [
    ...BUILD,
    ['tsc', '-p', 'test'],
    ['biome', 'check', '--error-on-warnings', '.'],
    ['knip'],
    ...PUBLISHED.map((name) => ['publint', 'run', '--strict', `packages/${name}`]),
    ...LIBRARIES.map((name) => [...ATTW, `packages/${name}`]),
  ],
  bench: [
    ['tsc', '-b', 'packages'],
    ['node', 'scripts/bundle.ts'],
    ['node', 'bench/main.ts'],
  ],
  conformance: [
    ['tsc', '-b', 'packages'],
    ['node', 'scripts/bundle.ts'],
    ['node', '--disable-warning=ExperimentalWarning', '--conditions=source', 'conformance/main.ts'],
  ],
  test: [['vitest', 'run', '--config', 'test/vitest.config.ts']],
  demo: [...BUILD, [...LANDFAST, 'demo', '--examples', 'examples']],
  landfast: [...BUILD, LANDFAST],
  'setup:parts': [['node', 'scripts/parts.ts']],
}

const [name = '', ...rest] = process.argv.slice(2)
const steps = TASKS[name]
if (!steps) {
  process.stderr.write(
    `landfast: there is no task "${name}"\nhint: the tasks are ${Object.keys(TASKS).join(', ')}\n`,
  )
  process.exit(2)
}
// Ctrl-C goes to the running program as well, which ends in its own way; this waits for it.
process.on('SIGINT', () => {})
for (const [index, step] of steps.entries()) {
  const [program = '', ...args]: readonly string[] = index === steps.length - 1 ? [...step, ...rest] : step
  const place = step === LANDFAST ? userPlace(process.env, ROOT) : { cwd: ROOT }
  const { status, signal } = spawnSync(program, args, { ...place, stdio: 'inherit' })
  if (signal) process.exit(128 + constants.signals[signal])
  if (status !== 0) process.exit(status ?? 1)
}
