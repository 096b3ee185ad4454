/**
 * Writes many heartbeats in one transaction, with a fixed number of statements for any number of heartbeats.
 *
 * @module
 */

import type { AssignedIdentity, OnboardingErrorCode } from '@landfast/protocol'
import type { Transaction } from 'kysely'
import { type SpentAssertion, spendAssertions } from '../authority/spent-assertions.ts'
import { promoteKeys } from '../registry/machine-keys.ts'
import type { MachineProperties } from '../registry/machine-properties.ts'
import type { MachineKeyState, Schema } from '../storage/schema.ts'
import { prepareStatement } from '../storage/statement.ts'
import type { Storage } from '../storage/storage.ts'
import type { KnownKey } from './known-keys.ts'
import { succeedNonce } from './nonce-succession.ts'
import { writeReports } from './reported-properties.ts'

/** A heartbeat whose assertion was verified. */
export interface Beat {
  key: KnownKey
  spends: SpentAssertion
  nonce: string
  hostName: string
  /** What the machine tells of itself, if it tells something. */
  properties: MachineProperties | undefined
  time: Date
  /** What the answer gives. */
  freshNonce: string
}

/** Whether rows are locked as they are read. */
type Locking = Pick<Storage, 'locksRows'>

/** What became of a heartbeat. */
export type BeatOutcome = BeatAccepted | BeatRefused

interface BeatAccepted {
  /** The user-assigned identities of the machine. */
  identities: readonly AssignedIdentity[]
  tags: Readonly<Record<string, string>>
}

interface BeatRefused {
  refused: OnboardingErrorCode
  /** The host that goes on as the machine. */
  storedHost: string | null
}

/** How a machine stands in the transaction. */
interface Standing {
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
 * Takes `beats` in their order; resolves to what became of each. It is for an `append`: the rows of presence stay
 * locked until the commit, so that of two heartbeats of one machine one comes wholly before the other.
 */
export async function commitBeats(
  trx: Transaction<Schema>,
  beats: readonly Beat[],
  locking: Locking,
): Promise<readonly BeatOutcome[]> {
  const standings = await findStandings(trx, beats, locking)
  const fresh = await spendAssertions(
    trx,
    beats.map(({ spends }) => spends),
  )
  const refusals = beats.map((beat, index) => decide(beat, standings, fresh[index] ?? false))
  const accepted = beats.filter((_, index) => !refusals[index])
  await writePresence(trx, accepted, standings)
  await promoteKeys(trx, pendingKeys(accepted, standings))
  await writeReports(trx, accepted)
  const identities = await findIdentities(trx, accepted)
  const tags = await findTags(trx, [...identities.keys()])
  return beats.map(({ key }, index) => {
    const { principalId } = key.identity
    return (
      refusals[index] ?? { identities: identities.get(principalId) ?? [], tags: tags.get(principalId) ?? {} }
    )
  })
}

/** The keys are read once presence is locked, so that what its last holder did with them is seen. */
async function findStandings(
  trx: Transaction<Schema>,
  beats: readonly Beat[],
  { locksRows }: Locking,
): Promise<Map<string, Standing>> {
  const principalIds = [...new Set(beats.map(({ key }) => key.identity.principalId))]
  const rows = await lockPresence(trx, { principalIds, locksRows })
  const standings = new Map(
    rows.map(({ principal_id, ...presence }) => [
      principal_id,
      { isDisabled: false, presence, keys: new Map() },
    ]),
  )
  await readKeys(trx, beats, standings)
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
  beats: readonly Beat[],
  standings: ReadonlyMap<string, Standing>,
): Promise<void> {
  const certificateSha256s = [...new Set(beats.map(({ key }) => key.certificateSha256))]
  const keys = await selectKeys(trx, { certificateSha256s })
  for (const { id, state, certificate_sha256, key_state } of keys) {
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

/** The refusal of a heartbeat; if it is accepted, its standing is that of afterwards. */
function decide(beat: Beat, standings: Map<string, Standing>, isFresh: boolean): BeatRefused | undefined {
  const standing = standings.get(beat.key.identity.principalId)
  // Presence goes with the machine.
  if (!standing) return { refused: 'MachineDeleted', storedHost: null }
  const state = standing.keys.get(beat.key.certificateSha256)
  const refuse = (refused: OnboardingErrorCode) => ({ refused, storedHost: standing.presence.host_name })
  if (!state) return refuse('AssertionRefused')
  if (state === 'retired') return refuse('MachineCloned')
  if (standing.isDisabled) return refuse('MachineDisabled')
  if (!isFresh) return refuse('AssertionSpent')
  const { presence } = standing
  const nonces = succeedNonce(
    { nonce: presence.nonce, previousNonce: presence.previous_nonce },
    { presented: beat.nonce, fresh: beat.freshNonce },
  )
  if (!nonces) return refuse('MachineCloned')
  standing.presence = {
    status: 'Connected',
    status_changed_at: presence.status === 'Connected' ? presence.status_changed_at : beat.time.getTime(),
    nonce: nonces.nonce,
    previous_nonce: nonces.previousNonce,
    host_name: beat.hostName,
  }
  if (state === 'pending') retireOthers(standing, beat)
  return undefined
}

/** What came behind the first use of a new key in the same commit must not be taken with the old one. */
function retireOthers({ keys }: Standing, { key }: Beat): void {
  for (const sha256 of keys.keys()) {
    if (sha256 !== key.certificateSha256) keys.set(sha256, 'retired')
  }
}

/** One row a machine, as it is after the last of its heartbeats. */
async function writePresence(
  trx: Transaction<Schema>,
  accepted: readonly Beat[],
  standings: ReadonlyMap<string, Standing>,
): Promise<void> {
  const times = new Map(accepted.map(({ key, time }) => [key.identity.principalId, time.getTime()]))
  const rows = [...times].flatMap(([principal_id, last_heartbeat_at]) => {
    const presence = standings.get(principal_id)?.presence
    return presence ? [{ principal_id, last_heartbeat_at, ...presence }] : []
  })
  if (rows.length === 0) return
  await upsertPresence(trx, { rows })
}

const upsertPresence = prepareStatement((db, { rows }: { rows: readonly Schema['presence'][] }) =>
  db
    .insertInto('presence')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('principal_id').doUpdateSet((expression) => ({
        status: expression.ref('excluded.status'),
        status_changed_at: expression.ref('excluded.status_changed_at'),
        last_heartbeat_at: expression.ref('excluded.last_heartbeat_at'),
        nonce: expression.ref('excluded.nonce'),
        previous_nonce: expression.ref('excluded.previous_nonce'),
        host_name: expression.ref('excluded.host_name'),
      })),
    ),
)

function pendingKeys(accepted: readonly Beat[], standings: ReadonlyMap<string, Standing>): string[] {
  const pending = accepted.filter(({ key }) => {
    return standings.get(key.identity.principalId)?.keys.get(key.certificateSha256) === 'pending'
  })
  return pending.map(({ key }) => key.certificateSha256)
}

async function findIdentities(
  trx: Transaction<Schema>,
  accepted: readonly Beat[],
): Promise<ReadonlyMap<string, AssignedIdentity[]>> {
  const identities = new Map(accepted.map(({ key }) => [key.identity.principalId, [] as AssignedIdentity[]]))
  if (identities.size === 0) return identities
  const rows = await selectIdentities(trx, { machineIds: [...identities.keys()] })
  for (const { machine_principal_id, id, client_id, resource_id } of rows) {
    const identity = { clientId: client_id, principalId: id, resourceId: resource_id ?? '' }
    identities.get(machine_principal_id)?.push(identity)
  }
  return identities
}

const selectIdentities = prepareStatement((db, { machineIds }: { machineIds: readonly string[] }) =>
  db
    .selectFrom('machine_user_identity')
    .innerJoin('principal', 'principal.id', 'machine_user_identity.identity_principal_id')
    .select(['machine_principal_id', 'principal.id', 'principal.client_id', 'principal.resource_id'])
    .where('machine_principal_id', 'in', machineIds)
    .where('principal.state', '!=', 'deleted')
    .orderBy('principal.id'),
)

async function findTags(
  trx: Transaction<Schema>,
  principalIds: readonly string[],
): Promise<ReadonlyMap<string, Record<string, string>>> {
  if (principalIds.length === 0) return new Map()
  const rows = await selectTags(trx, { principalIds })
  return new Map(rows.map(({ principal_id, tags }) => [principal_id, JSON.parse(tags)]))
}

const selectTags = prepareStatement((db, { principalIds }: { principalIds: readonly string[] }) =>
  db.selectFrom('machine').select(['principal_id', 'tags']).where('principal_id', 'in', principalIds),
)
