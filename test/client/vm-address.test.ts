/** The client and 169.254.169.254, in a network of its own. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { testWith, UNSHARE } from '../privilege.ts'

const PROGRAM = fileURLToPath(new URL('vm-address-program.ts', import.meta.url))

testWith(
  ['linux', 'namespaces', 'ip'],
  'where nothing answers at 169.254.169.254, or Amazon does, there is no identity; where an agent does, there is',
  async () => {
    const [program, ...args] = [...UNSHARE, process.execPath, '--conditions=source', PROGRAM]
    const { stdout } = await promisify(execFile)(program, args, { timeout: 60_000 })
    const { nothing, amazon, landfast } = JSON.parse(stdout)
    expect(nothing).toEqual({ chain: 'no_source', alone: 'endpoint_silent' })
    expect(amazon).toMatchObject({ chain: 'no_source', alone: 'endpoint_foreign' })
    expect(amazon.explained).toMatch(/^chosen: none\n/)
    expect(amazon.explained).toContain(
      'vm: what answers at 169.254.169.254 is not Azure\u2019s metadata service',
    )
    const token = 'token-1-for-https://vault.azure.net'
    expect(landfast).toMatchObject({ chain: token, alone: token })
    expect(landfast.explained).toMatch(/^chosen: vm \(found by 169\.254\.169\.254\)/)
  },
)
