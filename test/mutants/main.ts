/**
 * Changes the code in small ways, one at a time, and tells which changes no test notices: `npm run mutants -- AREA …`, or
 * `AREA:FILE` for one file of an area.
 *
 * It works in a copy of the checkout, which it changes in place: a copy of Stryker's own would link to packages that are
 * not mutated. Stryker brings 177 packages and is seldom run, so it is no dependency: it is installed beside the copy.
 *
 * @see https://stryker-mutator.io/docs/stryker-js/configuration
 * @module
 */

import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { constants, setPriority } from 'node:os'
import { basename, dirname, join, matchesGlob } from 'node:path'
import { fileURLToPath } from 'node:url'
import { end, runMain } from '../../scripts/foreground.mjs'
import { AREAS, type Area } from './areas.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const COPY = join(ROOT, '.landfast/mutants')
const STRYKER = join(COPY, '.stryker')
const VERSION = '10.1.1'

/** The words of messages are not tested, nor is what runs once when a file is loaded. */
const SETTINGS = {
  inPlace: true,
  testRunner: 'vitest',
  plugins: [join(STRYKER, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js')],
  coverageAnalysis: 'perTest',
  concurrency: 1,
  ignoreStatic: true,
  mutator: { excludedMutations: ['StringLiteral'] },
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { logTests: false, reportTests: false, allowEmojis: false },
  tempDirName: '.stryker/tmp',
  // What a busy machine makes slow is not noticed by a test.
  timeoutFactor: 4,
  timeoutMS: 60_000,
}

await runMain(() => {
  const asked = process.argv.slice(2).map((argument) => argument.split(':'))
  if (asked.length === 0 || asked.some(([name = '']) => !(name in AREAS))) {
    return end(2, `landfast: the areas are ${Object.keys(AREAS).join(', ')}\n`)
  }
  setPriority(constants.priority.PRIORITY_LOW)
  copyCheckout()
  installStryker()
  for (const [name = '', file] of asked) run(AREAS[name] as Area, file)
  return 0
})

/** What git tracks or would track, as it is now, with the packages of the copy in the place of those of the checkout. */
function copyCheckout(): void {
  for (const name of existsSync(COPY) ? readdirSync(COPY) : []) {
    if (name !== '.stryker') rmSync(join(COPY, name), { recursive: true })
  }
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', list, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean)
  for (const file of files.filter((one) => existsSync(join(ROOT, one)))) {
    mkdirSync(dirname(join(COPY, file)), { recursive: true })
    cpSync(join(ROOT, file), join(COPY, file))
  }
  const modules = join(COPY, 'node_modules')
  mkdirSync(join(modules, '@landfast'), { recursive: true })
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '@landfast') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  }
  for (const name of readdirSync(join(COPY, 'packages'), { withFileTypes: true })) {
    if (name.isDirectory())
      symlinkSync(join(COPY, 'packages', name.name), join(modules, '@landfast', name.name))
  }
}

/** Without its peers: the Vitest that it finds above it is that of the checkout. */
function installStryker(): void {
  if (existsSync(join(STRYKER, 'node_modules/@stryker-mutator'))) return
  mkdirSync(STRYKER, { recursive: true })
  writeFileSync(join(STRYKER, 'package.json'), '{"private":true}')
  const packages = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@${VERSION}`)
  const args = ['install', '--legacy-peer-deps', '--no-audit', '--no-fund', '--save-exact', ...packages]
  execFileSync('npm', args, { cwd: STRYKER, stdio: 'inherit' })
}

function run({ mutate, tests, inThreads }: Area, file = '*'): void {
  writeFileSync(
    join(COPY, 'mutants.config.ts'),
    `import base from './test/vitest.config.ts'
export default {
  ...base,
  root: import.meta.dirname,
  test: { ...base.test, reporters: [], include: ${JSON.stringify(tests)}, isolate: false, fileParallelism: false, testTimeout: 60_000 },
}
`,
  )
  // Some tests become another user, which only a process can.
  const pool = inThreads ? 'threads' : 'forks'
  const vitest = { configFile: 'mutants.config.ts', related: false, pool }
  const files = globSync([...mutate], { cwd: COPY, exclude: ['**/*.test.ts'] })
  const settings = {
    ...SETTINGS,
    vitest,
    mutate: files.filter((path) => matchesGlob(basename(path, '.ts'), file)),
  }
  writeFileSync(join(COPY, 'stryker.json'), JSON.stringify(settings))
  const program = join(STRYKER, 'node_modules/@stryker-mutator/core/bin/stryker.js')
  const { status } = spawnSync(process.execPath, [program, 'run', 'stryker.json'], {
    cwd: COPY,
    stdio: 'inherit',
  })
  if (status !== 0) end(status ?? 1)
}
