import { expect, test } from 'vitest'
import { type MachineIdentities, selectIdentity } from './selected-identity.ts'

const GUID = '0b8f1c1e-6a0e-4f0a-9d0c-0000000000'
const OWN = {
  tenantId: `${GUID}01`,
  clientId: `${GUID}a1`,
  principalId: `${GUID}a2`,
  resourceId: '/subscriptions/s/machines/own',
}
const [SHOP, BANK] = ['b', 'c'].map((name) => ({
  clientId: `${GUID}${name}1`,
  principalId: `${GUID}${name}2`,
  resourceId: `/subscriptions/s/identities/${name}`,
})) as [typeof OWN, typeof OWN]
const USER = 'user 1001'

/** A machine with these identities, of which the control plane knows no news. */
function machineWith(assigned: () => readonly (typeof OWN)[]): MachineIdentities {
  return { own: OWN, assigned, look: async () => true, refusal: () => undefined }
}

const MACHINE = machineWith(() => [SHOP, BANK])

test('without a selector it is the machine\u2019s own identity', async () => {
  expect(await selectIdentity(MACHINE, undefined, USER)).toBe(OWN)
})

test('the own identity may be selected as any other', async () => {
  expect(await selectIdentity(MACHINE, { name: 'client_id', value: OWN.clientId }, USER)).toBe(OWN)
})

test.each([
  ['client_id', SHOP.clientId.toUpperCase(), SHOP],
  ['object_id', BANK.principalId, BANK],
  ['msi_res_id', BANK.resourceId.toUpperCase(), BANK],
] as const)('%s %s selects one of the assigned, of the same tenant', async (name, value, expected) => {
  const selected = await selectIdentity(MACHINE, { name, value }, USER)
  expect(selected).toEqual({ ...expected, tenantId: OWN.tenantId })
})

test.each([
  ['client_id', `${GUID}d1`],
  ['client_id', BANK.principalId],
  ['object_id', BANK.clientId],
] as const)('%s %s is nobody\u2019s, and no other identity takes its place', async (name, value) => {
  await expect(selectIdentity(MACHINE, { name, value }, USER)).rejects.toThrow(
    expect.objectContaining({ code: 'identity_not_found', message: expect.stringContaining(`"${name}"`) }),
  )
})

test('an identity that is taken from the machine is found no more', async () => {
  let assigned = [SHOP]
  const machine = machineWith(() => assigned)
  const selector = { name: 'client_id', value: SHOP.clientId } as const
  expect(await selectIdentity(machine, selector, USER)).toMatchObject({ principalId: SHOP.principalId })
  assigned = []
  await expect(selectIdentity(machine, selector, USER)).rejects.toThrow(
    expect.objectContaining({ code: 'identity_not_found' }),
  )
})
