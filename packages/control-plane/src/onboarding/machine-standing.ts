/**
 * How machines stand while their heartbeats are decided on: their presence, locked, and the states of their keys.
 *
 * @module
 */

import type { Transaction } from 'kysely'
import type { MachineKeyState, Schema } from '../storage/schema.ts'
import { prepareStatement } from '../storage/statement.ts'
import type { Storage } from '../storage/storage.ts'
import type { KnownKey } from './known-keys.ts'

/** Whether rows are locked as they are read. */
export type Locking = Pick<Storage, 'locksRows'>

/** How a machine stands in a transaction. */
export interface Standing {
  isDisabled: boolean
  presence: Presence
  /** Of each of the keys that came, by `x5t#S256`. */
  keys: Map<string, MachineKeyState>
}

type Presence = Pick<
  Schema['presence'],
  'status' | 'status_changed_at' | 'nonce' | 'previous_nonce' | 'host_name'
>

/**
 * How the machines of `keys` stand, by their principal ids; a deleted one is not among them. Their keys are read once
 * presence is locked, so that what its last holder did with them is seen.
 */
export async function findStandings(
  trx: Transaction<Schema>,
  keys: readonly KnownKey[],
  { locksRows }: Locking,
): Promise<Map<string, Standing>> {
  const principalIds = [...new Set(keys.map(({ identity }) => identity.principalId))]
  const rows = await lockPresence(trx, { principalIds, locksRows })
  const standings = new Map(
    rows.map(({ principal_id, ...presence }) => [
      principal_id,
      { isDisabled: false, presence, keys: new Map() },
    ]),
  )
  await readKeys(trx, keys, standings)
  return standings
}

const lockPresence = prepareStatement(
  (db, { principalIds, locksRows }: { principalIds: readonly string[]; locksRows: boolean }) =>
    db
      .selectFrom('presence')
      .select(['principal_id', 'status', 'status_changed_at', 'nonce', 'previous_nonce', 'host_name'])
      .where('principal_id', 'in', principalIds)
      .orderBy('principal_id')
      .$if(locksRows, (query) => query.forUpdate()),
)

async function readKeys(
  trx: Transaction<Schema>,
  keys: readonly KnownKey[],
  standings: ReadonlyMap<string, Standing>,
): Promise<void> {
  const certificateSha256s = [...new Set(keys.map(({ certificateSha256 }) => certificateSha256))]
  const rows = await selectKeys(trx, { certificateSha256s })
  for (const { id, state, certificate_sha256, key_state } of rows) {
    const standing = standings.get(id)
    standing?.keys.set(certificate_sha256, key_state)
    if (standing) standing.isDisabled = state === 'disabled'
  }
}

const selectKeys = prepareStatement((db, { certificateSha256s }: { certificateSha256s: readonly string[] }) =>
  db
    .selectFrom('machine_key')
    .innerJoin('principal', 'principal.id', 'machine_key.principal_id')
    .select(['machine_key.certificate_sha256', 'machine_key.state as key_state'])
    .select(['principal.id', 'principal.state'])
    .where('certificate_sha256', 'in', certificateSha256s),
)
