/**
 * Runs the tests in which libraries of others meet services that verify.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ACCEPTANCE_ROWS, type AcceptanceCell, acceptanceCells, type TestOutcome } from './acceptance.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const REPORTER = fileURLToPath(new URL('acceptance-reporter.ts', import.meta.url))

/** The cells, from a run of now. */
export async function runAcceptance(ending: AbortSignal): Promise<AcceptanceCell[]> {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-acceptance-'))
  try {
    return acceptanceCells(await outcomesOf(join(folder, 'outcomes.json'), ending))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** None if the run broke: then every cell is red. */
async function outcomesOf(file: string, ending: AbortSignal): Promise<TestOutcome[]> {
  const files = [...new Set(ACCEPTANCE_ROWS.map((row) => row.file))]
  const options = ['--configLoader', 'native', '--config', 'test/vitest.config.ts', '--reporter', REPORTER]
  const { LANDFAST_TEST_TOTALS: _, ...env } = process.env
  const child = spawn(
    process.execPath,
    [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', ...options, ...files],
    {
      cwd: ROOT,
      env: { ...env, LANDFAST_ACCEPTANCE_FILE: file },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const stop = () => child.kill('SIGTERM')
  ending.addEventListener('abort', stop)
  if (ending.aborted) stop()
  await once(child, 'exit')
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return []
  }
}
