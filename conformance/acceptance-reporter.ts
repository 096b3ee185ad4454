/**
 * A reporter that writes how each test ended, and why, as JSON into the file that `LANDFAST_ACCEPTANCE_FILE` names.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import type { TestOutcome } from './acceptance.ts'

/** Writes the outcomes when the run ends. */
export default class AcceptanceReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const outcomes = modules.flatMap((module) => Array.from(module.children.allTests(), outcomeOf))
    writeFileSync(process.env.LANDFAST_ACCEPTANCE_FILE ?? '', JSON.stringify(outcomes))
  }
}

function outcomeOf(test: TestCase): TestOutcome {
  const result = test.result()
  const reason = result.state === 'skipped' ? result.note : result.errors?.[0]?.message.split('\n')[0]
  return { name: test.fullName, state: result.state, ...(reason !== undefined && { reason }) }
}
