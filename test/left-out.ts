/**
 * A reporter that names what the run left out and why, and keeps the totals, the names of what failed and the files
 * of what was left out for `.ci/run`.
 *
 * @module
 */

import { appendFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'

/** A file to which each run adds one line of totals; without it they are only printed. */
const TOTALS_FILE = process.env.LANDFAST_TEST_TOTALS

/** A file to which each run adds the files in which it left something out, one a line. */
const LEFT_OUT_FILE = process.env.LANDFAST_TEST_LEFT_OUT

/** Totals of a run. */
interface Totals {
  passed: number
  failed: number
  skipped: number
  /** What failed, by name. */
  failures: string[]
}

/** Prints each skipped test with its reason; those that a name on the command line leaves out have none. */
export default class LeftOutReporter implements Reporter {
  #isByName = false

  onInit(vitest: Vitest): void {
    this.#isByName = vitest.config.testNamePattern !== undefined
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const leftOut = tests.filter((test) => test.result().state === 'skipped')
    for (const test of leftOut) {
      const reason = reasonOf(test) ?? (this.#isByName ? undefined : 'no reason given')
      if (reason) process.stdout.write(`left out: ${test.fullName}: ${reason}\n`)
    }
    if (LEFT_OUT_FILE) appendFileSync(LEFT_OUT_FILE, filesOf(leftOut))
    if (TOTALS_FILE) appendFileSync(TOTALS_FILE, `${JSON.stringify(totalsOf(tests, modules))}\n`)
  }
}

function filesOf(tests: readonly TestCase[]): string {
  return [...new Set(tests.map(({ module }) => `${module.relativeModuleId}\n`))].join('')
}

function reasonOf(test: TestCase): string | undefined {
  const result = test.result()
  return result.state === 'skipped' ? result.note : undefined
}

/** A file that cannot be loaded has no tests; it counts as one that failed. */
function totalsOf(tests: readonly TestCase[], modules: readonly TestModule[]): Totals {
  const inState = (state: string) => tests.filter((test) => test.result().state === state)
  const broken = modules
    .filter((module) => module.errors().length > 0)
    .map((module) => module.relativeModuleId)
  const failures = inState('failed').map((test) => `${test.module.relativeModuleId}: ${test.fullName}`)
  return {
    passed: inState('passed').length,
    failed: failures.length + broken.length,
    skipped: inState('skipped').length,
    failures: [...failures, ...broken],
  }
}
