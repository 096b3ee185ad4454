import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { beginRegistration, completeRegistration } from './pending-registration.ts'

const ENROLMENT = {
  authority: 'https://localhost/tenant',
  identity: IDENTITY,
  certificate: 'certificate',
  location: 'here',
  nonce: 'nonce',
}

test('the private key stays in the folder, and is the one that the machine is made with', async () => {
  const folder = temporaryFolder()
  const { pending } = await beginRegistration(folder, 'a')
  const file = join(folder, 'pending-registration.json')
  const { privateKey } = JSON.parse(readFileSync(file, 'utf8'))
  expect(privateKey).toContain('PRIVATE KEY')
  expect(inspect(pending, { showHidden: true, depth: 9 })).not.toContain('PRIVATE KEY')
  const registration = await completeRegistration(folder, { enrolment: ENROLMENT, ca: undefined })
  expect(registration).toMatchObject({ privateKey, vmId: pending.vmId })
  expect(existsSync(file)).toBe(false)
})

test('the same target goes on with the same key; another one gets a new key for the same machine', async () => {
  const folder = temporaryFolder()
  const { pending: first, isFirst } = await beginRegistration(folder, 'a')
  const { pending: again, abandoned: none, isFirst: isFirstAgain } = await beginRegistration(folder, 'a')
  expect([again.publicKey, again.vmId, none]).toEqual([first.publicKey, first.vmId, undefined])
  expect([isFirst, isFirstAgain]).toEqual([true, false])
  const { pending: other, abandoned } = await beginRegistration(folder, 'b')
  expect(other.publicKey).not.toBe(first.publicKey)
  expect([other.vmId, abandoned]).toEqual([first.vmId, 'a'])
})

test('nothing is completed where nothing was begun', async () => {
  const completed = completeRegistration(temporaryFolder(), { enrolment: ENROLMENT, ca: undefined })
  await expect(completed).rejects.toMatchObject({ code: 'registration_missing' })
})
