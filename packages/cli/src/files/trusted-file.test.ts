import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setAccessList } from '../../../../test/access-list.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import { readTrustedFile } from './trusted-file.ts'

function fileOf(mode: number): string {
  const file = join(temporaryFolder(), 'agent.yaml')
  writeFileSync(file, 'port: 1')
  chmodSync(file, mode)
  return file
}

test('a file that others may only read is read', async () => {
  expect(await readTrustedFile(fileOf(0o644))).toBe('port: 1')
})

test('a file that others may write is refused, with the reason', async () => {
  await expect(readTrustedFile(fileOf(0o666))).rejects.toMatchObject({
    code: 'config_open',
    hints: [expect.stringContaining('is writable by others'), expect.stringContaining('no other user')],
  })
})

testWith(['linux', 'python3'], 'so is one that its access list lets somebody else write', async () => {
  const file = fileOf(0o600)
  setAccessList(file, [
    ['owner', undefined, 6],
    ['user', 54_321, 6],
    ['group', undefined, 0],
    ['mask', undefined, 6],
    ['others', undefined, 0],
  ])
  await expect(readTrustedFile(file)).rejects.toMatchObject({ code: 'config_open' })
})

test('a file that is not there cannot be read', async () => {
  await expect(readTrustedFile(join(temporaryFolder(), 'gone'))).rejects.toMatchObject({
    code: 'config_unreadable',
  })
})
