import type { Identity } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import type { Asked } from '../policy/facts.ts'
import { createBound, withinBounds } from './workload-bound.ts'

const SHOP: Identity = {
  ...IDENTITY,
  clientId: IDENTITY.tenantId,
  resourceId: '/subscriptions/s/identities/Shop',
}

function asked(audience: string, identity = IDENTITY): Asked {
  const caller = {
    userId: undefined,
    user: undefined,
    program: undefined,
    workload: 'web',
    findGroups: async () => undefined,
  }
  return { style: 'app-service', audience, identity, isSystem: identity === IDENTITY, caller }
}

const VAULT = 'https://vault.azure.net'
const BOUND = createBound({ identities: ['shop'], audiences: [VAULT, 'api://orders/*'] })

test.each([
  [VAULT, SHOP, 'inside'],
  [`${VAULT}/`, SHOP, 'inside'],
  ['api://orders/x', SHOP, 'inside'],
  [VAULT, IDENTITY, 'outside'],
  ['https://storage.azure.com', SHOP, 'outside'],
] as const)('a workload with shop for two audiences asks for %s: case %#', (audience, identity, expected) => {
  expect(BOUND(asked(audience, identity))).toBe(expected)
})

test('without audiences it is left to a policy, for the identities that were named', () => {
  const bound = createBound({ identities: ['system'], audiences: [] })
  expect([bound(asked(VAULT)), bound(asked(VAULT, SHOP))]).toEqual(['unsaid', 'outside'])
})

const ALLOW = async () => ({ rule: 'all', denial: undefined })

test('without a policy it has what it was added with, and nothing else', async () => {
  const ask = withinBounds(() => BOUND, undefined)
  expect((await ask(asked(VAULT, SHOP))).denial).toBeUndefined()
  const { denial } = await ask(asked('https://storage.azure.com', SHOP))
  expect(denial).toMatchObject({ code: 'policy_denied', message: expect.stringContaining('workload "web"') })
})

test('added with no audience it has nothing without a policy, and with one what that allows', async () => {
  const bound = createBound({ identities: ['system'], audiences: [] })
  expect((await withinBounds(() => bound, undefined)(asked(VAULT))).denial).toMatchObject({
    code: 'policy_denied',
  })
  expect(await withinBounds(() => bound, ALLOW)(asked(VAULT))).toEqual({ rule: 'all', denial: undefined })
})

test('a policy that allows everything does not give it more than it was added with', async () => {
  const ask = withinBounds(() => BOUND, ALLOW)
  expect((await ask(asked(VAULT, IDENTITY))).denial).toMatchObject({ code: 'policy_denied' })
  expect((await ask(asked(VAULT, SHOP))).rule).toBe('all')
})

test('a workload that was removed while it asked gets nothing', async () => {
  const { denial } = await withinBounds(() => undefined, ALLOW)(asked(VAULT))
  expect(denial).toMatchObject({ code: 'policy_denied' })
})
