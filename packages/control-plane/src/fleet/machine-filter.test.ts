import { describe, expect, test } from 'vitest'
import { migrate } from '../storage/migrations.ts'
import {
  FIRST_HEARTBEAT,
  fillRegistry,
  principalOf,
  resourceKeyOf,
  SUBSCRIPTION,
} from '../testing/filled-registry.ts'
import { queryPlans } from '../testing/query-plans.ts'
import { makeKeys } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialStorage } from '../testing/trial-registry.ts'
import { codeOf, startTrialResourceManager } from '../testing/trial-resource-manager.ts'
import { findWantedMachines } from './machine-filter.ts'
import { readMachineFilter } from './machine-filter-text.ts'

const VERSION = 'api-version=2025-01-13'
const DAY = 86_400_000

describe.each(DATABASES)('on %s', (database) => {
  async function start() {
    const trial = await startTrialResourceManager({ database })
    const { clock, registry, storage, subscriptionId } = trial
    const now = clock.now().getTime()
    const add = async (name: string, machine: object = {}, presence: object = {}) => {
      const { publicKey } = await makeKeys('ec')
      const { identity } = await registry.registerMachine({ name, publicKey, resourceGroup: 'web' })
      const { principalId } = identity
      const { db } = storage
      const own = { created_at: now - 90 * DAY, ...machine }
      await db.updateTable('machine').set(own).where('principal_id', '=', principalId).execute()
      if (Object.keys(presence).length === 0) return
      await db.updateTable('presence').set(presence).where('principal_id', '=', principalId).execute()
    }
    const list = async (filter: string, place = '') => {
      const query = new URLSearchParams({ $filter: filter })
      const path = `/subscriptions/${subscriptionId}${place}/providers/Microsoft.HybridCompute/machines`
      const answer = await trial.ask(`${path}?${VERSION}&${query}`)
      return answer.status === 200
        ? answer.body.value.map(({ name }: { name: string }) => name).toSorted()
        : codeOf(answer)
    }
    return { ...trial, add, list, now }
  }

  test('a list is narrowed by status, tags, version of the agent and the last heartbeat', async () => {
    const { add, list, now } = await start()
    const connected = { status: 'Connected', last_heartbeat_at: now - 60_000 }
    const away = { status: 'Disconnected', last_heartbeat_at: now - 40 * DAY }
    const tags = (all: object) => JSON.stringify(all)
    const properties = (agentVersion: string) => JSON.stringify({ agentVersion })
    await add('a', { tags: tags({ Env: 'prod', rack: '7' }), properties: properties('1.10.0') }, connected)
    await add('b', { tags: tags({ env: 'Prod', rack: '7' }), properties: properties('1.9.0') }, away)
    await add('c', { tags: tags({ env: 'it"s 100%', prod: 'env', Büro: 'Köln' }) })
    for (const [filter, wanted] of [
      [`properties/status eq 'Disconnected'`, ['b']],
      [`properties/status eq 'connected' and tagName eq 'env' and tagValue eq 'prod'`, ['a']],
      [`tagName eq 'ENV' and tagValue eq 'prod'`, ['a']],
      [`tagName eq 'BÜRO'`, ['c']],
      [`tagName eq 'büro' and tagValue eq 'KÖLN'`, []],
      [`tagName eq 'env' and tagValue eq 'it"s 100%'`, ['c']],
      [`tagName eq 'env' and tagValue eq '%'`, []],
      [`tagName eq 'rack'`, ['a', 'b']],
      [`tagName eq 'rack' and tagName eq 'env' and tagValue eq 'Prod'`, ['b']],
      [`properties/agentVersion lt '1.10.0'`, ['b']],
      [`properties/agentVersion eq '1.10.0'`, ['a']],
      [`properties/lastHeartbeat lt '${new Date(now - 30 * DAY).toISOString()}'`, ['b', 'c']],
      [`properties/lastHeartbeat lt '${new Date(now - 60 * DAY).toISOString()}'`, ['c']],
      [`properties/statusReason eq 'Disabled'`, []],
    ] as const) {
      expect(await list(filter), filter).toEqual(wanted)
    }
    const inGroup = (filter: string) => list(filter, '/resourceGroups/web')
    expect(await inGroup(`properties/status eq 'AwaitingConnection'`)).toEqual(['c'])
    expect(await inGroup(`substringof('A',name)`)).toEqual(['a'])
    expect(await inGroup(`substringof('_',name)`)).toEqual([])
  })

  test('a list is narrowed by when certificates end, and by that no version was told', async () => {
    const { add, list, storage, now } = await start()
    for (const [name, days] of [
      ['a', -1],
      ['b', 3],
      ['c', 20],
    ] as const) {
      await add(name, { properties: JSON.stringify(name === 'b' ? {} : { agentVersion: '1.0.0' }) })
      const { id } = await storage.db
        .selectFrom('principal')
        .select('id')
        .where('display_name', '=', name)
        .executeTakeFirstOrThrow()
      await storage.db
        .updateTable('machine_key')
        .set({ not_after: now + days * DAY })
        .where('principal_id', '=', id)
        .execute()
    }
    const at = (days: number) => `'${new Date(now + days * DAY).toISOString()}'`
    for (const [filter, wanted] of [
      [`properties/certificateEnd lt ${at(0)}`, ['a']],
      [`properties/certificateEnd ge ${at(0)} and properties/certificateEnd lt ${at(7)}`, ['b']],
      [`properties/certificateEnd ge ${at(3)} and properties/certificateEnd lt ${at(20)}`, ['b']],
      [`properties/certificateEnd lt ${at(30)} and properties/agentVersion eq ''`, ['b']],
      [`properties/certificateEnd lt ${at(30)} and properties/statusReason eq 'Disabled'`, []],
    ] as const) {
      expect(await list(filter, '/resourceGroups/web'), filter).toEqual(wanted)
    }
  })

  test.each(['name', 'heartbeat', 'newest', undefined] as const)(
    'of many machines the few that are disabled, of a rare status or with a certificate that ends soon are found at once, ordered by %s',
    async (order) => {
      const storage = await openTrialStorage({ database })
      await migrate(storage, new Date())
      await fillRegistry(storage, 12_000)
      const { db } = storage
      const rare = [5_000, 11_998, 11_999]
      const ids = rare.map(principalOf)
      await db.updateTable('principal').set({ state: 'disabled' }).where('id', 'in', ids).execute()
      await db.updateTable('presence').set({ status: 'Expired' }).where('principal_id', 'in', ids).execute()
      await db.updateTable('machine_key').set({ not_after: 7 }).where('principal_id', 'in', ids).execute()
      const wanted = order === 'newest' ? rare.toReversed() : rare
      for (const filter of [
        `properties/statusReason eq 'Disabled'`,
        `properties/status eq 'Expired'`,
        `properties/certificateEnd lt '1970-01-02T00:00:00Z'`,
      ]) {
        const query = { filter: readMachineFilter(filter), order }
        const range = { subscriptionId: SUBSCRIPTION, after: '' }
        const found = await findWantedMachines(db, query, { ...range, limit: 100 })
        expect(found.machines.map(({ resourceKey }) => resourceKey)).toEqual(
          wanted.map((i) => resourceKeyOf(i)),
        )
        expect(found.lookedTo).toBeUndefined()
        const [first] = (await findWantedMachines(db, query, { ...range, limit: 1 })).machines
        const rest = await findWantedMachines(db, query, { ...range, after: first?.place ?? '', limit: 100 })
        expect(rest.machines).toEqual(found.machines.slice(1))
        const plans = await queryPlans(storage, (asked) =>
          findWantedMachines(asked.db, query, { ...range, limit: 100 }),
        )
        expect(plans.join('\n'), filter).not.toMatch(/Seq Scan|SCAN (?!\w+ USING)/)
      }
    },
  )

  test('those of whose agents a part fails are found, in each order', async () => {
    const { add, list, storage, now, subscriptionId } = await start()
    for (const name of ['a', 'b', 'c']) await add(name)
    const rows = await storage.db.selectFrom('machine').select(['principal_id', 'name']).execute()
    const idOf = (name: string) => rows.find((row) => row.name === name)?.principal_id ?? ''
    const health = (name: string, failing: number) => ({ principal_id: idOf(name), failing })
    const told = [health('a', 2), health('b', 0), health('c', 1)]
    await storage.db
      .insertInto('machine_health')
      .values(told.map((one) => ({ ...one, parts: '[]', reported_at: now })))
      .execute()
    const failing = `properties/landfastHealth eq 'Failing'`
    expect(await list(failing)).toEqual(['a', 'c'])
    expect(await list(failing, '/resourceGroups/web')).toEqual(['a', 'c'])
    expect(await list(`${failing} and name eq 'x'`)).toEqual([400, 'InvalidFilterInQueryString'])
    expect(await list(`${failing} and substringof('c',name)`)).toEqual(['c'])
    const filter = readMachineFilter(failing)
    const range = { subscriptionId, after: '', limit: 1 }
    for (const order of [undefined, 'name', 'heartbeat'] as const) {
      const first = await findWantedMachines(storage.db, { filter, order }, range)
      const [{ place = '', resourceKey = '' } = {}] = first.machines
      const next = await findWantedMachines(storage.db, { filter, order }, { ...range, after: place })
      const found = [resourceKey, next.machines[0]?.resourceKey ?? ''].map((key) => key.split('/').at(-1))
      expect([order, found.toSorted()]).toEqual([order, ['a', 'c']])
    }
    const plans = await queryPlans(storage, (asked) => findWantedMachines(asked.db, { filter }, range))
    // PostgreSQL reads so small a table as a whole.
    if (database === 'sqlite') expect(plans.join('\n')).toContain('machine_health_failing')
  })

  test('of many machines a page looks at some, and the next one goes on behind them', async () => {
    const storage = await openTrialStorage({ database })
    await migrate(storage, new Date())
    const count = 21_000
    await fillRegistry(storage, count)
    const rare = [2_499, 2_500, 20_999]
    const { db } = storage
    await db
      .updateTable('machine')
      .set({ tags: '{"rare":"yes"}' })
      .where('principal_id', 'in', rare.map(principalOf))
      .execute()
    const filter = readMachineFilter(`tagName eq 'rare'`)
    const found: string[][] = []
    for (let after = ''; ; ) {
      const range = { subscriptionId: SUBSCRIPTION, after, limit: 100 }
      const { machines, lookedTo } = await findWantedMachines(db, { filter }, range)
      found.push(machines.map(({ resourceKey }) => resourceKey))
      if (lookedTo === undefined) break
      after = lookedTo
    }
    expect(found.map((page) => page.length)).toEqual([1, 1, 0, 0, 0, 0, 0, 0, 1])
    expect(found.flat()).toEqual(rare.map((i) => resourceKeyOf(i)))
    const soon = new Date(FIRST_HEARTBEAT + 1).toISOString()
    const all = readMachineFilter(
      `properties/status eq 'Connected' and properties/lastHeartbeat lt '${soon}' and tagName eq 'role'`,
    )
    const range = { subscriptionId: SUBSCRIPTION, after: '', limit: 100 }
    const plans = await queryPlans(storage, (asked) => findWantedMachines(asked.db, { filter: all }, range))
    // PostgreSQL reads a small table of presences as a whole; the list itself never.
    expect(plans.join('\n')).not.toMatch(/Seq Scan on machine|SCAN |TEMP B-TREE/)
  })
})

test.each([
  `status eq 'Connected'`,
  `properties/status eq 'Gone'`,
  `properties/status lt 'Connected'`,
  `properties/landfastHealth eq 'Good'`,
  `properties/status eq 'Connected' and properties/status eq 'Connected'`,
  `tagValue eq 'prod'`,
  `tagName eq 'a' and tagValue eq 'b' and tagValue eq 'c'`,
  `properties/agentVersion lt 'newest'`,
  `properties/agentVersion ge '1.0.0'`,
  `properties/certificateEnd eq '2030-01-01T00:00:00Z'`,
  `properties/certificateEnd lt 'soon'`,
  `properties/certificateEnd lt '2030-01-01T00:00:00Z' and properties/certificateEnd lt '2031-01-01T00:00:00Z'`,
  `properties/lastHeartbeat lt 'yesterday'`,
  `properties/lastHeartbeat lt '2030-01-01T00:00:00'`,
  `properties/lastHeartbeat lt '2030-02-31T25:00:00Z'`,
  `name eq 'web-1'`,
  `properties/status eq 'Connected' or tagName eq 'a'`,
  `constructor eq 'a'`,
])('what is not understood is refused: %s', (filter) => {
  expect(() => readMachineFilter(filter)).toThrow(
    expect.objectContaining({ code: 'InvalidFilterInQueryString' }),
  )
})

test('a filter of more terms than anybody needs is refused: each is looked for in every machine', () => {
  const terms = (count: number) =>
    Array.from({ length: count }, (_, at) => `tagName eq 't${at}'`).join(' and ')
  expect(readMachineFilter(terms(32)).tags).toHaveLength(32)
  expect(() => readMachineFilter(terms(33))).toThrow(
    expect.objectContaining({ code: 'InvalidFilterInQueryString' }),
  )
})
