import { expect, test } from 'vitest'
import { selectIdentity } from './selected-identity.ts'

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
const MACHINE = { own: OWN, assigned: () => [SHOP, BANK] }

test('without a selector it is the machine\u2019s own identity', () => {
  expect(selectIdentity(MACHINE, undefined)).toBe(OWN)
})

test('the own identity may be selected as any other', () => {
  expect(selectIdentity(MACHINE, { name: 'client_id', value: OWN.clientId })).toBe(OWN)
})

test.each([
  ['client_id', SHOP.clientId.toUpperCase(), SHOP],
  ['object_id', BANK.principalId, BANK],
  ['msi_res_id', BANK.resourceId.toUpperCase(), BANK],
] as const)('%s %s selects one of the assigned, of the same tenant', (name, value, expected) => {
  expect(selectIdentity(MACHINE, { name, value })).toEqual({ ...expected, tenantId: OWN.tenantId })
})

test.each([
  ['client_id', `${GUID}d1`],
  ['client_id', BANK.principalId],
  ['object_id', BANK.clientId],
] as const)('%s %s is nobody\u2019s, and no other identity takes its place', (name, value) => {
  expect(() => selectIdentity(MACHINE, { name, value })).toThrow(
    expect.objectContaining({ code: 'identity_not_found', message: expect.stringContaining(`"${name}"`) }),
  )
})

test('an identity that is taken from the machine is found no more', () => {
  let assigned = [SHOP]
  const machine = { own: OWN, assigned: () => assigned }
  const selector = { name: 'client_id', value: SHOP.clientId } as const
  expect(selectIdentity(machine, selector).principalId).toBe(SHOP.principalId)
  assigned = []
  expect(() => selectIdentity(machine, selector)).toThrow(
    expect.objectContaining({ code: 'identity_not_found' }),
  )
})
