/**
 * What each npm script does, once the pinned Node runs. `node scripts/start.mjs TASK` comes before this.
 *
 * @module
 */

import { spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildWhatChanged } from './build.ts'
import { end, fail, runMain } from './foreground.mjs'
import { BuildError, type ProductName } from './products.ts'
import { explainRefusal } from './refusal.ts'
import { userPlace } from './user-place.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Under this Node, whatever PATH says. */
const LANDFAST = [process.execPath, join(ROOT, 'packages/cli/bin/landfast.js')] as const

/** What is published to be imported. */
const LIBRARIES = [
  'protocol',
  'client',
  'server',
  'agent',
  'control-plane',
  'emulator',
  'testcontainers',
] as const

const PUBLISHED = [...LIBRARIES, 'cli'] as const

/** What is built first if its sources changed, and programs run one after the other. */
interface Task {
  built?: readonly ProductName[]
  steps: readonly (readonly string[])[]
}

const WHOLE = ['libraries', 'programs'] as const

const TASKS: Record<string, Task> = {
  build: { built: WHOLE, steps: [] },
  check: {
    built: WHOLE,
    steps: [
      ['tsc', '-p', 'test'],
      ['biome', 'check', '--error-on-warnings', '.'],
      ['knip'],
      ...PUBLISHED.map((name) => ['publint', 'run', '--strict', `packages/${name}`]),
      ...LIBRARIES.map((name) => ['node', 'scripts/packed-types.ts', `packages/${name}`]),
    ],
  },
  bench: { built: WHOLE, steps: [['node', 'bench/main.ts']] },
  race: { built: WHOLE, steps: [['node', 'bench/race/main.ts']] },
  // The program of our own client is one of others: it has what is built.
  conformance: {
    built: ['libraries'],
    steps: [['node', '--disable-warning=ExperimentalWarning', '--conditions=source', 'conformance/main.ts']],
  },
  // Its settings are read as they are: what vitest would write to read them, not every user may write.
  test: { steps: [['vitest', 'run', '--configLoader', 'native', '--config', 'test/vitest.config.ts']] },
  'prove:entra': { steps: [['node', '--conditions=source', 'scripts/prove-entra.ts']] },
  mutants: { steps: [['node', 'test/mutants/main.ts']] },
  package: { steps: [['node', '--conditions=source', 'scripts/package/main.ts']] },
  docs: { steps: [['node', '--conditions=source', 'scripts/settings-page.ts']] },
  screenshots: {
    steps: [['vitest', 'run', '--configLoader', 'native', '--config', 'test/screenshots.config.ts']],
  },
  demo: { built: ['programs'], steps: [[...LANDFAST, 'demo', '--examples', 'examples']] },
  landfast: { built: ['programs'], steps: [LANDFAST] },
  'setup:parts': { steps: [['node', 'scripts/parts.ts']] },
}

await runMain(async () => {
  const [name = '', ...rest] = process.argv.slice(2)
  const task = TASKS[name]
  if (!task) {
    const names = Object.keys(TASKS).join(', ')
    return end(2, `landfast: there is no task "${name}"\nhint: the tasks are ${names}\n`)
  }
  await build(task.built ?? [])
  // Ctrl-C goes to the running program as well, which ends in its own way; this waits for it.
  process.on('SIGINT', () => {})
  return runSteps(task.steps, rest)
})

/** Runs programs one after the other, until one fails; its exit code. */
function runSteps(steps: Task['steps'], rest: readonly string[]): number {
  for (const [index, step] of steps.entries()) {
    const [program = '', ...args]: readonly string[] = index === steps.length - 1 ? [...step, ...rest] : step
    const place = step === LANDFAST ? userPlace(process.env, ROOT) : { cwd: ROOT }
    const { status, signal } = spawnSync(program, args, { ...place, stdio: 'inherit' })
    if (signal) return 128 + constants.signals[signal]
    if (status !== 0) return status ?? 1
  }
  return 0
}

async function build(names: readonly ProductName[]): Promise<void> {
  try {
    await buildWhatChanged(ROOT, names)
  } catch (error) {
    if (error instanceof BuildError) end(error.exitCode)
    const refusal = explainRefusal(error, {
      root: ROOT,
      need: 'this checkout has to be built, since it is not what was built last',
      command: 'npm run build',
    })
    if (!refusal) throw error
    fail(...refusal)
  }
}
