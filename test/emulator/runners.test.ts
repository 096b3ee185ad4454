/** The example's test in each runner, and that it fails where the application does not try again. */

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, test } from 'vitest'
import { findHostPart } from '../client/runtimes.ts'

const EXAMPLE = join(import.meta.dirname, '../../examples/emulator/javascript')
const ROOT = join(import.meta.dirname, '../..')
const JEST = findHostPart('Jest')

const RUNNERS: Readonly<Record<string, readonly string[]>> = {
  Vitest: [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run'],
  Jest: ['--experimental-vm-modules', JEST ?? '', 'orders.jest.js'],
  'Jest and CommonJS': ['--experimental-vm-modules', JEST ?? '', 'orders.jest.cjs'],
  "Node's own": ['--test', 'orders.node.js'],
}

async function run(
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ code: number; text: string }> {
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env
  const options = { cwd: EXAMPLE, env: { PATH, HOME, TMPDIR, NODE_OPTIONS: '--conditions=source', ...env } }
  return await promisify(execFile)(process.execPath, args, options).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    ({ code, stdout, stderr }) => ({ code, text: stdout + stderr }),
  )
}

const IS_BUILT = existsSync(join(ROOT, 'packages/emulator/dist/index.js'))

/** Vitest and Jest load what was built, as they do in a project of their own. */
function lacks(runner: string): string | undefined {
  if (!IS_BUILT && runner !== "Node's own") return 'run "npm run build"'
  if (JEST === undefined && runner.startsWith('Jest')) return 'run "npm run setup:parts", which installs Jest'
  return undefined
}

describe.each(Object.entries(RUNNERS))('with %s', (runner, args) => {
  beforeEach(({ skip }) => skip(lacks(runner) !== undefined, lacks(runner)))

  test('the application has its orders although the service is busy at first', async () => {
    const { code, text } = await run(args, {})
    expect([code, text]).toEqual([0, expect.stringContaining('orders are listed')])
  })

  test('its test fails where it does not try again', async () => {
    const { code, text } = await run(args, { MAX_RETRIES: '0' })
    expect([code, text]).toEqual([1, expect.stringContaining('ManagedIdentityCredential')])
  })
})
