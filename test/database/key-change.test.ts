/** The encryption key of a control plane is changed: beside replicas, while it runs on SQLite, and killed in the middle. */

import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { changeEncryptionKey } from '@landfast/control-plane'
import { describe, expect, test } from 'vitest'
import { openSigningKeys } from '../../packages/control-plane/src/authority/signing-keys.ts'
import { SEALED_TABLES } from '../../packages/control-plane/src/storage/sealed-columns.ts'
import { readEncryptionKey } from '../../packages/control-plane/src/storage/sealed-text.ts'
import type { Storage } from '../../packages/control-plane/src/storage/storage.ts'
import {
  askForToken,
  registerTrialMachine,
  startTrial,
  temporaryFolder,
} from '../../packages/control-plane/src/testing/trial.ts'
import { DATABASES, trialDatabaseUrl } from '../../packages/control-plane/src/testing/trial-database.ts'
import { openTrialStorage } from '../../packages/control-plane/src/testing/trial-registry.ts'
import { childCommand, startChild } from '../agent/child.ts'

const newKey = () => randomBytes(32).toString('base64')
const [OLD, NEW] = [newKey(), newKey()]
const now = () => new Date()

/** The ids of the keys under which the database is sealed. */
async function sealedUnder({ db }: Storage): Promise<Set<string | undefined>> {
  const ids = new Set<string | undefined>()
  for (const table of SEALED_TABLES) {
    const rows = await db.selectFrom(table).select('private_key').execute()
    for (const { private_key } of rows) ids.add(private_key.split('.')[1])
  }
  return ids
}

/** The signing keys as a replica with these encryption keys has them. */
function openKeys(storage: Storage, key: string, ...others: string[]) {
  const encryptionKey = { ...readEncryptionKey(key), others: others.map((text) => readEncryptionKey(text)) }
  const log = { info: () => {}, error: () => {} } as never
  return openSigningKeys({ storage, encryptionKey, rotationDays: 30, log, now })
}

test('replicas get the new key one after the other, and then the old one is of no use any more', async () => {
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const both = { databaseUrl, encryptionKey: NEW, formerEncryptionKey: OLD }
  const change = async () =>
    changeEncryptionKey({ stateFolder: await temporaryFolder(), ...both }, { isRunning: false })
  const first = await startTrial({ databaseUrl, encryptionKey: OLD })
  const second = await startTrial({ databaseUrl, encryptionKey: OLD })
  const machine = await registerTrialMachine(first)
  await expect(change()).rejects.toMatchObject({ code: 'replica_without_key' })

  await first.controlPlane.stop()
  const third = await startTrial(both)
  await expect(change()).rejects.toMatchObject({ code: 'replica_without_key' })
  expect((await askForToken(machine, second)).status).toBe(200)

  await second.controlPlane.stop()
  expect(await change()).toEqual({ keyId: readEncryptionKey(NEW).id, secrets: 3 })
  expect(await change()).toMatchObject({ secrets: 0 })
  expect((await askForToken(machine, third)).status).toBe(200)
  const fourth = await startTrial({ databaseUrl, encryptionKey: NEW })
  expect((await askForToken(machine, fourth)).status).toBe(200)
  await expect(startTrial({ databaseUrl, encryptionKey: OLD })).rejects.toMatchObject({
    code: 'encryption_key_wrong',
  })
})

test('a replica that has both keys seals as the database is sealed, so that one with the old key alone goes on', async () => {
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  await startTrial({ databaseUrl, encryptionKey: OLD })
  const storage = await openTrialStorage({ url: databaseUrl })
  const [withOld, withBoth] = [await openKeys(storage, OLD), await openKeys(storage, NEW, OLD)]
  const { kid } = await withBoth.rotate({ urgency: 'immediate' })
  await withOld.refresh()
  expect(withOld.current().published.kid).toBe(kid)
  for (const keys of [withOld, withBoth]) await keys.close()
})

test('a signing key that is made during the change comes under the new key as well', async () => {
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const { controlPlane, stateFolder } = await startTrial({ databaseUrl, encryptionKey: OLD })
  await controlPlane.stop()
  const storage = await openTrialStorage({ url: databaseUrl })
  for (const [to, from] of [
    [NEW, OLD],
    [OLD, NEW],
    [NEW, OLD],
  ] as const) {
    const keys = await openKeys(storage, to, from)
    const options = { stateFolder, databaseUrl, encryptionKey: to, formerEncryptionKey: from }
    await Promise.all([
      changeEncryptionKey(options, { isRunning: false }),
      keys.rotate({ urgency: 'compromised' }),
      keys.rotate({ urgency: 'immediate' }),
    ])
    await keys.close()
    expect(await sealedUnder(storage)).toEqual(new Set([readEncryptionKey(to).id]))
  }
})

test('a control plane on SQLite changes its own key while it runs, and goes on and starts again with it', async () => {
  const stateFolder = await temporaryFolder()
  const operatorSocket = join(stateFolder, 'operator.sock')
  const trial = await startTrial({ stateFolder, operatorSocket, database: 'sqlite' })
  const machine = await registerTrialMachine(trial)
  const before = await readFile(join(stateFolder, 'encryption-key'), 'utf8')
  const changed = await changeEncryptionKey({ stateFolder }, { isRunning: true })
  const after = await readFile(join(stateFolder, 'encryption-key'), 'utf8')
  expect(after).not.toBe(before)
  expect(changed).toEqual({ keyId: readEncryptionKey(after).id, secrets: 3 })
  await changeEncryptionKey({ stateFolder }, { isRunning: true })
  expect((await askForToken(machine, trial)).status).toBe(200)
  await trial.controlPlane.stop()
  await trial.controlPlane.start()
  expect((await askForToken(machine, trial)).status).toBe(200)
  expect(readdirSync(stateFolder)).not.toContain('encryption-key.next')
})

describe.each(DATABASES)('on %s', (database) => {
  test.each(['made', 'sealed', 'committed'])(
    'killed when it has %s, a change leaves one key that opens everything, and is ended by another',
    async (step) => {
      const databaseUrl = await trialDatabaseUrl(database)
      const given = databaseUrl === undefined ? {} : { databaseUrl, encryptionKey: OLD }
      const trial = await startTrial({ database: 'sqlite', ...given })
      const machine = await registerTrialMachine(trial)
      const { stateFolder, controlPlane } = trial
      await controlPlane.stop()
      const both = {
        stateFolder,
        ...given,
        ...(databaseUrl && { encryptionKey: NEW, formerEncryptionKey: OLD }),
      }
      const program = startChild(
        childCommand(new URL('./key-change-program.ts', import.meta.url), JSON.stringify(both), step),
      )
      expect(await program.read()).toEqual({ reached: true })
      await program.end('SIGKILL')

      const again = await startTrial({ database: 'sqlite', ...both })
      expect((await askForToken(machine, again)).status).toBe(200)
      await again.controlPlane.stop()
      await changeEncryptionKey(both, { isRunning: false })
      const last = await startTrial({ database: 'sqlite', ...both })
      expect((await askForToken(machine, last)).status).toBe(200)
    },
  )
})
