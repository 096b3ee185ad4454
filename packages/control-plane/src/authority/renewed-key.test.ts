import { expect, test } from 'vitest'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import { registerTrialMachine, type TrialMachine } from '../testing/trial.ts'
import {
  assertionFields,
  claimsFor,
  openTrialAuthority,
  type TrialAuthority,
} from '../testing/trial-authority.ts'

/** A machine with a second key that waits for its first use: the key of a machine that is then forgotten. */
async function openRenewing(): Promise<TrialAuthority & { old: TrialMachine; renewed: TrialMachine }> {
  const trial = await openTrialAuthority()
  const old = await registerTrialMachine(trial)
  const second = await registerTrialMachine(trial, { name: 'm2', kind: 'rsa' })
  await trial.db
    .updateTable('machine_key')
    .set({ principal_id: old.identity.principalId, state: 'pending' })
    .where('principal_id', '=', second.identity.principalId)
    .execute()
  return { ...trial, old, renewed: { ...second, identity: old.identity } }
}

function states({ db }: TrialAuthority) {
  return db.selectFrom('machine_key').select(['certificate_sha256', 'state']).orderBy('state').execute()
}

test('the old key of a machine is good until the new one was used, and never after', async () => {
  const trial = await openRenewing()
  const { old, renewed } = trial
  await claimsFor(trial, await assertionFields(trial, old))
  await claimsFor(trial, await assertionFields(trial, old))
  await claimsFor(trial, await assertionFields(trial, renewed))
  const refused = claimsFor(trial, await assertionFields(trial, old))
  await expect(refused).rejects.toMatchObject({ code: 'signature_invalid' })
  await claimsFor(trial, await assertionFields(trial, renewed))
  expect(await states(trial)).toEqual([
    { certificate_sha256: thumbprintsOf(renewed.certificate).sha256, state: 'current' },
    { certificate_sha256: thumbprintsOf(old.certificate).sha256, state: 'retired' },
  ])
})

test('a use that is refused retires nothing', async () => {
  const trial = await openRenewing()
  await trial.registry.disableMachine(trial.old.identity.resourceId)
  const refused = claimsFor(trial, await assertionFields(trial, trial.renewed))
  await expect(refused).rejects.toMatchObject({ code: 'client_disabled' })
  expect((await states(trial)).map(({ state }) => state)).toEqual(['current', 'pending'])
})

test('both keys in one commit are good, and then only the new one', async () => {
  const trial = await openRenewing()
  const forms = [await assertionFields(trial, trial.old), await assertionFields(trial, trial.renewed)]
  const answers = await Promise.allSettled(forms.map((form) => claimsFor(trial, form)))
  expect(answers[1]?.status).toBe('fulfilled')
  const refused = claimsFor(trial, await assertionFields(trial, trial.old))
  await expect(refused).rejects.toMatchObject({ code: 'signature_invalid' })
})
