import { expect, test } from 'vitest'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import { registerTrialMachine, type TrialMachine } from '../testing/trial.ts'
import {
  assertionFields,
  claimsFor,
  openTrialAuthority,
  type TrialAuthority,
} from '../testing/trial-authority.ts'
import { createJournal } from './token-journal.ts'

/** A machine with a second key that waits for its first use: the key of a machine that is then forgotten. */
async function openRenewing(
  before: (trial: TrialAuthority) => Promise<unknown> = async () => undefined,
): Promise<TrialAuthority & { old: TrialMachine; renewed: TrialMachine }> {
  const trial: TrialAuthority = await openTrialAuthority({
    journal: {
      expect: () => () => {},
      write: async (entry) => {
        await before(trial)
        return createJournal(trial.storage).write(entry)
      },
    },
  })
  return { ...trial, ...(await addRenewing(trial)) }
}

async function addRenewing(trial: TrialAuthority): Promise<{ old: TrialMachine; renewed: TrialMachine }> {
  const old = await registerTrialMachine(trial)
  const second = await registerTrialMachine(trial, { name: 'm2', kind: 'rsa' })
  await trial.db
    .updateTable('machine_key')
    .set({ principal_id: old.identity.principalId, state: 'pending' })
    .where('principal_id', '=', second.identity.principalId)
    .execute()
  return { old, renewed: { ...second, identity: old.identity } }
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

const DISABLINGS = ['before it is proven', 'before the commit'] as const
for (const [index, when] of DISABLINGS.entries()) {
  test(`a use that is refused ${when} retires nothing`, async () => {
    const disable = (trial: TrialAuthority) =>
      trial.db.updateTable('principal').set({ state: 'disabled' }).execute()
    const trial = await openRenewing(index === 1 ? disable : undefined)
    if (index === 0) await disable(trial)
    const refused = claimsFor(trial, await assertionFields(trial, trial.renewed))
    await expect(refused).rejects.toMatchObject({ code: 'client_disabled' })
    expect((await states(trial)).map(({ state }) => state)).toEqual(['current', 'pending'])
  })
}

test('keys that are used in one commit are all good, and the new one is what remains', async () => {
  const met = Promise.withResolvers<void>()
  let waiting = 0
  const trial: TrialAuthority = await openTrialAuthority({
    journal: {
      expect: () => () => {},
      // However long each took to prove itself, they come to the journal in the same moment.
      write: async (entry) => {
        waiting += 1
        if (waiting === 2) met.resolve()
        await met.promise
        return journal.write(entry)
      },
    },
  })
  const journal = createJournal(trial.storage)
  const { old, renewed } = await addRenewing(trial)
  const forms = [await assertionFields(trial, old), await assertionFields(trial, renewed)]
  await Promise.all(forms.map((form) => claimsFor(trial, form)))
  const refused = claimsFor(trial, await assertionFields(trial, old))
  await expect(refused).rejects.toMatchObject({ code: 'signature_invalid' })
})
