import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('the code that talks to the control plane loads no TLS before its first request', () => {
  const program = `await import(${JSON.stringify(new URL('upstream.ts', import.meta.url).href)})
    console.log(process.moduleLoadList.filter((name) => /^NativeModule (tls|https)$/.test(name)).join())`
  const args = ['--conditions=source', '--input-type=module', '--eval', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(stdout).toBe('\n')
})
