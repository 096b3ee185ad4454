import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeKeys, registerTrialMachine, startTrial } from '../testing/trial.ts'

function publicPem({ publicKey }: { publicKey: KeyObject }): string {
  return publicKey.export({ format: 'pem', type: 'spki' }).toString()
}

test('a machine gets an identity under the ARM id of its place', async () => {
  const { registry } = await startTrial()
  const { publicKey } = await makeKeys()
  const { identity } = await registry.registerMachine({
    name: 'web-1',
    publicKey,
    resourceGroup: 'shop',
    location: 'cellar',
  })
  expect(identity.resourceId).toMatch(
    /^\/subscriptions\/[\da-f-]{36}\/resourceGroups\/shop\/providers\/Microsoft\.HybridCompute\/machines\/web-1$/,
  )
  expect(new Set(Object.values(identity)).size).toBe(4)
  expect(await registry.findMachine(identity.resourceId.toUpperCase())).toEqual({
    name: 'web-1',
    vmId: expect.any(String),
    tags: {},
    resourceGroup: 'shop',
    location: 'cellar',
    state: 'enabled',
    identity,
  })
})

test('a name is given once in a resource group, whatever its case', async () => {
  const { registry } = await startTrial()
  await registerTrialMachine({ registry }, { name: 'm1' })
  const { publicKey } = await makeKeys()
  await expect(registry.registerMachine({ name: 'M1', publicKey })).rejects.toMatchObject({
    code: 'machine_exists',
  })
  await registry.registerMachine({ name: 'M1', publicKey, resourceGroup: 'other' })
})

test('of two registrations of one name or one key at the same time, one wins', async () => {
  const { registry } = await startTrial()
  const [a, b, c] = [await makeKeys(), await makeKeys(), await makeKeys()]
  for (const pair of [
    [
      { name: 'n', publicKey: a.publicKey },
      { name: 'n', publicKey: b.publicKey },
    ],
    [
      { name: 'p', publicKey: c.publicKey },
      { name: 'q', publicKey: c.publicKey },
    ],
  ]) {
    const results = await Promise.allSettled(pair.map(registry.registerMachine))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  }
})

test('a deleted machine gives back its name, but neither its key nor its ids', async () => {
  const { registry } = await startTrial()
  const old = await registerTrialMachine({ registry })
  await registry.deleteMachine(old.identity.resourceId)
  expect(await registry.findMachine(old.identity.resourceId)).toBeUndefined()
  const again = { name: 'm1', publicKey: old.publicKey }
  await expect(registry.registerMachine(again)).rejects.toMatchObject({ code: 'key_known' })
  const successor = await registerTrialMachine({ registry })
  expect(successor.identity.resourceId).toBe(old.identity.resourceId)
  expect(successor.identity.principalId).not.toBe(old.identity.principalId)
  expect(successor.identity.clientId).not.toBe(old.identity.clientId)
})

test('a disabled machine is still there', async () => {
  const { registry } = await startTrial()
  const { identity } = await registerTrialMachine({ registry })
  await registry.disableMachine(identity.resourceId)
  expect(await registry.findMachine(identity.resourceId)).toMatchObject({ state: 'disabled' })
})

const NAMES: [field: 'name' | 'resourceGroup' | 'location', bad: string[], code: string][] = [
  ['name', ['', 'a b', 'a/b', 'x'.repeat(55), 'a\n'], 'name_malformed'],
  ['resourceGroup', ['', 'a.', 'a/b', 'x'.repeat(91)], 'group_malformed'],
  ['location', ['', 'a b', 'x'.repeat(65)], 'location_malformed'],
]
for (const [field, values, code] of NAMES) {
  test(`a bad ${field} is refused`, async () => {
    const { registry } = await startTrial()
    const { publicKey } = await makeKeys()
    for (const value of values) {
      const registration = { name: 'm1', publicKey, [field]: value }
      await expect(registry.registerMachine(registration)).rejects.toMatchObject({ code })
    }
  })
}

test('weak keys, odd keys and private keys are refused, and no message repeats them', async () => {
  const { registry } = await startTrial()
  const { privateKey } = await makeKeys()
  const secret = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const keys: [string, string][] = [
    ['', 'key_malformed'],
    ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'key_malformed'],
    [secret, 'key_malformed'],
    [publicPem(generateKeyPairSync('rsa', { modulusLength: 1024 })), 'key_unsupported'],
    [publicPem(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })), 'key_unsupported'],
    [publicPem(generateKeyPairSync('ec', { namedCurve: 'P-384' })), 'key_unsupported'],
    [publicPem(generateKeyPairSync('ed25519')), 'key_unsupported'],
  ]
  for (const [publicKey, code] of keys) {
    const error = await registry.registerMachine({ name: 'm1', publicKey }).catch((cause) => cause)
    expect(error.code).toBe(code)
    expect(error.message).not.toContain(secret.split('\n')[1])
  }
})
