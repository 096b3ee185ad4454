import { FEDERATED_AUDIENCE } from '@landfast/protocol'
import fc from 'fast-check'
import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { PrincipalKind, PrincipalState, Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import {
  deleteFederatedCredential,
  FEDERATED_CREDENTIALS_MAX,
  type FederatedCredentialWriting,
  findFederatedCredential,
  listFederatedCredentials,
  putFederatedCredential,
} from './federated-credentials.ts'
import { type CheckedExpression, checkFederatedTrust } from './federated-trust.ts'

const TIME = new Date('2026-03-01T12:00:00Z')
const GITHUB = {
  name: 'main-branch',
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'repo:shop/web:ref:refs/heads/main',
}

async function addPrincipal(
  db: Kysely<Schema>,
  { id, kind, state = 'enabled' }: { id: string; kind: PrincipalKind; state?: PrincipalState },
): Promise<void> {
  const { id: tenant_id } = await db.selectFrom('tenant').select('id').executeTakeFirstOrThrow()
  const time = { created_at: TIME.getTime(), changed_at: TIME.getTime() }
  const row = { id, client_id: `client-${id}`, tenant_id, kind, display_name: id, resource_id: null, state }
  await db
    .insertInto('principal')
    .values({ ...row, ...time })
    .execute()
}

async function openWithIdentity(database: TrialDatabase) {
  const { storage } = await openTrialRegistry(() => TIME, { database })
  await addPrincipal(storage.db, { id: 'p1', kind: 'user-assigned' })
  return { storage, put: writerOf(storage) }
}

function writerOf(storage: Storage) {
  return (changes: Partial<FederatedCredentialWriting> = {}) =>
    storage.change((trx) =>
      putFederatedCredential(trx, { principalId: 'p1', time: TIME, ...GITHUB, ...changes }),
    )
}

describe.each(DATABASES)('on %s', (database) => {
  test('a credential is kept as it was written, for the usual audience', async () => {
    const { storage, put } = await openWithIdentity(database)
    const credential = { ...GITHUB, audience: FEDERATED_AUDIENCE, version: 1 }
    expect(await put()).toEqual({ credential, outcome: 'created' })
    expect(await findFederatedCredential(storage.db, { principalId: 'p1', name: 'MAIN-branch' })).toEqual(
      credential,
    )
    expect(await listFederatedCredentials(storage.db, 'p1')).toEqual([credential])
  })

  test('a change keeps the name as it was written first and counts the version up; the same again changes nothing', async () => {
    const { put } = await openWithIdentity(database)
    await put()
    const changed = { name: 'Main-Branch', subject: 'repo:shop/web:pull_request', audiences: ['api://other'] }
    const expected = { name: 'main-branch', subject: changed.subject, audience: 'api://other', version: 2 }
    expect(await put(changed)).toMatchObject({ credential: expected, outcome: 'changed' })
    expect(await put(changed)).toMatchObject({ credential: expected, outcome: 'unchanged' })
  })

  test('issuer and subject together are unique in one identity, compared exactly, and free in another', async () => {
    const { storage, put } = await openWithIdentity(database)
    await addPrincipal(storage.db, { id: 'p2', kind: 'application' })
    await put()
    const again = put({ name: 'second', audiences: ['api://other'] })
    await expect(again).rejects.toMatchObject({ code: 'federated_credential_exists' })
    await put({ name: 'second', subject: GITHUB.subject.toUpperCase() })
    await expect(put({ name: 'second' })).rejects.toMatchObject({ code: 'federated_credential_exists' })
    await put({ principalId: 'p2' })
  })

  test('an expression is kept apart from every subject, and is as unique', async () => {
    const { storage, put } = await openWithIdentity(database)
    const expression = "claims['sub'] matches 'repo:shop/*'" as CheckedExpression
    const { credential } = await put({ subject: undefined, expression })
    const { subject, ...rest } = GITHUB
    expect(credential).toEqual({ ...rest, expression, audience: FEDERATED_AUDIENCE, version: 1 })
    expect(await listFederatedCredentials(storage.db, 'p1')).toEqual([credential])
    const named = { principalId: 'p1', name: GITHUB.name }
    expect(await findFederatedCredential(storage.db, named)).toEqual(credential)
    const again = put({ name: 'second', subject: undefined, expression })
    await expect(again).rejects.toMatchObject({ code: 'federated_credential_exists' })
    // Its text can be no subject, however it is kept.
    for (const text of [expression, `*1 ${expression}`]) {
      const asSubject = put({ name: 'second', subject: text })
      await expect(asSubject).rejects.toMatchObject({ code: 'federated_subject_malformed' })
    }
    expect(await put({ subject })).toMatchObject({ outcome: 'changed', credential: { subject, version: 2 } })
    expect(await listFederatedCredentials(storage.db, 'p1')).toMatchObject([{ subject }])
  })

  test('the operator may allow fewer or more, and what is there stays', async () => {
    const { put } = await openWithIdentity(database)
    for (let n = 0; n < 22; n += 1) await put({ name: `name-${n}`, subject: `s${n}`, most: 22 })
    await expect(put({ name: 'more', subject: 'more', most: 22 })).rejects.toMatchObject({
      code: 'federated_credentials_full',
      message: expect.stringContaining('(at most 22)'),
    })
    expect(await put({ name: 'name-21', subject: 'other', most: 3 })).toMatchObject({ outcome: 'changed' })
  })

  test('an identity has 20 credentials and no more, and each of them can still be changed', async () => {
    const { put } = await openWithIdentity(database)
    for (let n = 0; n < FEDERATED_CREDENTIALS_MAX; n += 1) await put({ name: `name-${n}`, subject: `s${n}` })
    await expect(put({ name: 'more', subject: 'more' })).rejects.toMatchObject({
      code: 'federated_credentials_full',
    })
    expect(await put({ name: 'name-7', subject: 'changed' })).toMatchObject({ outcome: 'changed' })
  })

  test('two writers at the same time leave no more than 20', async () => {
    const { storage, put } = await openWithIdentity(database)
    for (let n = 1; n < FEDERATED_CREDENTIALS_MAX; n += 1) await put({ name: `name-${n}`, subject: `s${n}` })
    const racing = ['a-a', 'b-b'].map((name) => put({ name, subject: name }))
    const outcomes = (await Promise.allSettled(racing)).map(({ status }) => status)
    expect(outcomes.sort()).toEqual(['fulfilled', 'rejected'])
    expect(await listFederatedCredentials(storage.db, 'p1')).toHaveLength(FEDERATED_CREDENTIALS_MAX)
  })

  test('a machine, a deleted principal and nobody have none', async () => {
    const { storage, put } = await openWithIdentity(database)
    await addPrincipal(storage.db, { id: 'machine', kind: 'machine' })
    await addPrincipal(storage.db, { id: 'gone', kind: 'application', state: 'deleted' })
    for (const principalId of ['machine', 'gone', 'nobody']) {
      await expect(put({ principalId })).rejects.toMatchObject({ code: 'federated_principal_unsupported' })
    }
  })

  test('a deletion says whether there was something to delete', async () => {
    const { storage, put } = await openWithIdentity(database)
    await put()
    const name = { principalId: 'p1', name: 'MAIN-BRANCH' }
    expect(await storage.change((trx) => deleteFederatedCredential(trx, name))).toBe(true)
    expect(await storage.change((trx) => deleteFederatedCredential(trx, name))).toBe(false)
  })
})

const REFUSED: [what: string, changes: Partial<FederatedCredentialWriting>, code: string][] = [
  ...['', 'ab', 'a'.repeat(121), '-ab', '_ab', 'a b', 'a.b', 'a/b', 'äbc', 'abc\n'].map(
    (name): [string, object, string] => ['name', { name }, 'federated_name_malformed'],
  ),
  ...[
    '',
    'token.actions.githubusercontent.com',
    'http://issuer.example',
    'HTTPS://issuer.example',
    'https://',
    'https:issuer.example',
    'https:\\\\issuer.example',
    'https://issuer.example\\@other.example',
    'https://user@issuer.example',
    'https://user:password@issuer.example',
    'https://issuer.example?tenant=1',
    'https://issuer.example#part',
    'https://*.example',
    'https://issuer.example:99999',
    'https://issuer.exa\tmple',
    'https://issuer example',
    ' https://issuer.example',
    'https://issuer.example\u00a0',
    `https://issuer.example/${'x'.repeat(600)}`,
  ].map((issuer): [string, object, string] => ['issuer', { issuer }, 'federated_issuer_malformed']),
  ...['', ' s', 's ', 's\n', '\ts', 'repo:shop/*', 'a\u0000b', 'x'.repeat(601)].map(
    (subject): [string, object, string] => ['subject', { subject }, 'federated_subject_malformed'],
  ),
  ...[[], [''], ['a', 'b'], ['a '], ['*'], ['x'.repeat(601)]].map((audiences): [string, object, string] => [
    'audiences',
    { audiences },
    'federated_audience_malformed',
  ]),
]
for (const [what, changes, code] of REFUSED) {
  test(`the ${what} of ${JSON.stringify(changes).slice(0, 70)} is refused`, () => {
    expect(() => checkFederatedTrust({ ...GITHUB, ...changes })).toThrow(expect.objectContaining({ code }))
  })
}

test.each([
  'https://token.actions.githubusercontent.com',
  'https://issuer.example/',
  'https://issuer.example:8443/a/b',
  'https://[2001:db8::1]/',
  `https://issuer.example/${'x'.repeat(600 - 'https://issuer.example/'.length)}`,
])('the issuer %s is taken', (issuer) => {
  expect(checkFederatedTrust({ ...GITHUB, issuer }).issuer).toBe(issuer)
})

test.each(['https://@https://', 'https://@a.example/', 'https:///a.example'])(
  'the issuer %s is refused',
  (issuer) => {
    expect(() => checkFederatedTrust({ ...GITHUB, issuer })).toThrow(/issuer/)
  },
)

test('whatever is taken as an issuer is an https URL of the very host that a reader sees', () => {
  const pieces = fc.constantFrom(
    'https://',
    'http://',
    'a.example',
    '@',
    '\\',
    '/',
    '?',
    '#',
    ' ',
    '\t',
    ':1',
    '*',
    '%00',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const issuer = parts.join('')
      try {
        checkFederatedTrust({ ...GITHUB, issuer })
      } catch {
        return
      }
      const url = new URL(issuer)
      expect(url.protocol).toBe('https:')
      expect(issuer.startsWith(`https://${url.hostname}`)).toBe(true)
    }),
  )
})
