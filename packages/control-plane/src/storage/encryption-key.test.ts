import { randomBytes } from 'node:crypto'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { openEncryptionKey } from './encryption-key.ts'

const now = () => new Date()
const newKey = () => randomBytes(32).toString('base64')

test('without a given key the first start makes one that only this user may read, and the next finds it', async () => {
  const { folder, storage, encryptionKey } = await openTrialRegistry(now)
  expect((await stat(`${folder}/encryption-key`)).mode & 0o777).toBe(0o600)
  expect((await openEncryptionKey({ folder, storage, shared: false })).id).toBe(encryptionKey.id)
})

test('once something was sealed, a lost key is not replaced', async () => {
  const { folder, storage } = await openTrialRegistry(now)
  await rm(`${folder}/encryption-key`)
  await expect(openEncryptionKey({ folder, storage, shared: false })).rejects.toMatchObject({
    code: 'encryption_key_missing',
  })
})

test('another key than the one that sealed is refused, be it given or in the file', async () => {
  const { folder, storage } = await openTrialRegistry(now)
  const refused = { code: 'encryption_key_wrong' }
  await expect(openEncryptionKey({ folder, storage, shared: false, given: newKey() })).rejects.toMatchObject(
    refused,
  )
  await writeFile(`${folder}/encryption-key`, newKey())
  await expect(openEncryptionKey({ folder, storage, shared: false })).rejects.toMatchObject(refused)
})

test('a given key comes before the file', async () => {
  const { folder, storage, encryptionKey } = await openTrialRegistry(now)
  const given = await readFile(`${folder}/encryption-key`, 'utf8')
  await rm(`${folder}/encryption-key`)
  expect((await openEncryptionKey({ folder, storage, shared: true, given })).id).toBe(encryptionKey.id)
})

test('with replicas the key must be given, even where a file lies about', async () => {
  const { folder, storage } = await openTrialRegistry(now)
  await expect(openEncryptionKey({ folder, storage, shared: true })).rejects.toMatchObject({
    code: 'encryption_key_missing',
    message: expect.stringContaining('openssl rand -base64 32'),
  })
})
