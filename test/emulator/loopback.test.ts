import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'
import { testWith, UNSHARE } from '../privilege.ts'

const PROGRAM = `
import { createEmulator } from '@landfast/emulator'
const code = await createEmulator().then(() => 'none', ({ code }) => code)
process.stdout.write(code)
process.exit()`

testWith(['namespaces'], 'without a loopback interface no emulator starts, and the error has a code', () => {
  const [unshare = '', ...rest] = UNSHARE
  const node = [process.execPath, '--conditions=source', '--input-type=module', '--eval', PROGRAM]
  const ended = spawnSync(unshare, [...rest, ...node], { cwd: import.meta.dirname, encoding: 'utf8' })
  expect(ended.stdout).toBe('address_missing')
})
