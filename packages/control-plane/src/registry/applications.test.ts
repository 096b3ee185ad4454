import type { Kysely } from 'kysely'
import { expect, test } from 'vitest'
import type { Schema } from '../storage/schema.ts'
import { makeKeys } from '../testing/trial.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import {
  type Application,
  createApplication,
  deleteApplication,
  getApplication,
  listApplications,
  newApplication,
  setApplicationState,
} from './applications.ts'
import {
  addClientSecret,
  CLIENT_SECRETS_MAX,
  listClientSecrets,
  newClientSecret,
  removeClientSecret,
  secretHash,
} from './client-secrets.ts'

const TIME = new Date('2030-01-01T00:00:00Z')
const DAY_MILLISECONDS = 86_400_000

async function openWithApplication(displayName = 'deployment') {
  const { storage, db, tenantId } = await openTrialRegistry(() => TIME)
  const application = newApplication({ tenantId, displayName, time: TIME })
  await storage.change((trx) => createApplication(trx, application))
  return { storage, db, tenantId, application }
}

function rowOf(db: Kysely<Schema>, { principalId }: Application) {
  return db.selectFrom('principal').selectAll().where('id', '=', principalId).executeTakeFirstOrThrow()
}

test('an application is found by its object id as it was made', async () => {
  const { db, application } = await openWithApplication()
  expect(await getApplication(db, application.principalId)).toEqual(application)
  expect((await rowOf(db, application)).kind).toBe('application')
})

test('a machine is no application', async () => {
  const { db, registry } = await openTrialRegistry(() => TIME)
  const { publicKey } = await makeKeys()
  const { identity } = await registry.registerMachine({ name: 'm1', publicKey })
  await expect(getApplication(db, identity.principalId)).rejects.toMatchObject({
    code: 'application_unknown',
  })
  expect(await listApplications(db, { limit: 10 })).toEqual([])
})

test('a list is read a page at a time and misses nothing', async () => {
  const { storage, db, tenantId, application } = await openWithApplication()
  const others = ['b', 'c', 'd', 'e'].map((displayName) =>
    newApplication({ tenantId, displayName, time: TIME }),
  )
  for (const other of others) await storage.change((trx) => createApplication(trx, other))
  const seen: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await listApplications(db, { after, limit: 2 })
    seen.push(...page.map(({ principalId }) => principalId))
    after = page.at(-1)?.principalId
    if (page.length < 2) break
  }
  expect(seen).toEqual([application, ...others].map(({ principalId }) => principalId).sort())
})

test('a display name is refused where it is blank, long or holds control characters', () => {
  for (const displayName of ['', '  ', 'x'.repeat(121), 'a\nb']) {
    expect(() => newApplication({ tenantId: 't', displayName, time: TIME })).toThrow(
      expect.objectContaining({ code: 'display_name_malformed' }),
    )
  }
})

test('a disabled application is still there, and can be enabled again', async () => {
  const { storage, db, application } = await openWithApplication()
  for (const state of ['disabled', 'enabled'] as const) {
    await storage.change((trx) => setApplicationState(trx, application.principalId, { state, time: TIME }))
    expect((await getApplication(db, application.principalId)).state).toBe(state)
  }
})

test('a deleted application keeps its ids from others and loses everything else', async () => {
  const { storage, db, application } = await openWithApplication()
  const { principalId } = application
  await storage.change((trx) => addClientSecret(trx, principalId, newClientSecret({ time: TIME })))
  await storage.change((trx) => deleteApplication(trx, principalId, TIME))
  await expect(getApplication(db, principalId)).rejects.toMatchObject({ code: 'application_unknown' })
  expect(await db.selectFrom('client_secret').selectAll().execute()).toEqual([])
  expect((await rowOf(db, application)).state).toBe('deleted')
  const again = storage.change((trx) => deleteApplication(trx, principalId, TIME))
  await expect(again).rejects.toMatchObject({ code: 'application_unknown' })
})

test('a secret has 256 random bits, and the database knows only its digest and its beginning', async () => {
  const { storage, db, application } = await openWithApplication()
  const secret = newClientSecret({ time: TIME })
  await storage.change((trx) => addClientSecret(trx, application.principalId, secret))
  expect(Buffer.from(secret.text, 'base64url')).toHaveLength(32)
  expect(secret.text).not.toBe(newClientSecret({ time: TIME }).text)
  const row = await db.selectFrom('client_secret').selectAll().executeTakeFirstOrThrow()
  expect(JSON.stringify(row)).not.toContain(secret.text.slice(4))
  expect([row.hash, row.hint]).toEqual([secretHash(secret.text), secret.text.slice(0, 3)])
  const { text: _, ...shown } = secret
  expect(await listClientSecrets(db, application.principalId)).toEqual([shown])
})

test('a secret lives for 180 days, or from a minute to two years', () => {
  const { expiresAt } = newClientSecret({ time: TIME })
  expect(expiresAt.getTime() - TIME.getTime()).toBe(180 * DAY_MILLISECONDS)
  newClientSecret({ time: TIME, lifetimeSeconds: 730 * 86_400 })
  for (const lifetimeSeconds of [0, 59, 60.5, 730 * 86_400 + 1, Number.NaN]) {
    expect(() => newClientSecret({ time: TIME, lifetimeSeconds })).toThrow(
      expect.objectContaining({ code: 'secret_lifetime' }),
    )
  }
})

test('an application has a handful of secrets at most, and one that goes makes room', async () => {
  const { storage, db, application } = await openWithApplication()
  const { principalId } = application
  const add = () =>
    storage.change((trx) => addClientSecret(trx, principalId, newClientSecret({ time: TIME })))
  for (let added = 0; added < CLIENT_SECRETS_MAX; added += 1) await add()
  await expect(add()).rejects.toMatchObject({ code: 'secrets_too_many' })
  const [first] = await listClientSecrets(db, principalId)
  const remove = () => storage.change((trx) => removeClientSecret(trx, principalId, first?.id ?? ''))
  await remove()
  await expect(remove()).rejects.toMatchObject({ code: 'credential_unknown' })
  await add()
})

test('no secret is given to what is not there, and none taken by another application', async () => {
  const { storage, db, tenantId, application } = await openWithApplication()
  const secret = newClientSecret({ time: TIME })
  const toNobody = storage.change((trx) => addClientSecret(trx, 'nobody', secret))
  await expect(toNobody).rejects.toMatchObject({ code: 'application_unknown' })
  const other = newApplication({ tenantId, displayName: 'other', time: TIME })
  await storage.change((trx) => createApplication(trx, other))
  await storage.change((trx) => addClientSecret(trx, application.principalId, secret))
  const byOther = storage.change((trx) => removeClientSecret(trx, other.principalId, secret.id))
  await expect(byOther).rejects.toMatchObject({ code: 'credential_unknown' })
  expect(await listClientSecrets(db, application.principalId)).toHaveLength(1)
})
