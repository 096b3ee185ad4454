import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { changePrincipalState } from '../registry/machine-end.ts'
import { registerTrialMachine } from '../testing/trial.ts'
import { giveTrialIdentity, makeTrialApplication } from '../testing/trial-application.ts'
import {
  assertionFields,
  claimsFor,
  openTrialAuthority,
  type TrialAuthority,
} from '../testing/trial-authority.ts'
import { DATABASES } from '../testing/trial-database.ts'
import type { TrialPlace } from '../testing/trial-registry.ts'
import { createJournal, type Journal } from './token-journal.ts'

type Before = (trial: TrialAuthority) => Promise<unknown>

async function openWithIdentity(before: Before = async () => undefined, place: TrialPlace = {}) {
  const write: Journal['write'] = async (entry) => {
    await before(trial)
    return createJournal(trial.storage).write(entry)
  }
  const trial: TrialAuthority = await openTrialAuthority(
    { journal: { write, expect: () => () => {} } },
    place,
  )
  const machine = await registerTrialMachine(trial)
  const identity = await giveTrialIdentity(trial, machine.identity)
  return { ...trial, machine, identity }
}

test('a machine gets a token of an identity that it was given, by its own key', async () => {
  const trial = await openWithIdentity()
  const { machine, identity } = trial
  const claims = await claimsFor(
    trial,
    await assertionFields(trial, machine, { clientId: identity.clientId }),
  )
  expect(claims).toMatchObject({
    appid: identity.clientId,
    oid: identity.principalId,
    sub: identity.principalId,
    appidacr: '2',
    xms_mirid: identity.resourceId,
  })
})

test('the audit trail says which machine had the token of which identity', async () => {
  const trial = await openWithIdentity()
  const { machine, identity } = trial
  await claimsFor(trial, await assertionFields(trial, machine, { clientId: identity.clientId }))
  const row = await trial.db
    .selectFrom('audit')
    .select(['client_id', 'principal_id', 'resource_id'])
    .where('action', '=', 'issue-token')
    .executeTakeFirst()
  expect(row).toEqual({
    client_id: machine.identity.clientId,
    principal_id: identity.principalId,
    resource_id: identity.resourceId,
  })
})

test('its assertion is spent whichever token it was for', async () => {
  const trial = await openWithIdentity()
  const { machine, identity } = trial
  const form = await assertionFields(trial, machine, { clientId: identity.clientId })
  await claimsFor(trial, form)
  const own = { ...form, client_id: machine.identity.clientId }
  await expect(claimsFor(trial, own)).rejects.toMatchObject({ code: 'assertion_spent' })
})

test('an identity that is not its own is refused, whether there is one or not', async () => {
  const trial = await openWithIdentity()
  const other = await registerTrialMachine(trial, { name: 'm2' })
  const application = await makeTrialApplication(trial, { time: trial.clock.now() })
  const clients = [
    trial.identity.clientId,
    trial.machine.identity.clientId,
    application.clientId,
    randomUUID(),
  ]
  for (const clientId of clients) {
    const form = await assertionFields(trial, other, { clientId })
    await expect(claimsFor(trial, form)).rejects.toMatchObject({ code: 'identity_unassigned' })
  }
})

test('a disabled machine gets no token of its identities either', async () => {
  const trial = await openWithIdentity()
  const { machine, identity, registry } = trial
  await registry.disableMachine(machine.identity.resourceId)
  const form = await assertionFields(trial, machine, { clientId: identity.clientId })
  await expect(claimsFor(trial, form)).rejects.toMatchObject({ code: 'client_disabled' })
})

const CHANGES: Record<string, (trial: TrialAuthority) => Promise<unknown>> = {
  unassigned: ({ db }) => db.deleteFrom('machine_user_identity').execute(),
  disabled: ({ db }) =>
    db.updateTable('principal').set({ state: 'disabled' }).where('kind', '=', 'user-assigned').execute(),
  deleted: ({ storage }) =>
    storage.change(async (trx) => {
      const rows = await trx
        .selectFrom('principal')
        .select('id')
        .where('kind', '=', 'user-assigned')
        .execute()
      for (const { id } of rows) await changePrincipalState(trx, id, { state: 'deleted', time: new Date() })
    }),
}
describe.each(DATABASES)('on %s', (database) => {
  for (const [what, change] of Object.entries(CHANGES)) {
    test(`no token of an identity is given that is ${what} before the commit`, async () => {
      const trial = await openWithIdentity(change, { database })
      const form = await assertionFields(trial, trial.machine, { clientId: trial.identity.clientId })
      await expect(claimsFor(trial, form)).rejects.toMatchObject({ code: 'identity_unassigned' })
      expect(await trial.db.selectFrom('assertion').selectAll().execute()).toEqual([])
    })
  }
})
