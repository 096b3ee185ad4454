import { expect, test } from 'vitest'
import { APPLICATION } from '../../../../test/agent/fake-source.ts'
import { type AskedIdentity, type MachineIdentities, selectIdentity } from './selected-identity.ts'

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

const VAULT = 'https://vault.azure.net'

function asked(selector: AskedIdentity['selector'], audience = VAULT): AskedIdentity {
  return { selector, audience }
}

const MACHINE = machineWith(() => [SHOP, BANK])

test('without a selector it is the machine\u2019s own identity', async () => {
  expect(await selectIdentity(MACHINE, asked(undefined), USER)).toBe(OWN)
})

test('the own identity may be selected as any other', async () => {
  expect(await selectIdentity(MACHINE, asked({ name: 'client_id', value: OWN.clientId }), USER)).toBe(OWN)
})

test.each([
  ['client_id', SHOP.clientId.toUpperCase(), SHOP],
  ['object_id', BANK.principalId, BANK],
  ['msi_res_id', BANK.resourceId.toUpperCase(), BANK],
] as const)('%s %s selects one of the assigned, of the same tenant', async (name, value, expected) => {
  const selected = await selectIdentity(MACHINE, asked({ name, value }), USER)
  expect(selected).toEqual({ ...expected, tenantId: OWN.tenantId })
})

test.each([
  ['client_id', `${GUID}d1`],
  ['client_id', BANK.principalId],
  ['object_id', BANK.clientId],
] as const)('%s %s is nobody\u2019s, and no other identity takes its place', async (name, value) => {
  await expect(selectIdentity(MACHINE, asked({ name, value }), USER)).rejects.toThrow(
    expect.objectContaining({ code: 'identity_not_found', message: expect.stringContaining(`"${name}"`) }),
  )
})

test('an identity that is taken from the machine is found no more', async () => {
  let assigned = [SHOP]
  const machine = machineWith(() => assigned)
  const selector = { name: 'client_id', value: SHOP.clientId } as const
  expect(await selectIdentity(machine, asked(selector), USER)).toMatchObject({
    principalId: SHOP.principalId,
  })
  assigned = []
  await expect(selectIdentity(machine, asked(selector), USER)).rejects.toThrow(
    expect.objectContaining({ code: 'identity_not_found' }),
  )
})

const WITH_ENTRA: MachineIdentities = {
  ...MACHINE,
  entra: { identity: APPLICATION, isControlPlaneAudience: (audience) => audience === 'api://ours' },
}

test('beside an application in Entra ID the audience chooses, where no identity is selected', async () => {
  expect(await selectIdentity(WITH_ENTRA, asked(undefined), USER)).toBe(APPLICATION)
  expect(await selectIdentity(WITH_ENTRA, asked(undefined, 'api://ours'), USER)).toBe(OWN)
})

test.each([
  ['client_id', APPLICATION.clientId, APPLICATION],
  ['client_id', OWN.clientId, OWN],
  ['client_id', SHOP.clientId, { ...SHOP, tenantId: OWN.tenantId }],
] as const)(
  'beside it %s %s is answered for every audience with the identity that it selects',
  async (name, value, expected) => {
    for (const audience of [VAULT, 'api://ours']) {
      expect(await selectIdentity(WITH_ENTRA, asked({ name, value }, audience), USER)).toEqual(expected)
    }
  },
)

test('an application whose object id is not known is not selected by another one', async () => {
  const selector = { name: 'object_id', value: `${GUID}e2` } as const
  await expect(selectIdentity(WITH_ENTRA, asked(selector), USER)).rejects.toThrow(
    expect.objectContaining({ code: 'identity_not_found' }),
  )
})

test('what a control plane tells of an identity does not choose the authority', async () => {
  const machine = machineWith(() => [{ ...SHOP, authority: 'entra', tenantId: 'x' } as typeof SHOP])
  const selected = await selectIdentity(machine, asked({ name: 'client_id', value: SHOP.clientId }), USER)
  expect(selected).toEqual({ ...SHOP, tenantId: OWN.tenantId })
})
