/**
 * Takes many heartbeats in one statement of PostgreSQL: those of which the database can say by itself that they are
 * good, which is nearly all of them. It is one wait for the database where a transaction has nine.
 *
 * @see docs/performance.md
 * @module
 */

import type { AssignedIdentity } from '@landfast/protocol'
import { spentRow } from '../authority/spent-assertions.ts'
import type { Storage } from '../storage/storage.ts'
import type { Beat, BeatOutcome, NoteNews } from './heartbeat-commit.ts'
import { ANY_NONCE } from './nonce-succession.ts'
import type { ToldMachine } from './told-machine.ts'

/**
 * Presence is locked in the order of its key and looked at again once it is, as everywhere. Keys and principals are those of
 * the moment at which the statement began: where one changed since, the heartbeat came before that, unless the change
 * gave the machine another nonce, which is looked at behind the lock.
 */
const TAKE_AT_ONCE = `with beat as materialized (
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::bigint[])
    as beat (id, certificate, presented, fresh, host, time, digest, expires_at)
), locked as materialized (
  select beat.*, presence.status as was from beat join presence on presence.principal_id = beat.id
  where presence.nonce in ('${ANY_NONCE}', beat.presented) or presence.previous_nonce = beat.presented
  order by presence.principal_id for update of presence
), proven as materialized (
  select locked.* from locked
  join machine_key on machine_key.certificate_sha256 = locked.certificate and machine_key.principal_id = locked.id
  join principal on principal.id = locked.id
  where machine_key.state = 'current' and principal.state = 'enabled'
), spent as (
  insert into assertion (digest, expires_at) select digest, expires_at from proven order by digest
  on conflict (digest) do nothing returning digest
), written as (
  update presence set status = 'Connected', last_heartbeat_at = time, nonce = fresh, previous_nonce = presented, host_name = host,
    status_changed_at = case status when 'Connected' then status_changed_at else time end
  from proven join spent on spent.digest = proven.digest where presence.principal_id = proven.id
  returning presence.principal_id, was <> 'Connected' as is_back
)
select written.principal_id, written.is_back, machine.tags, (
  select json_agg(json_build_object('clientId', client_id, 'principalId', id, 'resourceId', coalesce(resource_id, '')) order by id)
  from machine_user_identity join principal on principal.id = identity_principal_id
  where machine_principal_id = written.principal_id and principal.state <> 'deleted'
) as identities
from written join machine on machine.principal_id = written.principal_id`

interface TakenRow {
  principal_id: string
  is_back: boolean
  tags: string
  identities: AssignedIdentity[] | null
}

/**
 * Takes those of `beats` that need no second look, and no other; resolves to what became of these, by heartbeat. Nothing
 * was done for any other.
 */
export async function takeAtOnce(
  beats: readonly Beat[],
  { runAlone, noteNews }: { runAlone: NonNullable<Storage['runAlone']> } & NoteNews,
): Promise<ReadonlyMap<Beat, BeatOutcome>> {
  const plain = new Map([...firstOfEach(beats)].filter(([, beat]) => isPlain(beat)))
  if (plain.size === 0) return new Map()
  const rows = await runAlone<TakenRow>(TAKE_AT_ONCE, columnsOf([...plain.values()]))
  if (rows.some(({ is_back }) => is_back)) noteNews?.()
  return new Map(
    rows.flatMap((row) => {
      const beat = plain.get(row.principal_id)
      return beat ? [[beat, toldOf(row)]] : []
    }),
  )
}

/** What a machine says of itself is written by other means, and the first use of a new key too. */
function isPlain({ key, properties, health }: Beat): boolean {
  return (
    properties === undefined &&
    health === undefined &&
    key.state === 'current' &&
    key.principalState === 'enabled'
  )
}

/** Of two heartbeats of a machine the second must bring what the first was given. */
function firstOfEach(beats: readonly Beat[]): Map<string, Beat> {
  const first = new Map<string, Beat>()
  for (const beat of beats) {
    const { principalId } = beat.key.identity
    if (!first.has(principalId)) first.set(principalId, beat)
  }
  return first
}

function columnsOf(beats: readonly Beat[]): unknown[][] {
  const spent = beats.map(({ spends }) => spentRow(spends))
  return [
    beats.map(({ key }) => key.identity.principalId),
    beats.map(({ key }) => key.certificateSha256),
    beats.map(({ nonce }) => nonce),
    beats.map(({ freshNonce }) => freshNonce),
    beats.map(({ hostName }) => hostName),
    beats.map(({ time }) => time.getTime()),
    spent.map(({ digest }) => digest),
    spent.map(({ expires_at }) => expires_at),
  ]
}

function toldOf({ tags, identities }: TakenRow): ToldMachine {
  return { identities: identities ?? [], tags: JSON.parse(tags) }
}
