/** A control plane that moves from SQLite to PostgreSQL, and is killed on its way. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ControlPlaneOptions, moveControlPlane, undoMove } from '@landfast/control-plane'
import { describe, expect, test } from 'vitest'
import { createLife } from '../../packages/control-plane/src/control-plane.ts'
import { checkOptions } from '../../packages/control-plane/src/options.ts'
import { COPIED_TABLES } from '../../packages/control-plane/src/recovery/table-copy.ts'
import { migrate } from '../../packages/control-plane/src/storage/migrations.ts'
import { openStorage } from '../../packages/control-plane/src/storage/open-storage.ts'
import { freePort, query } from '../../packages/control-plane/src/testing/postgres.ts'
import {
  askForToken,
  createClock,
  registerTrialMachine,
  send,
  startTrial,
  temporaryFolder,
} from '../../packages/control-plane/src/testing/trial.ts'
import { trialDatabaseUrl } from '../../packages/control-plane/src/testing/trial-database.ts'
import { enrolTrialMachine, sendHeartbeat } from '../../packages/control-plane/src/testing/trial-enrolment.ts'
import { openTrialStorage } from '../../packages/control-plane/src/testing/trial-registry.ts'
import { childCommand, startChild } from '../agent/child.ts'

const clock = createClock()

/** A control plane in a process of its own; `end` stops it. */
async function startReplica(options: ControlPlaneOptions) {
  const program = startChild(
    childCommand(new URL('./replica-program.ts', import.meta.url), JSON.stringify(options)),
  )
  const { url, caFile, joinToken } = (await program.read()) as Record<'url' | 'caFile' | 'joinToken', string>
  return { url, caFile, joinToken, end: () => program.end('SIGKILL') }
}

/** A stopped control plane on SQLite, and what it takes to start it on PostgreSQL. */
async function prepareMove() {
  const [stateFolder, port] = [await temporaryFolder(), await freePort()]
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const onSqlite = { stateFolder, port }
  const first = await startReplica(onSqlite)
  const machine = await enrolTrialMachine(first, first.joinToken)
  const encryptionKey = await readFile(join(stateFolder, 'encryption-key'), 'utf8')
  const onPostgres = { ...onSqlite, databaseUrl, encryptionKey }
  return { first, machine, onSqlite, onPostgres }
}

/** The same without a process. */
async function prepareStopped() {
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const trial = await startTrial({ database: 'sqlite' })
  const machine = await registerTrialMachine(trial)
  const { stateFolder } = trial
  await trial.controlPlane.stop()
  const encryptionKey = await readFile(join(stateFolder, 'encryption-key'), 'utf8')
  return { machine, onSqlite: { stateFolder }, onPostgres: { stateFolder, databaseUrl, encryptionKey } }
}

/** A bearer token of the administrator whose file is in `folder`. */
async function administratorToken(url: string, caFile: string, folder: string): Promise<string> {
  const file = JSON.parse(await readFile(join(folder, 'administrator.json'), 'utf8'))
  const form = {
    grant_type: 'client_credentials',
    scope: 'https://management.azure.com/.default',
    client_id: file.clientId,
    client_secret: file.clientSecret,
  }
  const { body } = await send({ caFile }, `${url}/${file.tenantId}/oauth2/v2.0/token`, { form })
  return body.access_token
}

async function startOn(options: ControlPlaneOptions): Promise<void> {
  const life = createLife(checkOptions(options))
  await life.start()
  await life.stop()
}

test('machines, roles and tokens of before go on after the move', async () => {
  const { first, machine, onSqlite, onPostgres } = await prepareMove()
  const { stateFolder } = onSqlite
  const before = await sendHeartbeat(first, machine, machine.nonce)
  expect(before.status).toBe(200)
  const bearer = await administratorToken(first.url, first.caFile, stateFolder)
  await first.end()

  const moved = await moveControlPlane(onPostgres)
  expect(moved).toEqual({ tenantId: machine.identity.tenantId, rows: expect.any(Number) })
  const second = await startReplica(onPostgres)
  expect(second.url).toBe(first.url)
  const after = await sendHeartbeat(second, machine, before.body.nonce)
  expect(after.status).toBe(200)
  const token = await askForToken(machine, { controlPlane: second as never, clock })
  expect(token.status).toBe(200)
  const groups = `${second.url}/subscriptions?api-version=2022-12-01`
  const listed = await send(second, groups, { headers: { Authorization: `Bearer ${bearer}` } })
  expect([listed.status, listed.body.value.length]).toEqual([200, 1])
  await second.end()

  await expect(startOn(onSqlite)).rejects.toMatchObject({ code: 'storage_moved' })
  await expect(moveControlPlane(onPostgres)).rejects.toMatchObject({ code: 'storage_moved' })
  await undoMove(onSqlite)
  await startOn(onSqlite)
})

test('what runs, what is not empty and what was never started is not moved, and the old one stays as it was', async () => {
  const { first, onSqlite, onPostgres } = await prepareMove()
  await expect(moveControlPlane(onPostgres)).rejects.toMatchObject({ code: 'storage_in_use' })
  await first.end()
  const occupied = await startTrial({ database: 'postgres' })
  const { databaseUrl = '' } = occupied
  const toOccupied = moveControlPlane({ ...onPostgres, databaseUrl })
  await expect(toOccupied).rejects.toMatchObject({ code: 'move_target_occupied' })
  const key = Buffer.alloc(32, 'other').toString('base64')
  const withOther = moveControlPlane({ ...onPostgres, encryptionKey: key })
  await expect(withOther).rejects.toMatchObject({ code: 'encryption_key_wrong' })
  const ofNothing = moveControlPlane({ ...onPostgres, stateFolder: await temporaryFolder() })
  await expect(ofNothing).rejects.toMatchObject({ code: 'tenant_missing' })
  await startOn(onSqlite)
})

test('a table that the move does not know is not lost silently', async () => {
  const { onSqlite, onPostgres } = await prepareStopped()
  const { log } = checkOptions(onSqlite)
  const storage = await openStorage({ stateFolder: onSqlite.stateFolder, log })
  await storage.db.schema.createTable('later').addColumn('id', 'text').execute()
  await storage.close()
  await expect(moveControlPlane(onPostgres)).rejects.toMatchObject({
    code: 'move_table_unknown',
    message: expect.stringContaining('later'),
  })
})

test('a database that does not keep what it is given is found out, and nothing is moved', async () => {
  const { onSqlite, onPostgres } = await prepareStopped()
  const { databaseUrl } = onPostgres
  await migrate(await openTrialStorage({ url: databaseUrl }), new Date())
  await query(
    databaseUrl,
    `create function change() returns trigger language plpgsql as $$ begin new.host_name = 'x'; return new; end $$;
     create trigger change before insert on presence for each row execute function change()`,
  )
  await expect(moveControlPlane(onPostgres)).rejects.toMatchObject({
    code: 'move_unequal',
    message: expect.stringContaining('presence'),
  })
  expect(await query(databaseUrl, 'select id from tenant')).toEqual([])
  await startOn(onSqlite)
})

test('every table of the schema is one that the move copies', async () => {
  const storage = await openTrialStorage()
  await migrate(storage, new Date())
  const tables = await storage.db.introspection.getTables()
  const shared = ['relocation', 'replica', 'ticket_key', 'portal_session', 'portal_code']
  const own = ['migration', 'migration_reach', ...shared]
  const made = tables.map(({ name }) => name).filter((name) => !own.includes(name))
  expect([...COPIED_TABLES].sort()).toEqual(made.sort())
})

describe('killed', () => {
  test.each([
    ['while it copies', 'copied machine_key', 'usable', 'empty'],
    ['when all has arrived', 'arrived', 'usable', 'move_incomplete'],
    ['when the old one is marked', 'marked', 'storage_moved', 'move_incomplete'],
    ['at its end', 'finished', 'storage_moved', 'usable'],
  ])(
    '%s, a move leaves one that can be used at most, and is ended by another',
    async (_, step, former, target) => {
      const { machine, onSqlite, onPostgres } = await prepareStopped()
      const program = startChild(
        childCommand(new URL('./move-program.ts', import.meta.url), JSON.stringify(onPostgres), step),
      )
      expect(await program.read()).toEqual({ reached: true })
      await program.end('SIGKILL')

      if (former === 'usable') await startOn(onSqlite)
      else await expect(startOn(onSqlite)).rejects.toMatchObject({ code: former })
      if (target === 'empty') {
        const tables = await query(onPostgres.databaseUrl, 'select id from tenant')
        expect(tables).toEqual([])
      }
      if (target === 'move_incomplete')
        await expect(startOn(onPostgres)).rejects.toMatchObject({ code: target })
      if (target !== 'usable') await moveControlPlane(onPostgres)
      const { controlPlane } = await startTrial(onPostgres)
      expect((await askForToken(machine, { controlPlane, clock })).status).toBe(200)
      await expect(startOn(onSqlite)).rejects.toMatchObject({ code: 'storage_moved' })
    },
  )
})
