/**
 * The registry as the authority sees it: the client behind a client id, with its keys.
 *
 * @module
 */

import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Identity } from '@landfast/protocol'
import type { Kysely, Transaction } from 'kysely'
import type { Schema } from '../storage/schema.ts'

/** A key that a client may prove itself with. */
export interface ClientKey {
  /** `x5t#S256` and `x5t` of its certificate. */
  sha256: string
  sha1: string
  publicKey: KeyObject
  /** The end of its certificate. */
  notAfter: Date
}

/** Who may ask for tokens. */
export interface Client {
  identity: Identity
  disabled: boolean
  keys: readonly ClientKey[]
}

/** The client with this id, or undefined if there never was one or it was deleted. Reads no cache. */
export async function findClient(db: Kysely<Schema>, clientId: string): Promise<Client | undefined> {
  const rows = await provenBy(db)
    .select([
      'principal.tenant_id',
      'principal.client_id',
      'principal.id',
      'principal.resource_id',
      'principal.state',
      'machine_key.public_key',
      'machine_key.certificate_sha256',
      'machine_key.certificate_sha1',
      'machine_key.not_after',
    ])
    .where('principal.client_id', '=', clientId)
    .execute()
  const [first] = rows
  if (!first) return undefined
  return {
    identity: {
      tenantId: first.tenant_id,
      clientId: first.client_id,
      principalId: first.id,
      resourceId: first.resource_id ?? '',
    },
    disabled: first.state === 'disabled',
    keys: rows.map((row) => ({
      sha256: row.certificate_sha256,
      sha1: row.certificate_sha1,
      publicKey: createPublicKey(row.public_key),
      notAfter: new Date(row.not_after),
    })),
  }
}

/** What may have changed of a client since it was found. */
export interface ClientStanding {
  disabled: boolean
  /** `x5t#S256` of each registered key. */
  keys: ReadonlySet<string>
}

/** How the clients with these ids stand within a transaction; one that was deleted is not in the map. */
export async function clientStandings(
  trx: Transaction<Schema>,
  clientIds: readonly string[],
): Promise<ReadonlyMap<string, ClientStanding>> {
  if (clientIds.length === 0) return new Map()
  const rows = await provenBy(trx)
    .select(['principal.client_id', 'principal.state', 'machine_key.certificate_sha256'])
    .where('principal.client_id', 'in', clientIds)
    .execute()
  const standings = new Map<string, { disabled: boolean; keys: Set<string> }>()
  for (const { client_id, state, certificate_sha256 } of rows) {
    const standing = standings.get(client_id) ?? { disabled: state === 'disabled', keys: new Set() }
    standings.set(client_id, standing)
    standing.keys.add(certificate_sha256)
  }
  return standings
}

/** Principals that were not deleted, each with the keys that prove it. */
function provenBy(db: Kysely<Schema>) {
  return db
    .selectFrom('principal')
    .innerJoin('machine_key', 'machine_key.principal_id', 'principal.id')
    .where('principal.state', '!=', 'deleted')
    .where('machine_key.state', '!=', 'retired')
}
