/**
 * Writes many heartbeats in one transaction, with a fixed number of statements for any number of heartbeats.
 *
 * @module
 */

import type { OnboardingErrorCode } from '@landfast/protocol'
import type { Transaction } from 'kysely'
import { type SpentAssertion, spendAssertions } from '../authority/spent-assertions.ts'
import { type HealthReport, writeHealth } from '../registry/health/machine-health.ts'
import { findAccepted } from '../registry/machine-acceptance.ts'
import { promoteKeys } from '../registry/machine-keys.ts'
import type { MachineProperties } from '../registry/machine-properties.ts'
import type { Schema } from '../storage/schema.ts'
import { prepareStatement } from '../storage/statement.ts'
import type { KnownKey } from './known-keys.ts'
import { findStandings, type Locking, type Standing } from './machine-standing.ts'
import { succeedNonce } from './nonce-succession.ts'
import { writeReports } from './reported-properties.ts'
import { findTold, type ToldMachine } from './told-machine.ts'

/** A heartbeat whose assertion was verified. */
export interface Beat {
  key: KnownKey
  spends: SpentAssertion
  nonce: string
  hostName: string
  /** What the machine tells of itself, if it tells something. */
  properties: MachineProperties | undefined
  /** How the parts of its agent stand, if it tells that; null if its agent is one that never does. */
  health: HealthReport | null | undefined
  time: Date
  /** What the answer gives. */
  freshNonce: string
}

/** Who is told that a machine is connected which was not, or says other things of its health. */
export interface NoteNews {
  noteNews?: () => void
}

/** What became of a heartbeat. */
export type BeatOutcome = ToldMachine | BeatRefused

interface BeatRefused {
  refused: OnboardingErrorCode
  /** The host that goes on as the machine. */
  storedHost: string | null
}

/**
 * Takes `beats` in their order; resolves to what became of each. It is for an `append`: the rows of presence stay
 * locked until the commit, so that of two heartbeats of one machine one comes wholly before the other.
 */
export async function commitBeats(
  trx: Transaction<Schema>,
  beats: readonly Beat[],
  { noteNews, ...locking }: Locking & NoteNews,
): Promise<readonly BeatOutcome[]> {
  const keys = beats.map(({ key }) => key)
  const standings = await findStandings(trx, keys, locking)
  const away = awayAmong(standings)
  const fresh = await spendAssertions(
    trx,
    beats.map(({ spends }) => spends),
  )
  const decided = beats.map((beat, index) => decide(beat, standings, fresh[index] ?? false))
  const refusals = await regardAcceptances(trx, { beats, decided, standings })
  const accepted = beats.filter((_, index) => !refusals[index])
  if (accepted.some(({ key }) => away.has(key.identity.principalId))) noteNews?.()
  await writePresence(trx, accepted, standings)
  await promoteKeys(trx, pendingKeys(accepted, standings))
  await writeReports(trx, accepted)
  if (await writeHealth(trx, accepted.flatMap(toldHealth))) noteNews?.()
  const told = await findTold(trx, [...new Set(accepted.map(({ key }) => key.identity.principalId))])
  return keys.map(({ identity }, index) => refusals[index] ?? told(identity.principalId))
}

function toldHealth({ key, health, time }: Beat) {
  return health === undefined ? [] : [{ principalId: key.identity.principalId, health, time }]
}

function awayAmong(standings: ReadonlyMap<string, Standing>): ReadonlySet<string> {
  const away = [...standings].filter(([, { presence }]) => presence.status !== 'Connected')
  return new Set(away.map(([principalId]) => principalId))
}

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

/** A copy that an administrator accepts is told to have a new key certified: that, and no heartbeat, uses the word up. */
async function regardAcceptances(
  trx: Transaction<Schema>,
  {
    beats,
    decided,
    standings,
  }: {
    beats: readonly Beat[]
    decided: readonly (BeatRefused | undefined)[]
    standings: ReadonlyMap<string, Standing>
  },
): Promise<readonly (BeatRefused | undefined)[]> {
  const copies = beats.filter(
    ({ key }, index) => decided[index]?.refused === 'MachineCloned' && key.mayReturn,
  )
  const [first] = copies
  if (!first) return decided
  const ids = copies.map(({ key }) => key.identity.principalId)
  const accepted = await findAccepted(trx, ids, first.time)
  return decided.map((refusal, index) => {
    const { principalId } = beats[index]?.key.identity ?? { principalId: '' }
    const isAccepted = copies.includes(beats[index] as Beat) && accepted.has(principalId)
    if (!refusal || !isAccepted) return refusal
    const refused = standings.get(principalId)?.isDisabled ? 'MachineDisabled' : 'RestoredAccepted'
    return { ...refusal, refused }
  })
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
