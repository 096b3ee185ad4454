import { expect, test } from 'vitest'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import type { Caller } from '../caller/caller.ts'
import { createAskPolicy } from './admission.ts'
import { policyFor, refuseExchange } from './exchange-guard.ts'
import type { Asked } from './facts.ts'
import { parsePolicy } from './policy-text.ts'

const EXCHANGE = { audience: 'api://AzureADTokenExchange', resourceId: '/subscriptions/s/identities/cloud' }
const CLOUD = { ...IDENTITY, clientId: 'cloud', resourceId: '/subscriptions/S/identities/Cloud' }

function asked(audience: string, more: Partial<Asked> = {}): Asked {
  const caller = { userId: 1000, user: 'app', findGroups: async () => [] } as unknown as Caller
  return { style: 'vm', audience, identity: CLOUD, isSystem: false, caller, ...more }
}

function policyOf(...rules: object[]) {
  const current = parsePolicy(JSON.stringify({ rules }), 'policy.yaml')
  const file = { path: 'policy.yaml', current, reload: () => {}, check: () => {} }
  return createAskPolicy(file, EXCHANGE)
}

const SPELLINGS = [
  'api://AzureADTokenExchange',
  'api://azureadtokenexchange/',
  'API://AZUREADTOKENEXCHANGE//',
  'api://AzureADTokenExchange%2f',
  '%2561pi%253A//AzureAD%54okenExchange',
  'api://AzureADTokenExchange/./',
  'api://AzureADTokenExchange#x',
  'api://AzureADTokenExchange:443',
  'api:///AzureADTokenExchange',
  'api://Azure\u200bADTokenExchange',
  'api://\uff21zureADTo\u212aenExchange',
  'api://AzureADTokenExchange\u0301',
  'api://AzureADTokenExchangeUSGov',
  'api://AzureADTokenExchangeChina',
]

test.each(SPELLINGS)(
  'without a policy file nobody has the proof of the application, asked as "%s"',
  (audience) => {
    expect(() => refuseExchange(EXCHANGE)(asked(audience))).toThrow(
      expect.objectContaining({ code: 'policy_denied' }),
    )
  },
)

test.each([
  ['another audience', asked('https://vault.azure.net')],
  ['another identity', asked(EXCHANGE.audience, { identity: IDENTITY })],
])('without a policy file %s is not held back', (_, request) => {
  expect(() => refuseExchange(EXCHANGE)(request)).not.toThrow()
})

test.each([
  ['that has no audience', {}],
  ['that has a star', { audience: '*' }],
  ['that has a star after a slash', { audience: 'api://*' }],
])('a rule %s gives nobody the proof of the application', async (_, conditions) => {
  const ask = policyOf({ name: 'all', effect: 'allow', ...conditions })
  for (const audience of SPELLINGS) {
    expect((await ask(asked(audience))).denial).toMatchObject({ code: 'policy_denied' })
  }
  expect((await ask(asked('api://other'))).denial).toBeUndefined()
})

test('a rule that names the audience gives it, also behind one that does not', async () => {
  const named = { name: 'named', effect: 'allow', audience: ['api://x', 'api://AzureADTokenExchange/'] }
  const ask = policyOf({ name: 'all', effect: 'allow', audience: 'api://*' }, named)
  expect(await ask(asked(EXCHANGE.audience))).toEqual({ rule: 'named', denial: undefined })
})

test('a rule that names the audience of one cloud, and a star beside it, gives that of no other', async () => {
  const ask = policyOf({ name: 'named', effect: 'allow', audience: ['*', EXCHANGE.audience] })
  expect(await ask(asked(EXCHANGE.audience))).toEqual({ rule: 'named', denial: undefined })
  for (const audience of SPELLINGS.slice(2))
    expect((await ask(asked(audience))).denial).toMatchObject({ code: 'policy_denied' })
})

test('a rule that denies counts before it', async () => {
  const named = { name: 'named', effect: 'allow', audience: EXCHANGE.audience }
  const ask = policyOf({ name: 'none', effect: 'deny', user: 'app' }, named)
  expect(await ask(asked(EXCHANGE.audience))).toMatchObject({
    rule: 'none',
    denial: { code: 'policy_denied' },
  })
})

test('an entry of the settings for a token file names the audience itself', () => {
  const request = asked(EXCHANGE.audience, { style: 'token-file' })
  expect(() => refuseExchange(EXCHANGE)(request)).not.toThrow()
})

test('where nothing is to be guarded every rule counts for every audience', async () => {
  const policy = parsePolicy(JSON.stringify({ rules: [{ name: 'all', effect: 'allow' }] }), 'policy.yaml')
  expect(policyFor(policy, undefined, asked(EXCHANGE.audience))).toBe(policy)
  expect(policyFor(policy, EXCHANGE, asked(EXCHANGE.audience, { identity: IDENTITY }))).toBe(policy)
  expect(policyFor(policy, EXCHANGE, asked(EXCHANGE.audience)).rules).toEqual([])
})
