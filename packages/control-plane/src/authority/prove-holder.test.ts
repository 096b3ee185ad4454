import { randomUUID } from 'node:crypto'
import { type JWTPayload, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { createClientDirectory } from '../registry/clients.ts'
import { openTrialAuthority } from '../testing/trial-authority.ts'
import { readAssertion } from './presented-credential.ts'
import type { Proof } from './proof.ts'
import { type ForeignProver, proveHolder } from './prove-holder.ts'

const FOREIGN = 'https://issuer.example'
const NAMES = { origin: 'https://cp.example', tenantId: randomUUID(), issuerV1: 'https://cp.example/' }

/** What an assertion by `iss` for one client is handed to, and what comes of it. */
async function prove(iss: unknown, options: { federates?: boolean } = {}) {
  const { storage, clock } = await openTrialAuthority()
  const handed: Parameters<ForeignProver>[0][] = []
  const proven = { method: '2' } as Proof
  const proveByForeignToken: ForeignProver = async (presented) => {
    handed.push(presented)
    return proven
  }
  const clientId = randomUUID()
  const credential = readAssertion(new UnsecuredJWT({ iss } as JWTPayload).encode())
  const time = clock.now()
  const parts = {
    names: NAMES,
    directory: createClientDirectory(storage),
    ...(options.federates === false ? {} : { proveByForeignToken }),
  }
  const demand = { clientId, audience: FOREIGN, credential }
  const outcome = await (async () => proveHolder(parts, demand, time))().catch(({ code }) => code)
  return { outcome, handed, proven, expected: { clientId, assertion: credential, time } }
}

test('a token of a foreign issuer is handed to who verifies those, for the client that was named', async () => {
  const { outcome, handed, proven, expected } = await prove(FOREIGN)
  expect(outcome).toBe(proven)
  expect(handed).toMatchObject([expected])
})

test('where no foreign issuer is trusted, none proves anything', async () => {
  expect(await prove(FOREIGN, { federates: false })).toMatchObject({ outcome: 'federation_unmatched' })
})

for (const iss of ['http://issuer.example', `x${FOREIGN}`, 'deploy', '', 7, null, undefined, [FOREIGN]]) {
  test(`the issuer ${JSON.stringify(iss)} is neither a client nor foreign`, async () => {
    expect(await prove(iss)).toMatchObject({ outcome: 'client_mismatch', handed: [] })
  })
}

test('an issuer that is a client is asked for its own key, however foreign tokens are trusted', async () => {
  expect(await prove(randomUUID())).toMatchObject({ outcome: 'signature_invalid', handed: [] })
})
