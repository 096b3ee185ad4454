import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Schema } from '../storage/schema.ts'
import { queryPlans } from '../testing/query-plans.ts'
import { makeKeys } from '../testing/trial.ts'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import type { AuditEntry } from './audit-entry.ts'
import type { AuditSpan } from './audit-list.ts'
import { findCallers, findMachinesMeant, type Meant, namesOf } from './audit-people.ts'
import { type AuditSearch, searchAudit } from './audit-search.ts'
import { recordAudit } from './audit-trail.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const ALL: AuditSpan = { since: new Date(0), until: new Date('2031-01-01'), after: '', limit: 100 }

async function start(database: TrialDatabase) {
  const opened = await openTrialRegistry(() => NOW, { database })
  const add = async (name: string) => {
    const { publicKey } = await makeKeys('ec')
    const { identity } = await opened.registry.registerMachine({ name, publicKey, resourceGroup: 'web' })
    return identity
  }
  let seconds = 0
  const write = async (id: string, entry: Partial<AuditEntry>) => {
    seconds += 1
    const time = new Date(NOW.getTime() + seconds * 1_000)
    const own = { id, time, correlationId: randomUUID(), action: 'issue-token', outcome: 'done' } as const
    await recordAudit(opened.db, [{ ...own, ...entry }])
  }
  const find = async (search: AuditSearch, span: Partial<AuditSpan> = {}) => {
    const rows = await searchAudit(opened.db, search, { ...ALL, ...span })
    return rows.map(({ row }) => row.id).filter((id) => id.length < 3)
  }
  return { ...opened, add, write, find }
}

async function meant(found: Promise<Meant | undefined>): Promise<Meant> {
  const someone = await found
  if (!someone) throw new Error('nobody is meant')
  return someone
}

describe.each(DATABASES)('on %s', (database) => {
  test('the trail is searched by who asked, about which machine, what, and with which outcome', async () => {
    const { db, add, write, find, registry } = await start(database)
    const [web, other] = [await add('web-1'), await add('other')]
    const stranger = randomUUID()
    const by = ({ clientId }: { clientId: string }) => ({ clientId })
    await write('a', { ...by(web), principalId: web.principalId, resourceId: web.resourceId })
    await write('b', { ...by(other), action: 'change-machine', ...subject(web) })
    await write('c', {
      ...by(other),
      action: 'Microsoft.HybridCompute/machines/delete',
      outcome: 'refused',
      principalId: other.principalId,
      resourceId: web.resourceId.toUpperCase(),
    })
    await write('d', { clientId: stranger, outcome: 'refused', code: '700016' })
    await write('e', { ...by(other), principalId: other.principalId, resourceId: other.resourceId })
    const assigned = `/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i`
    await write('f', { ...by(web), principalId: randomUUID(), resourceId: assigned })
    await registry.deleteMachine(web.resourceId)
    const callers = await meant(findCallers(db, 'OTHER'))
    const machines = await meant(findMachinesMeant(db, 'Web-1'))
    expect(await find({})).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    expect(await find({}, { isNewestFirst: true, limit: 2 })).toEqual(['f', 'e'])
    expect(await find({ id: 'd' })).toEqual(['d'])
    expect(await find({ callers: await meant(findCallers(db, web.clientId)) })).toEqual(['a', 'f'])
    expect(
      await find({ machines: await meant(findMachinesMeant(db, 'web-1')), action: 'issue-token' }),
    ).toEqual(['a', 'f'])
    expect(await find({ callers })).toEqual(['b', 'c', 'e'])
    expect(await find({ machines })).toEqual(['a', 'b', 'c', 'f'])
    expect(await find({ callers, machines })).toEqual(['b', 'c'])
    expect(await find({ machines, outcome: 'refused' })).toEqual(['c'])
    expect(await find({ outcome: 'refused' })).toEqual(['c', 'd'])
    expect(await find({ action: 'change-machine' })).toEqual(['b'])
    expect(await find({ callers, action: 'issue-token' })).toEqual(['e'])
    expect(await find({ callers: await meant(findCallers(db, stranger)) })).toEqual(['d'])
    expect(await find({ machines: await meant(findMachinesMeant(db, web.resourceId)) })).toEqual([
      'a',
      'b',
      'c',
      'f',
    ])
    expect(await find({ machines: await meant(findMachinesMeant(db, web.principalId)) })).toEqual([
      'a',
      'b',
      'c',
      'f',
    ])
    expect(await find({ machines }, { since: new Date(NOW.getTime() + 2_000) })).toEqual(['b', 'c', 'f'])
    expect(await findCallers(db, 'nobody')).toBeUndefined()
    expect(await findMachinesMeant(db, 'nothing')).toBeUndefined()
    const rows = [{ client_id: web.clientId, principal_id: other.principalId }]
    expect(new Set((await namesOf(db, rows)).values())).toEqual(new Set(['web-1', 'other']))
  })

  test('by a correlation id the changes and refusals of the request are found, and by a code what was refused with it', async () => {
    const { db, add, write, find } = await start(database)
    const [web, other] = [await add('web-1'), await add('other')]
    const [correlationId, clientId] = [randomUUID(), web.clientId]
    await write('a', { correlationId, clientId, action: 'assign-role' })
    await write('b', { correlationId, clientId, outcome: 'refused', code: '700016' })
    await write('c', { correlationId, clientId: other.clientId, action: 'remove-role' })
    await write('d', { correlationId, clientId, principalId: web.principalId })
    await write('e', { clientId, outcome: 'refused', code: '700016', ...subject(web) })
    await write('f', { clientId, action: 'trim-audit', code: '700016' })
    const callers = await meant(findCallers(db, 'web-1'))
    expect(await find({ correlationId })).toEqual(['a', 'b', 'c'])
    expect(await find({ correlationId, outcome: 'refused' })).toEqual(['b'])
    expect(await find({ correlationId, callers })).toEqual(['a', 'b'])
    expect(await find({ correlationId: randomUUID() })).toEqual([])
    expect(await find({ code: '700016' })).toEqual(['b', 'e'])
    expect(await find({ code: '700016', outcome: 'done' })).toEqual([])
    expect(await find({ code: '700016', callers }, { isNewestFirst: true })).toEqual(['e', 'b'])
    expect(await find({ code: '700016', correlationId })).toEqual(['b'])
    expect(await find({ code: '7' })).toEqual([])
  })

  test('by an audience its tokens are found, given and refused, in any case and with a slash at its end or without', async () => {
    const { db, add, write, find } = await start(database)
    const web = await add('web-1')
    const by = { clientId: web.clientId, ...subject(web) }
    const long = `api://${'x'.repeat(600)}`
    await write('a', { ...by, audience: 'https://vault.azure.net' })
    await write('b', { ...by, audience: 'https://vault.azure.net/' })
    await write('c', { audience: 'HTTPS://Vault.Azure.net', outcome: 'refused', code: '7000112' })
    await write('d', { ...by, audience: 'https://vault.azure.net/x' })
    await write('e', { ...by, audience: long })
    await write('f', { ...by, audience: `${long}y` })
    await write('g', { ...by, action: 'change-machine' })
    await write('h', { ...by, action: 'grant-app-role', audience: 'https://vault.azure.net' })
    for (const audience of ['https://vault.azure.net', 'https://VAULT.azure.net/']) {
      expect(await find({ audience })).toEqual(['a', 'b', 'c', 'h'])
      expect(await find({ audience }, { isNewestFirst: true, limit: 3 })).toEqual(['h', 'c', 'b'])
      expect(await find({ audience, outcome: 'refused' })).toEqual(['c'])
      expect(await find({ audience, outcome: 'done' })).toEqual(['a', 'b', 'h'])
      expect(await find({ audience, action: 'issue-token' })).toEqual(['a', 'b', 'c'])
      expect(await find({ audience, action: 'grant-app-role' })).toEqual(['h'])
      expect(await find({ audience, code: '7000112' })).toEqual(['c'])
      const callers = await meant(findCallers(db, 'web-1'))
      const machines = await meant(findMachinesMeant(db, 'web-1'))
      expect(await find({ audience, callers, action: 'issue-token' })).toEqual(['a', 'b'])
      expect(await find({ audience, machines })).toEqual(['a', 'b', 'h'])
    }
    expect(await find({ audience: long })).toEqual(['e'])
    expect(await find({ audience: 'https://vault.azure.net//' })).toEqual(['b'])
  })

  test('a row that stands for an hour is found in a span that begins within it, in its order and on each page', async () => {
    const { db, write, find } = await start(database)
    const at = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)
    const refused = { action: 'heartbeat', outcome: 'refused', code: 'MachineCloned' } as const
    for (const [name, minutes] of Object.entries({ a: 0, b: 1, c: 2 })) {
      await write(name, { ...refused, time: at(minutes), gathered: name })
    }
    await write('x', { ...refused, time: at(40), gathered: 'a', suppressed: 3 })
    await write('y', { ...refused, time: at(40), gathered: 'b' })
    await write('d', { ...refused, time: at(45) })
    await write('e', { time: at(46) })
    const [row] = await db.selectFrom('audit').selectAll().where('id', '=', 'a').execute()
    expect(row).toMatchObject({ count: 2, suppressed: 3, time: at(0).getTime(), last_time: at(40).getTime() })
    const span = { since: at(30) }
    expect(await find({}, span)).toEqual(['a', 'b', 'd', 'e'])
    expect(await find({ outcome: 'refused' }, span)).toEqual(['a', 'b', 'd'])
    expect(await find({ code: 'MachineCloned' }, { since: at(41) })).toEqual(['d'])
    expect(await find({}, { ...span, until: at(31) })).toEqual(['a', 'b'])
    for (const isNewestFirst of [false, true]) {
      const ids = await idsOf(db, {}, { isNewestFirst, ...span })
      expect(isNewestFirst ? ids.toReversed() : ids).toEqual(['a', 'b', 'd', 'e'])
    }
  })

  test('pages of a search follow each other without a gap or a row twice', async () => {
    const { db, add, write, find } = await start(database)
    const web = await add('web-1')
    const ids = Array.from({ length: 9 }, (_, index) => `${index}`)
    for (const id of ids) {
      const action = Number(id) % 2 === 0 ? 'issue-token' : 'change-machine'
      await write(id, { time: NOW, action, clientId: web.clientId, ...subject(web) })
    }
    const callers = await meant(findCallers(db, web.clientId))
    const machines = await meant(findMachinesMeant(db, 'web-1'))
    for (const search of [{ callers }, { machines }, { callers, machines }]) {
      expect(await idsOf(db, search, { isNewestFirst: false })).toEqual(ids)
      expect(await idsOf(db, search, { isNewestFirst: true })).toEqual(ids.toReversed())
    }
    expect(await find({ callers })).toEqual(ids)
  })

  test('of many rows no search looks at all, and none is sorted', async () => {
    const { db, storage, add } = await start(database)
    const machine = await add('web-1')
    await fill(db, 20_000)
    if (database === 'postgres') await analyze(db)
    const callers = await meant(findCallers(db, machine.clientId))
    const machines = await meant(findMachinesMeant(db, 'web-1'))
    const searches: AuditSearch[] = [
      { callers },
      { machines },
      { callers, machines },
      { action: 'assign-role' },
      { outcome: 'refused' },
      { correlationId: randomUUID() },
      { code: '700016' },
      { tokenIds: '1t0X79t24f-d' },
      { code: '700016', action: 'issue-token', outcome: 'refused' },
      { audience: 'https://vault.azure.net' },
      { audience: 'https://vault.azure.net', outcome: 'refused' },
      { audience: 'https://vault.azure.net', action: 'issue-token' },
      { audience: 'https://vault.azure.net', action: 'grant-app-role' },
    ]
    for (const search of searches) {
      for (const isNewestFirst of [false, true]) {
        const span = { ...ALL, since: NOW, isNewestFirst }
        const plans = await queryPlans(storage, (asked) => searchAudit(asked.db, search, span))
        expect(plans.join('\n'), JSON.stringify(search)).not.toMatch(/Seq Scan|SCAN audit|audit_time/)
      }
    }
    const names = await queryPlans(storage, async (asked) => {
      await findCallers(asked.db, 'web-1')
      await findMachinesMeant(asked.db, machine.resourceId)
    })
    expect(names.join('\n')).not.toMatch(/Seq Scan|SCAN principal/)
  })
})

/** What a search finds, read in pages of two. */
async function idsOf(db: Kysely<Schema>, search: AuditSearch, order: Partial<AuditSpan>): Promise<string[]> {
  const found: string[] = []
  for (let after = ''; ; ) {
    const page = await searchAudit(db, search, { ...ALL, ...order, after, limit: 2 })
    found.push(...page.map(({ row }) => row.id).filter((id) => id.length < 3))
    const last = page.at(-1)
    if (!last || page.length < 2) return found
    after = last.key
  }
}

function subject({ principalId, resourceId }: { principalId: string; resourceId: string }) {
  return { principalId, resourceId }
}

async function fill(db: Kysely<Schema>, count: number): Promise<void> {
  const entries = Array.from({ length: count }, (_, index): AuditEntry => {
    const [clientId, principalId] = [randomUUID(), randomUUID()]
    const time = new Date(NOW.getTime() + index)
    const own = {
      id: randomUUID(),
      correlationId: clientId,
      time,
      action: 'issue-token',
      outcome: 'done',
    } as const
    return { ...own, clientId, principalId, resourceId: `/subscriptions/s/machines/${index}` }
  })
  await recordAudit(db, entries)
  const { id: tenant } = await db.selectFrom('tenant').select('id').executeTakeFirstOrThrow()
  const principals = entries.map(({ clientId = '', principalId = '', resourceId = '' }, index) => ({
    ...{ id: principalId, client_id: clientId, tenant_id: tenant, kind: 'machine' as const },
    ...{ display_name: `m${index}`, resource_id: resourceId, state: 'enabled' as const },
    ...{ created_at: 0, changed_at: 0 },
  }))
  for (let at = 0; at < count; at += 1_000)
    await db
      .insertInto('principal')
      .values(principals.slice(at, at + 1_000))
      .execute()
}

async function analyze(db: Kysely<Schema>): Promise<void> {
  const { sql } = await import('kysely')
  await sql`analyze`.execute(db)
}
