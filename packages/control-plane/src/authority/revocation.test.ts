import { randomUUID } from 'node:crypto'
import { assertionClaims, clientCredentialsForm } from '@landfast/protocol'
import { SignJWT } from 'jose'
import type { Kysely } from 'kysely'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import { createRequestLimits } from '../limits/request-limits.ts'
import { createClientDirectory } from '../registry/clients.ts'
import type { Schema } from '../storage/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { fixedKeys, keepFixedKey } from '../testing/fixed-keys.ts'
import { registerTrialMachine, type TrialMachine } from '../testing/trial.ts'
import type { TrialMachines } from '../testing/trial-machines.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { type Authority, createAuthority, type TokenRequest } from './authority.ts'
import { createJournal } from './token-journal.ts'

const ORIGIN = 'https://cp.example'
const NOW = new Date()

/** What happens to a machine between the signing of its token and the commit. */
type Change = (machine: TrialMachine, registry: TrialMachines, db: Kysely<Schema>) => Promise<unknown>

const deletion: Change = (machine, registry) => registry.deleteMachine(machine.identity.resourceId)
const CHANGES: Record<string, [Change, code: string, number: number]> = {
  deleted: [deletion, 'client_unknown', 700016],
  disabled: [
    (machine, registry) => registry.disableMachine(machine.identity.resourceId),
    'client_disabled',
    7000112,
  ],
  'given another key': [
    (_machine, _registry, db) => db.updateTable('machine_key').set({ certificate_sha256: 'other' }).execute(),
    'signature_invalid',
    700027,
  ],
}

async function requestOf(machine: TrialMachine): Promise<TokenRequest> {
  const { tenantId, clientId } = machine.identity
  const claims = assertionClaims({
    tokenEndpoint: `${ORIGIN}/${tenantId}/oauth2/v2.0/token`,
    clientId,
    jti: randomUUID(),
    nowSeconds: Math.floor(NOW.getTime() / 1000),
  })
  const assertion = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', 'x5t#S256': thumbprintsOf(machine.certificate).sha256 })
    .sign(machine.privateKey)
  const form = clientCredentialsForm({ clientId, audience: 'r', assertion })
  return { version: 'v2', tenant: tenantId, form, trace: { traceId: randomUUID(), correlationId: 'c' } }
}

/** An authority whose commits are held back until `before` is over. */
function authorityWith(storage: Storage, tenantId: string, before: () => Promise<unknown>): Authority {
  const journal = createJournal(storage)
  return createAuthority({
    names: { origin: ORIGIN, tenantId, issuerV1: `${ORIGIN}/${tenantId}/` },
    signingKeys: fixedKeys(async () => 'token'),
    directory: createClientDirectory(storage),
    journal: {
      ...journal,
      write: (entry) =>
        keepFixedKey(storage.db)
          .then(before)
          .then(() => journal.write(entry)),
    },
    tokenLifetimeSeconds: 3600,
    tokenVersion2Audiences: [],
    assertionAudiences: [],
    limits: createRequestLimits({ requestsPerSecond: 0 }),
    log: pino({ enabled: false }),
    now: () => NOW,
  })
}

for (const [what, [change, code, number]] of Object.entries(CHANGES)) {
  test(`a machine that is ${what} while its token waits for the commit gets none, and the audit says so`, async () => {
    const { storage, db, registry, tenantId } = await openTrialRegistry(() => NOW)
    const machine = await registerTrialMachine({ registry })
    const authority = authorityWith(storage, tenantId, () => change(machine, registry, db))
    await expect(authority.issueToken(await requestOf(machine))).rejects.toMatchObject({ code })
    const rows = await db
      .selectFrom('audit')
      .select(['outcome', 'code', 'client_id'])
      .where('action', '=', 'issue-token')
      .execute()
    expect(rows).toEqual([{ outcome: 'refused', code: String(number), client_id: machine.identity.clientId }])
    expect(await db.selectFrom('assertion').selectAll().execute()).toEqual([])
  })
}

test('in one commit the deletion of one machine takes nothing from another', async () => {
  const { storage, db, registry, tenantId } = await openTrialRegistry(() => NOW)
  const deleted = await registerTrialMachine({ registry })
  const kept = await registerTrialMachine({ registry }, { name: 'm2' })
  const both = Promise.withResolvers<void>()
  let waiting = 0
  const authority = authorityWith(storage, tenantId, async () => {
    waiting += 1
    if (waiting === 2) both.resolve(deletion(deleted, registry, db).then(() => undefined))
    await both.promise
  })
  const [refused, given] = await Promise.allSettled([
    authority.issueToken(await requestOf(deleted)),
    authority.issueToken(await requestOf(kept)),
  ])
  expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'client_unknown' } })
  expect(given.status).toBe('fulfilled')
})
