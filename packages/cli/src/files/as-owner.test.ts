import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import { asOwnerOf } from './as-owner.ts'

const [USER, GROUP] = [54_321, 54_322]

testWith(['linux', 'root'], 'what root writes for the user of a service belongs to that user', async () => {
  const folder = temporaryFolder()
  chownSync(folder, USER, GROUP)
  const secret = join(temporaryFolder(), 'secret')
  await writeFile(secret, '', { mode: 0o600 })
  await asOwnerOf(folder, async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(readFile(secret)).rejects.toMatchObject({ code: 'EACCES' })
    expect(process.getgroups?.()).toEqual([GROUP])
  })
  const { uid, gid } = statSync(join(folder, 'file'))
  expect({ uid, gid }).toEqual({ uid: USER, gid: GROUP })
  expect([process.geteuid?.(), process.getegid?.()]).toEqual([0, 0])
})

testWith(['linux', 'root'], 'root is root again after a failure', async () => {
  const folder = temporaryFolder()
  chownSync(folder, USER, GROUP)
  await expect(asOwnerOf(folder, () => Promise.reject(new Error('full')))).rejects.toThrow('full')
  expect(process.geteuid?.()).toBe(0)
})

test('in a folder of its own, or one that is not there, a user stays who it is', async () => {
  const folder = join(temporaryFolder(), 'own')
  mkdirSync(folder)
  chmodSync(folder, 0o700)
  for (const path of [folder, '/nowhere/at/all'])
    expect(await asOwnerOf(path, async () => process.geteuid?.())).toBe(process.geteuid?.())
})
