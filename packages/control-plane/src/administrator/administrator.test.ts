import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createAuthorization } from '../authorization/authorization.ts'
import { createControlPlane } from '../control-plane.ts'
import { replaceAdministrator } from '../recovery/lost-administrator.ts'
import { secretHash } from '../registry/client-secrets.ts'
import { migrate } from '../storage/migrations.ts'
import { openSqlite } from '../storage/sqlite.ts'
import type { Storage } from '../storage/storage.ts'
import { startTrial, temporaryFolder } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialStorage } from '../testing/trial-registry.ts'
import { type AdministratorFile, readAdministratorFile } from './administrator-file.ts'
import { openTenant } from './first-start.ts'

const now = () => new Date()

/** The file of a folder that must have one. */
async function fileOf(folder: string): Promise<AdministratorFile> {
  const file = await readAdministratorFile(folder)
  if (!file) throw new Error('there is no administrator.json')
  return file
}

async function openDatabase(folder: string): Promise<Storage> {
  const storage = openSqlite(join(folder, 'landfast.db'))
  onTestFinished(() => storage.close().catch(() => undefined))
  await migrate(storage, now())
  return storage
}

/** Whether the database takes the secret of `file` for one of its client's. */
async function isTrue(storage: Storage, file: AdministratorFile): Promise<boolean> {
  const row = await storage.db
    .selectFrom('client_secret')
    .innerJoin('principal', 'principal.id', 'client_secret.principal_id')
    .select('client_id')
    .where('hash', '=', secretHash(file.clientSecret))
    .executeTakeFirst()
  return row?.client_id === file.clientId
}

test('the first start writes who its administrator is into a file that only this user may read', async () => {
  const { controlPlane, stateFolder } = await startTrial()
  const path = join(stateFolder, 'administrator.json')
  expect(controlPlane.administratorFile).toBe(path)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const { url, tenantId, subscriptionId, caFile } = controlPlane
  expect(await fileOf(stateFolder)).toEqual({
    url,
    tenantId,
    subscriptionId,
    caFile,
    clientId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    clientSecret: expect.stringMatching(/^[\w-]{43}$/),
  })
})

test('the administrator owns everything', async () => {
  const { storage, folder, tenant } = await firstStart()
  const file = await fileOf(folder)
  expect(await isTrue(storage, file)).toBe(true)
  const { id: principalId } = await storage.db
    .selectFrom('principal')
    .select('id')
    .where('client_id', '=', file.clientId)
    .executeTakeFirstOrThrow()
  const { allows } = createAuthorization(storage.db)
  for (const scope of ['/', `/subscriptions/${tenant.subscriptionId}/resourceGroups/x`]) {
    expect(await allows({ principalId }, 'Microsoft.Authorization/roleAssignments/write', scope)).toBe(true)
  }
})

async function firstStart() {
  const folder = await temporaryFolder()
  const storage = await openDatabase(folder)
  return { folder, storage, tenant: await openTenant({ storage, folder, now }) }
}

test('a later start changes neither tenant nor administrator', async () => {
  const { folder, storage, tenant } = await firstStart()
  const file = await fileOf(folder)
  expect(await openTenant({ storage, folder, now })).toEqual(tenant)
  expect(await fileOf(folder)).toEqual(file)
})

test('a crash before the commit leaves nothing that counts: the next start makes another administrator', async () => {
  const folder = await temporaryFolder()
  const storage = await openDatabase(folder)
  const failing = { ...storage, change: () => Promise.reject(new Error('killed')) }
  await expect(openTenant({ storage: failing, folder, now })).rejects.toThrow('killed')
  const lost = await fileOf(folder)
  const tenant = await openTenant({ storage, folder, now })
  const file = await fileOf(folder)
  expect([file.tenantId, await isTrue(storage, file)]).toEqual([tenant.tenantId, true])
  expect([file.clientId === lost.clientId, await isTrue(storage, lost)]).toEqual([false, false])
})

test.each(DATABASES)(
  'of two replicas that start at the same time on %s, one makes the tenant and only that one has a file',
  async (database) => {
    const storage = await openTrialStorage({ database })
    await migrate(storage, now())
    const folders = [await temporaryFolder(), await temporaryFolder()]
    const tenants = await Promise.all(folders.map((folder) => openTenant({ storage, folder, now })))
    expect(tenants[0]).toEqual(tenants[1])
    const files = await Promise.all(folders.map(readAdministratorFile))
    const [file] = files.filter((found) => found !== undefined)
    expect(files.filter((found) => found === undefined)).toHaveLength(1)
    expect(file && (await isTrue(storage, file))).toBe(true)
  },
)

test('the file of another database is not lost: it is put aside', async () => {
  const { folder, storage } = await firstStart()
  const file = await fileOf(folder)
  await storage.close()
  const other = openSqlite(join(folder, 'other.db'))
  onTestFinished(() => other.close())
  await migrate(other, now())
  await openTenant({ storage: other, folder, now })
  const aside = JSON.parse(await readFile(join(folder, `administrator-${file.clientId}.json`), 'utf8'))
  expect(aside).toEqual(file)
})

test('the file follows the address of the control plane', async () => {
  const { controlPlane, stateFolder } = await startTrial()
  await controlPlane.stop()
  const url = 'https://id.example.com'
  await startTrial({ stateFolder, url })
  expect((await fileOf(stateFolder)).url).toBe(url)
})

test('a lost administrator is replaced: the same application with another secret', async () => {
  const { controlPlane, stateFolder } = await startTrial()
  const lost = await fileOf(stateFolder)
  await expect(replaceAdministrator({ stateFolder })).rejects.toMatchObject({ code: 'storage_in_use' })
  await controlPlane.stop()
  await writeFile(join(stateFolder, 'administrator.json'), '')
  await replaceAdministrator({ stateFolder })
  const file = await fileOf(stateFolder)
  const storage = await openDatabase(stateFolder)
  expect([file.clientId, file.tenantId]).toEqual([lost.clientId, lost.tenantId])
  expect([await isTrue(storage, lost), await isTrue(storage, file)]).toEqual([false, true])
})

test('an administrator that is no owner any more, or disabled, is not given power back: a new one is made', async () => {
  const { folder, storage } = await firstStart()
  const lost = await fileOf(folder)
  await storage.db.deleteFrom('role_assignment').execute()
  await storage.close()
  await replaceAdministrator({ stateFolder: folder })
  const file = await fileOf(folder)
  expect(file.clientId).not.toBe(lost.clientId)
  const again = await openDatabase(folder)
  expect([await isTrue(again, lost), await isTrue(again, file)]).toEqual([true, true])
})

test('a database in which nothing was kept has no administrator to replace', async () => {
  const stateFolder = join(await temporaryFolder(), 'new')
  await expect(replaceAdministrator({ stateFolder })).rejects.toMatchObject({ code: 'tenant_missing' })
  const controlPlane = createControlPlane({ stateFolder })
  onTestFinished(() => controlPlane.stop())
  await controlPlane.start()
  expect(await readdir(stateFolder)).toContain('administrator.json')
})
