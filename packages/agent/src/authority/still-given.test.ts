import { expect, test } from 'vitest'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import { isStillGiven } from './still-given.ts'

const CLOUD = {
  clientId: 'cloud',
  principalId: 'cloud-object',
  resourceId: '/subscriptions/s/identities/Cloud',
}
const OTHER = {
  clientId: 'other',
  principalId: 'other-object',
  resourceId: '/subscriptions/s/identities/Other',
}
const APPLICATION = { ...IDENTITY, clientId: 'application', authority: 'entra' } as const
const EXCHANGE = { resourceId: '/Subscriptions/S/identities/cloud' }

const identityOf = (one: typeof CLOUD) => ({ ...IDENTITY, ...one })

test('the tokens of the own identity and of those that are assigned stay, and those of any other go', () => {
  const isGiven = isStillGiven({ identity: IDENTITY, identities: [CLOUD], exchange: undefined })
  expect([IDENTITY, identityOf(CLOUD), identityOf(OTHER)].map(isGiven)).toEqual([true, true, false])
})

test.each([
  ['stay where a certificate proves it', undefined, [], true],
  [
    'stay while the identity that proves it is assigned, in any case of its id',
    EXCHANGE,
    [OTHER, CLOUD],
    true,
  ],
  ['go with the identity that proves it', EXCHANGE, [OTHER], false],
])('the tokens of the application in Entra ID %s', (_, exchange, identities, stays) => {
  expect(isStillGiven({ identity: IDENTITY, identities, exchange })(APPLICATION)).toBe(stays)
})

test('an identity of the control plane does not stay for having the client id of the application', () => {
  const isGiven = isStillGiven({ identity: IDENTITY, identities: [CLOUD], exchange: EXCHANGE })
  const { authority: _, ...atControlPlane } = APPLICATION
  expect(isGiven(atControlPlane)).toBe(false)
})
