/**
 * The start and the end of each run of tests. Nothing that it shares is made before the first test that needs it.
 *
 * @see https://vitest.dev/config/globalsetup
 * @module
 */

import { rm } from 'node:fs/promises'
import type { TestProject } from 'vitest/node'
import { endSharedServer } from '../packages/control-plane/src/testing/run/postgres-run.ts'
import { beginRun, forgetShared } from '../packages/control-plane/src/testing/run/shared-in-run.ts'
import { BUNDLE } from './cli/bundle-of-run.ts'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const run = await beginRun()
  // Of sources that have changed, where Vitest watches them.
  project.onTestsRerun(() => forgetShared(run, BUNDLE))
  return async () => {
    await endSharedServer(run)
    await rm(run.folder, { recursive: true, force: true })
  }
}
