import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Client, ClientDirectory } from '../registry/clients.ts'
import { proveByKey } from './client-assertion.ts'

const CLIENT_ID = '0b8f1c1e-6a0e-4f0a-9d0c-0000000000a1'

const CLIENT: Client = {
  kind: 'application',
  state: 'enabled',
  identity: { tenantId: 't', clientId: CLIENT_ID, principalId: 'p', resourceId: '' },
  authorities: [],
  keys: [
    {
      credential: { kind: 'certificate', id: '1' },
      sha256: 'a',
      sha1: 'b',
      publicKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey,
      notAfter: new Date(8.64e15),
    },
  ],
}

const DIRECTORY = { findClient: async () => CLIENT } as unknown as ClientDirectory

/** Padding that a pattern which tries every share of it takes many minutes for. */
const PADDING = `${'='.repeat(2_000_000)}a`

test.each(['x5t', 'x5t#S256'])('a thumbprint %s of nothing but padding holds nobody up', async (name) => {
  const assertion = {
    kind: 'assertion' as const,
    jws: 'e30.e30.AAAA',
    header: { alg: 'RS256', [name]: PADDING },
    claims: {},
  }
  const check = { clientId: CLIENT_ID, assertion, audiences: [], time: new Date() }
  await expect(proveByKey(DIRECTORY, check)).rejects.toMatchObject({ code: 'signature_invalid' })
})
