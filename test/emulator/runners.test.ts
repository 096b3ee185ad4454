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

/** Jest strips no types, and so loads what was built. */
const JEST_LACKS =
  JEST === undefined || !existsSync(join(ROOT, 'packages/emulator/dist/index.js'))
    ? 'run "npm run setup:parts", which installs Jest, and "npm run build"'
    : undefined

describe.each(Object.entries(RUNNERS))('with %s', (runner, args) => {
  beforeEach(({ skip }) => skip(runner.startsWith('Jest') && JEST_LACKS !== undefined, JEST_LACKS))

  test('the application has its orders although the service is busy at first', async () => {
    const { code, text } = await run(args, {})
    expect([code, text]).toEqual([0, expect.stringContaining('orders are listed')])
  })

  test('its test fails where it does not try again', async () => {
    const { code, text } = await run(args, { MAX_RETRIES: '0' })
    expect([code, text]).toEqual([1, expect.stringContaining('ManagedIdentityCredential')])
  })
})
