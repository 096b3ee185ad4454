import type { Identity } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import { identityNamed } from './named-identity.ts'

const APPLICATION: Identity = {
  ...IDENTITY,
  clientId: 'app',
  principalId: '',
  resourceId: '',
  authority: 'entra',
}
const entra = { identity: APPLICATION, isControlPlaneAudience: () => false }
const assigned = () => [{ clientId: 'x', principalId: 'y', resourceId: '/subscriptions/s/identities/entra' }]

test('"entra" is the application in Entra ID, and no identity that was named so', () => {
  expect(identityNamed({ own: IDENTITY, entra, assigned }, 'entra')).toBe(APPLICATION)
  expect(identityNamed({ own: IDENTITY, assigned }, 'entra')).toBeUndefined()
})

test('where an application is all that a machine has it is "entra" and not "system"', () => {
  const alone = { own: APPLICATION, assigned: () => [] }
  expect(identityNamed(alone, 'entra')).toBe(APPLICATION)
  expect(identityNamed(alone, 'system')).toBeUndefined()
})
