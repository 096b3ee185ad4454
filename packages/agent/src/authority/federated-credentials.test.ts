import { expect, test } from 'vitest'
import { FakeSource, IDENTITY } from '../../../../test/agent/fake-source.ts'
import { federatedCredentials } from './federated-credentials.ts'

const CLOUD = {
  clientId: 'cloud-client',
  principalId: 'cloud-object',
  resourceId: '/subscriptions/s/identities/Cloud',
}
const AUDIENCE = 'api://AzureADTokenExchange'
const NEVER = new AbortController().signal

function setUp() {
  const source = new FakeSource()
  const plane = {
    source,
    tenantId: IDENTITY.tenantId,
    held: [CLOUD],
    looks: 0,
    isThere: true,
    identities: () => plane.held,
    look: async () => {
      plane.looks += 1
      return plane.isThere
    },
  }
  const named = { clientId: 'application', resourceId: CLOUD.resourceId.toLowerCase(), audience: AUDIENCE }
  const credentials = federatedCredentials(plane, named)
  return { source, plane, credentials }
}

test('each use has a fresh token of the identity for the audience of the cloud, and the application as client', async () => {
  const { source, credentials } = setUp()
  for (const number of [1, 2]) {
    const { clientId, sign } = await credentials.usable(NEVER)
    expect(clientId).toBe('application')
    expect(sign({ url: 'https://x', nowSeconds: 0 })).toBe(`token-${number}-for-${AUDIENCE}`)
  }
  const { authority, ...identity } = { ...source.asked[0]?.identity, authority: undefined }
  expect([authority, identity]).toEqual([undefined, { ...CLOUD, tenantId: IDENTITY.tenantId }])
})

test('an identity that was assigned just now is learnt of by asking', async () => {
  const { plane, credentials } = setUp()
  plane.held = []
  const looking = credentials.usable(NEVER)
  plane.held = [CLOUD]
  await looking
  expect(plane.looks).toBe(1)
})

test('an identity that this machine does not have is named, and only the application goes without', async () => {
  const { source, plane, credentials } = setUp()
  plane.held = []
  await expect(credentials.usable(NEVER)).rejects.toMatchObject({
    failure: 'identity_refused',
    reason: { message: expect.stringContaining('/identities/cloud') },
  })
  plane.held = [CLOUD]
  source.failure = 'unassigned'
  await expect(credentials.usable(NEVER)).rejects.toMatchObject({ failure: 'identity_refused' })
})

test.each([
  ['resource_refused', 'identity_refused'],
  ['refused', 'refused'],
  ['throttled', 'throttled'],
  ['unavailable', 'unavailable'],
] as const)('"%s" of the control plane is "%s" of the application', async (failure, expected) => {
  const { source, credentials } = setUp()
  source.failure = failure
  await expect(credentials.usable(NEVER)).rejects.toMatchObject({ failure: expected })
})

test('a control plane that does not answer takes nothing away', async () => {
  const { plane, credentials } = setUp()
  plane.held = []
  plane.isThere = false
  await expect(credentials.usable(NEVER)).rejects.toMatchObject({ failure: 'unavailable' })
})
