/**
 * What a registry that is some days old has beside its machines, made by PostgreSQL itself: roles, what agents have told of their
 * parts, and an audit trail.
 *
 * @module
 */

import { query } from '../packages/control-plane/src/testing/postgres.ts'

/** Over so long the trail goes: ten days. */
const TRAIL_MILLISECONDS = 864_000_000

/** How many are disabled, which is done once. */
const DISABLED = 3

/** Of so many machines one is out, one was refused and one was changed by each round of the trail. */
const OUT_OF = 20
const REFUSED_OF = 100
const CHANGED_OF = 50

/** Of so many tokens one is for an audience that few ask for. */
const RARE_OF = 5_000

/** What nearly all tokens are for, and what few are. */
export const AUDIENCES = { frequent: 'https://storage.azure.com', rare: 'api://rare' } as const

/** Of so many machines a part of one's agent fails. */
const FAILING_OF = 1_000

/** The parts that the agent of a machine without any setting tells. */
const PARTS = ['audit-log', 'key-folder', 'endpoint arc', 'certificate', 'clock']

const READER = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'

/** Gives each machine a role at its group, makes some of them silent, and writes the trail, the oldest rows first. */
export async function fillPortal(
  url: string,
  { filledAt, entries }: { filledAt: number; entries: number },
): Promise<void> {
  await query(
    url,
    `insert into role_assignment (name, scope, scope_key, role_id, principal_id, created_by, created_at)
      select md5(principal_id)::uuid::text, group_key, group_key, '${READER}', principal_id, principal_id, 0 from machine
      where group_key like '%/g1%'`,
  )
  await query(
    url,
    `update presence set status = 'Disconnected', status_changed_at = last_heartbeat_at, last_heartbeat_at = last_heartbeat_at - 172800000
      where hashtext(principal_id) % ${OUT_OF} = 0`,
  )
  await query(
    url,
    `update principal set state = 'disabled' where id in (select principal_id from machine order by resource_key desc limit ${DISABLED})`,
  )
  await fillHealth(url, filledAt)
  const part = Math.round(TRAIL_MILLISECONDS / entries)
  for (let round = entries; round > 0; round -= 1) await writeRound(url, filledAt, { round, part })
  await query(url, 'vacuum analyze')
}

/** Each machine has told its parts, as its agent does with the first heartbeat. */
async function fillHealth(url: string, filledAt: number): Promise<void> {
  const since = new Date(filledAt - TRAIL_MILLISECONDS).toISOString()
  const told = (failing?: string) =>
    JSON.stringify(
      PARTS.map((part) => ({
        part,
        ok: part !== failing,
        ...(part === failing && { code: 'audit_unwritable' }),
        since,
      })),
    )
  await query(
    url,
    `insert into machine_health (principal_id, parts, failing, reported_at)
      select principal_id, case when fails then '${told('audit-log')}' else '${told()}' end, case when fails then 1 else 0 end, ${filledAt}
      from (select principal_id, abs(hashtext(principal_id)) % ${FAILING_OF} = 0 as fails from machine) as machine
      on conflict do nothing`,
  )
}

/** One entry for each machine, within one part of the time. */
async function writeRound(
  url: string,
  filledAt: number,
  { round, part }: { round: number; part: number },
): Promise<void> {
  const kind = `abs(hashtext(id || ${round}))`
  await query(
    url,
    `insert into audit (id, time, action, outcome, code, client_id, principal_id, resource_id, audience, correlation_id, suppressed, last_time)
      select md5(id || ${round})::uuid::text, time, action, case action when 'heartbeat' then 'refused' else 'done' end,
        case action when 'heartbeat' then 'MachineCloned' end, client_id, id, resource_id,
        case when action <> 'issue-token' then null when kind % ${RARE_OF} = 2 then '${AUDIENCES.rare}' else '${AUDIENCES.frequent}' end, id, 0, time
      from (
        select id, client_id, resource_id, ${kind} as kind, ${filledAt} - (${part} * (${round} - random()))::bigint as time,
          case when ${kind} % ${REFUSED_OF} = 0 then 'heartbeat' when ${kind} % ${CHANGED_OF} = 1 then 'change-machine' else 'issue-token' end as action
        from principal where kind = 'machine' and resource_id like '%/g1%'
      ) as entry order by time`,
  )
}

/** The tables that grow with machines, and how many of their rows were read without an index since the statistics began. */
export async function rowsScanned(url: string): Promise<ReadonlyMap<string, number>> {
  const rows = await query<{ relname: string; seq_tup_read: string }>(
    url,
    `select relname, seq_tup_read from pg_stat_user_tables
      where relname in ('machine', 'presence', 'principal', 'machine_key', 'machine_health', 'audit', 'role_assignment')`,
  )
  return new Map(rows.map(({ relname, seq_tup_read }) => [relname, Number(seq_tup_read)]))
}
