import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createEmulator } from '@landfast/emulator'
import { expect, test } from 'vitest'
import { findPython } from '../../scripts/python.ts'

const EXAMPLE = join(import.meta.dirname, '../../examples/emulator/python')

test('the example in Python passes while the service is busy at first', async ({ skip }) => {
  const python = findPython()
  if (!python) return skip('there is no Python with the Azure clients; run "npm run setup:parts"')
  await using emulator = await createEmulator()
  await emulator.fault({ kind: 'status', status: 429, retryAfterSeconds: 1 })
  const env = { PATH: process.env.PATH, ...emulator.env }
  const { stderr } = await promisify(execFile)(python, ['-B', '-m', 'unittest'], { cwd: EXAMPLE, env })
  expect(stderr).toContain('OK')
  expect(emulator.requests.map(({ status }) => status)).toEqual([429, 200])
})
