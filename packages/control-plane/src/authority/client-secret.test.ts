import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { deleteApplication, setApplicationState } from '../registry/applications.ts'
import { addClientSecret, newClientSecret, removeClientSecret } from '../registry/client-secrets.ts'
import { makeTrialApplication, type TrialApplication } from '../testing/trial-application.ts'
import { claimsFor, openTrialAuthority, type TrialAuthority } from '../testing/trial-authority.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { createJournal, type Journal } from './token-journal.ts'

async function openWithApplication(): Promise<TrialAuthority & { application: TrialApplication }> {
  const trial = await openTrialAuthority()
  return { ...trial, application: await makeTrialApplication(trial, { time: trial.clock.now() }) }
}

function secretFields({ clientId, secret }: TrialApplication) {
  return { client_id: clientId, client_secret: secret }
}

function basic(clientId: string, secret: string): string {
  return `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
}

test('an application gets a token for its secret, which says so and names no resource of Azure', async () => {
  const trial = await openWithApplication()
  const { application } = trial
  const claims = await claimsFor(trial, secretFields(application))
  expect(claims).toMatchObject({
    appid: application.clientId,
    oid: application.principalId,
    sub: application.principalId,
    appidacr: '1',
    idtyp: 'app',
  })
  expect(claims).not.toHaveProperty('xms_mirid')
})

test('a secret may be presented again, and in the header as well as in the form', async () => {
  const trial = await openWithApplication()
  const { application } = trial
  await claimsFor(trial, secretFields(application))
  await claimsFor(trial, secretFields(application))
  await claimsFor(trial, {}, basic(application.clientId, application.secret))
  const escaped = application.clientId.replaceAll('-', '%2D')
  await claimsFor(
    trial,
    { client_id: application.clientId },
    basic(escaped, application.secret).replace('B', 'b'),
  )
})

test('of several secrets each is good', async () => {
  const trial = await openWithApplication()
  const { application, storage, clock } = trial
  const second = newClientSecret({ time: clock.now() })
  await storage.change((trx) => addClientSecret(trx, application.principalId, second))
  await claimsFor(trial, secretFields(application))
  await claimsFor(trial, secretFields({ ...application, secret: second.text }))
})

test('an unknown client and a wrong secret are the same refusal', async () => {
  const trial = await openWithApplication()
  const { application } = trial
  const other = await makeTrialApplication(trial, { time: trial.clock.now() })
  const forms = [
    { client_id: randomUUID(), client_secret: application.secret },
    { client_id: application.clientId, client_secret: `${application.secret}x` },
    { client_id: application.clientId, client_secret: other.secret },
    { client_id: application.clientId, client_secret: '0' },
  ]
  for (const form of forms) {
    await expect(claimsFor(trial, form)).rejects.toMatchObject({ code: 'secret_wrong', number: 7000215 })
  }
})

test('only who holds a secret learns that it has expired or its application is disabled', async () => {
  const trial = await openWithApplication()
  const { application, storage, clock } = trial
  const wrong = { ...application, secret: newClientSecret({ time: clock.now() }).text }
  const state = { state: 'disabled', time: clock.now() } as const
  await storage.change((trx) => setApplicationState(trx, application.principalId, state))
  await expect(claimsFor(trial, secretFields(application))).rejects.toMatchObject({ code: 'client_disabled' })
  await expect(claimsFor(trial, secretFields(wrong))).rejects.toMatchObject({ code: 'secret_wrong' })
  clock.advance(180 * 86_400)
  await expect(claimsFor(trial, secretFields(application))).rejects.toMatchObject({ code: 'secret_expired' })
  await expect(claimsFor(trial, secretFields(wrong))).rejects.toMatchObject({ code: 'secret_wrong' })
})

test('a deleted application is as unknown as one that never was', async () => {
  const trial = await openWithApplication()
  const { application, storage, clock } = trial
  await storage.change((trx) => deleteApplication(trx, application.principalId, clock.now()))
  await expect(claimsFor(trial, secretFields(application))).rejects.toMatchObject({ code: 'secret_wrong' })
})

type Change = (trial: TrialAuthority & { application: TrialApplication }) => Promise<unknown>
const CHANGES: Record<string, [Change, code: string]> = {
  'the secret is taken away': [
    ({ storage, application: { principalId, secretId } }) =>
      storage.change((trx) => removeClientSecret(trx, principalId, secretId)),
    'secret_wrong',
  ],
  'the application is disabled': [
    ({ storage, application: { principalId } }) =>
      storage.change((trx) => setApplicationState(trx, principalId, { state: 'disabled', time: new Date() })),
    'client_disabled',
  ],
  'the application is deleted': [
    ({ storage, application: { principalId } }) =>
      storage.change((trx) => deleteApplication(trx, principalId, new Date())),
    'client_unknown',
  ],
}
describe.each(DATABASES)('on %s', (database) => {
  for (const [what, [change, code]] of Object.entries(CHANGES)) {
    test(`no token is given when ${what} before the commit`, async () => {
      let before: () => Promise<unknown> = async () => undefined
      let journal: Journal | undefined
      const write: Journal['write'] = async (entry) => {
        await before()
        journal ??= createJournal(trial.storage)
        return journal.write(entry)
      }
      const trial: TrialAuthority = await openTrialAuthority(
        { journal: { write, expect: () => () => {} } },
        { database },
      )
      const application = await makeTrialApplication(trial, { time: trial.clock.now() })
      before = () => change({ ...trial, application })
      await expect(claimsFor(trial, secretFields(application))).rejects.toMatchObject({ code })
    })
  }
})

const SEVERAL = 'credentials_several'
const MALFORMED = 'authorization_malformed'
const HEADERS: Record<string, [authorization: string, fields: Record<string, string>, code: string]> = {
  'a secret in the form as well': [basic('a', 'b'), { client_secret: 'b' }, SEVERAL],
  'an assertion as well': [basic('a', 'b'), { client_assertion: 'b' }, SEVERAL],
  'another client id': [basic('a', 'b'), { client_id: 'c' }, SEVERAL],
  'no colon': [`Basic ${Buffer.from('a').toString('base64')}`, {}, MALFORMED],
  'a second colon': [basic('a', 'b:c'), {}, MALFORMED],
  'a broken escape': [basic('a', '%zz'), {}, MALFORMED],
  'what is not base64': ['Basic ***', {}, MALFORMED],
  'another scheme': ['Bearer abc', {}, MALFORMED],
  'no client id': [basic('', 'b'), {}, 'client_id_malformed'],
  'no secret': [basic(randomUUID(), ''), {}, 'credential_missing'],
}
for (const [what, [authorization, fields, code]] of Object.entries(HEADERS)) {
  test(`a header "Authorization" with ${what} is refused`, async () => {
    const trial = await openTrialAuthority()
    await expect(claimsFor(trial, fields, authorization)).rejects.toMatchObject({ code })
  })
}

test('a secret and an assertion in one form are refused', async () => {
  const trial = await openWithApplication()
  const form = { ...secretFields(trial.application), client_assertion: 'a.b.c' }
  await expect(claimsFor(trial, form)).rejects.toMatchObject({ code: 'credentials_several' })
})
