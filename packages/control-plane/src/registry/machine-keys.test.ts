import type { Kysely } from 'kysely'
import { expect, test } from 'vitest'
import {
  certificateAuthorityOf,
  generateCertificateAuthority,
} from '../certificates/certificate-authority.ts'
import type { Schema } from '../storage/schema.ts'
import { makeKeys, registerTrialMachine } from '../testing/trial.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { insertPendingKey, promoteKeys } from './machine-keys.ts'
import { type CertifiedKey, certifyKey, readMachineKey } from './machine-public-key.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

async function openMachine() {
  const trial = await openTrialRegistry(() => NOW)
  const machine = await registerTrialMachine(trial)
  const authority = await certificateAuthorityOf(await generateCertificateAuthority(NOW), () => NOW)
  const { principalId, clientId } = machine.identity
  const newKey = async () => certifyKey(authority, readMachineKey((await makeKeys()).publicKey), clientId)
  const renew = (key: CertifiedKey) =>
    trial.storage.change((trx) => insertPendingKey(trx, { principalId, key, time: NOW }))
  const use = (key: CertifiedKey) =>
    trial.storage.change((trx) => promoteKeys(trx, [key.certificateThumbprints.sha256]))
  return { ...trial, machine, newKey, renew, use, authority }
}

/** The states of a machine's keys, oldest first. */
async function statesOf(db: Kysely<Schema>, principalId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('machine_key')
    .select('state')
    .where('principal_id', '=', principalId)
    .orderBy('created_at')
    .orderBy((order) => order.ref('state'))
    .execute()
  return rows.map(({ state }) => state)
}

test('a renewed key waits beside the current one, and its first proven use retires that', async () => {
  const { db, machine, newKey, renew, use } = await openMachine()
  const key = await newKey()
  const { principalId } = machine.identity
  await renew(key)
  expect(await statesOf(db, principalId)).toEqual(['current', 'pending'])
  await use(key)
  expect(await statesOf(db, principalId)).toEqual(['current', 'retired'])
  await use(key)
  expect(await statesOf(db, principalId)).toEqual(['current', 'retired'])
})

test('one key at most is pending: a second one retires it, and it never comes back', async () => {
  const { db, machine, newKey, renew, use } = await openMachine()
  const [first, second] = [await newKey(), await newKey()]
  await renew(first)
  await renew(second)
  expect(await statesOf(db, machine.identity.principalId)).toEqual(['current', 'pending', 'retired'])
  await use(first)
  expect(await statesOf(db, machine.identity.principalId)).toEqual(['current', 'pending', 'retired'])
  await expect(renew(first)).rejects.toMatchObject({ code: 'key_known' })
})

test('no key of any machine is certified a second time', async () => {
  const { machine, renew, authority } = await openMachine()
  const again = await certifyKey(authority, readMachineKey(machine.publicKey), 'x')
  await expect(renew(again)).rejects.toMatchObject({ code: 'key_known' })
})

test("the use of one machine's key changes nothing of another machine", async () => {
  const { db, registry, newKey, renew, use } = await openMachine()
  const other = await registerTrialMachine({ registry }, { name: 'm2' })
  const key = await newKey()
  await renew(key)
  await use(key)
  expect(await statesOf(db, other.identity.principalId)).toEqual(['current'])
})
