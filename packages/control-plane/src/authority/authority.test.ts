import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { assertionClaims, clientCredentialsForm } from '@landfast/protocol'
import { SignJWT } from 'jose'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createRequestLimits } from '../limits/request-limits.ts'
import type { Client, ClientDirectory } from '../registry/clients.ts'
import { fixedKeys } from '../testing/fixed-keys.ts'
import { type AuthorityParts, createAuthority, type TokenRequest } from './authority.ts'

const TENANT = randomUUID()
const ORIGIN = 'https://cp.example'
const CLIENT_ID = randomUUID()
const KEYS = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const CLIENT: Client = {
  identity: { tenantId: TENANT, clientId: CLIENT_ID, principalId: randomUUID(), resourceId: '/x' },
  kind: 'machine',
  state: 'enabled',
  keys: [
    {
      credential: { kind: 'machine-key', id: 'thumb' },
      sha256: 'thumb',
      sha1: 'thumb',
      publicKey: KEYS.publicKey,
      notAfter: new Date('2999-01-01'),
    },
  ],
  authorities: [],
}
const DIRECTORY: ClientDirectory = {
  findClient: async () => CLIENT,
  findSecretClient: async () => undefined,
  findFederatedClient: async () => undefined,
  rolesFor: async () => [],
  isAssigned: async () => false,
}

function partsWith(write: AuthorityParts['journal']['write']): AuthorityParts {
  return {
    names: { origin: ORIGIN, tenantId: TENANT, issuerV1: `${ORIGIN}/${TENANT}/` },
    signingKeys: fixedKeys(async () => 'token'),
    directory: DIRECTORY,
    journal: { write, expect: () => () => {} },
    tokenLifetimeSeconds: 3600,
    tokenVersion2Audiences: [],
    assertionAudiences: [],
    limits: createRequestLimits({ requestsPerSecond: 0 }),
    log: pino({ enabled: false }),
    now: () => new Date(),
  }
}

async function goodRequest(): Promise<TokenRequest> {
  const tokenEndpoint = `${ORIGIN}/${TENANT}/oauth2/v2.0/token`
  const nowSeconds = Math.floor(Date.now() / 1000)
  const claims = assertionClaims({ tokenEndpoint, clientId: CLIENT_ID, jti: randomUUID(), nowSeconds })
  const assertion = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', 'x5t#S256': 'thumb' })
    .sign(KEYS.privateKey)
  const form = clientCredentialsForm({ clientId: CLIENT_ID, audience: 'r', assertion })
  return { version: 'v2', tenant: TENANT, form, trace: { traceId: 't', correlationId: 'c' } }
}

test('no token is given before the journal is written', async () => {
  const asked = Promise.withResolvers<void>()
  const writing = Promise.withResolvers<'written'>()
  const parts = partsWith(() => {
    asked.resolve()
    return writing.promise
  })
  let given = false
  const issuing = createAuthority(parts)
    .issueToken(await goodRequest())
    .then(() => {
      given = true
    })
  await asked.promise
  await new Promise(setImmediate)
  expect(given).toBe(false)
  writing.resolve('written')
  await issuing
  expect(given).toBe(true)
})

test('the journal waits for a token from before it is signed until its entry is there', async () => {
  const told: string[] = []
  const parts = partsWith(async () => {
    told.push('written')
    return 'written'
  })
  const isExpected = () => {
    told.push('expected')
    return () => told.push('come')
  }
  const signingKeys = fixedKeys(async () => {
    told.push('signed')
    return 'token'
  })
  const authority = createAuthority({
    ...parts,
    signingKeys,
    journal: { ...parts.journal, expect: isExpected },
  })
  await authority.issueToken(await goodRequest())
  expect(told.slice(0, 4)).toEqual(['expected', 'signed', 'written', 'come'])
})

test('no token is given when the journal fails, and the failure is not a refusal', async () => {
  const parts = partsWith(() => Promise.reject(new Error('the disk is full')))
  const issuing = createAuthority(parts).issueToken(await goodRequest())
  await expect(issuing).rejects.toThrow('the disk is full')
})

test('a refusal that cannot be written down is a failure, not a refusal', async () => {
  const parts = partsWith(() => Promise.reject(new Error('the disk is full')))
  const issuing = createAuthority(parts).issueToken({ ...(await goodRequest()), tenant: 'other' })
  await expect(issuing).rejects.toThrow('the disk is full')
})
