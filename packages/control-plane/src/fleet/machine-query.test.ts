import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { migrate } from '../storage/migrations.ts'
import type { Schema } from '../storage/schema.ts'
import { fillRegistry, principalOf, resourceKeyOf, SUBSCRIPTION } from '../testing/filled-registry.ts'
import { queryPlans } from '../testing/query-plans.ts'
import { makeKeys } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { openTrialStorage } from '../testing/trial-registry.ts'
import { CALLERS_GROUP, codeOf, startTrialResourceManager } from '../testing/trial-resource-manager.ts'
import { findWantedMachines, type MachineQuery } from './machine-filter.ts'
import { readMachineQuery } from './machine-query.ts'

const VERSION = 'api-version=2025-01-13'
const EVERY = { tags: [] }

describe.each(DATABASES)('on %s', (database) => {
  async function start() {
    const trial = await startTrialResourceManager({ database })
    const now = trial.clock.now().getTime()
    const add = async (name: string, { group = 'web', ...presence }: { group?: string } & object = {}) => {
      const { publicKey } = await makeKeys('ec')
      const { identity } = await trial.registry.registerMachine({ name, publicKey, resourceGroup: group })
      const { principalId } = identity
      const { db } = trial.storage
      if (Object.keys(presence).length > 0)
        await db.updateTable('presence').set(presence).where('principal_id', '=', principalId).execute()
      const machine = await trial.registry.findMachine(identity.resourceId)
      return { ...identity, vmId: machine?.vmId ?? '' }
    }
    const list = async (query: Record<string, string>, place = '') => {
      const path = `/subscriptions/${trial.subscriptionId}${place}/providers/Microsoft.HybridCompute/machines`
      const names: string[] = []
      for (let next = `${path}?${VERSION}&${new URLSearchParams(query)}`; next !== ''; ) {
        const answer = await trial.ask(next)
        if (answer.status !== 200) return codeOf(answer)
        const machines: { id: string; name: string }[] = answer.body.value
        names.push(...machines.filter(({ id }) => !id.includes(CALLERS_GROUP)).map(({ name }) => name))
        const { pathname, search } = new URL(answer.body.nextLink ?? 'https://end.example')
        next = pathname === '/' ? '' : pathname + search
      }
      return names
    }
    return { ...trial, add, list, now }
  }

  test('a machine is found by each of its ids, and by how its name begins, in any case', async () => {
    const { add, list } = await start()
    const web = await add('Web-1')
    await add('web_2', { group: 'a' })
    await add('other')
    for (const $search of [
      web.principalId,
      web.clientId.toUpperCase(),
      web.vmId,
      web.resourceId.toLowerCase(),
    ])
      expect(await list({ $search }), $search).toEqual(['Web-1'])
    expect(await list({ $search: 'WEB' })).toEqual(['Web-1', 'web_2'])
    expect(await list({ $search: ' web- ' })).toEqual(['Web-1'])
    expect(await list({ $search: 'web_' })).toEqual(['web_2'])
    expect(await list({ $search: 'eb' })).toEqual([])
    expect(await list({ $search: 'web%' })).toEqual([])
    expect(await list({ $search: `${web.resourceId}x` })).toEqual([])
    expect(await list({ $search: web.principalId }, '/resourceGroups/web')).toEqual(['Web-1'])
    expect(await list({ $search: 'web' }, '/resourceGroups/web')).toEqual(['Web-1'])
    expect(await list({ $search: web.principalId }, `/resourceGroups/${CALLERS_GROUP}`)).toEqual([])
    expect(await list({ $search: 'web', $filter: "properties/status eq 'Connected'" })).toEqual([])
  })

  test('a list is in the order of names, or of the last heartbeats with what is out first, page by page', async () => {
    const { add, list, now } = await start()
    const seen = (status: string, minutesAgo: number) => ({
      status,
      last_heartbeat_at: now - minutesAgo * 60_000,
    })
    await add('b', { group: 'one', ...seen('Connected', 4) })
    await add('a', { group: 'two', ...seen('Connected', 2) })
    await add('d', { group: 'one', ...seen('Disconnected', 20) })
    await add('c', { group: 'two', ...seen('Expired', 9_000) })
    await add('never', { group: 'one' })
    const byHeartbeat = ['never', 'c', 'd', 'b', 'a']
    for (const $top of ['1', '2', '100']) {
      expect(await list({ $top, $orderby: 'name' })).toEqual(['a', 'b', 'c', 'd', 'never'])
      expect(await list({ $top, $orderby: 'properties/lastHeartbeat' })).toEqual(byHeartbeat)
    }
    expect(await list({ $top: '1' })).toEqual(['b', 'd', 'never', 'a', 'c'])
    const newest = { $top: '1', $orderby: 'properties/lastHeartbeat  DESC' }
    for (const $top of ['1', '2', '100'])
      expect(await list({ ...newest, $top })).toEqual(byHeartbeat.toReversed())
    expect(await list(newest, '/resourceGroups/one')).toEqual(['b', 'd', 'never'])
    expect(await list({ ...newest, $filter: "properties/status eq 'Disconnected'" })).toEqual(['d'])
    const order = { $top: '1', $orderby: 'Properties/LastHeartbeat asc' }
    expect(await list(order, '/resourceGroups/one')).toEqual(['never', 'd', 'b'])
    expect(await list({ ...order, $filter: "properties/status eq 'Connected'" })).toEqual(['b', 'a'])
    expect(await list({ ...order, $search: 'n' })).toEqual(['never'])
    for (const $orderby of ['location', 'name desc', 'name asc asc', 'constructor', ' '])
      expect(await list({ $orderby }), $orderby).toEqual([400, 'InvalidQueryParameter'])
    expect(await list({ $search: 'x'.repeat(1_001) })).toEqual([400, 'InvalidQueryParameter'])
  })

  test('of many machines each page follows an index, in every order, and none is left out', async () => {
    const storage = await openTrialStorage({ database })
    await migrate(storage, new Date())
    const count = 12_000
    await fillRegistry(storage, count)
    const { db } = storage
    const away = Array.from({ length: 3_000 }, (_, index) => index * 4)
    for (let at = 0; at < away.length; at += 500)
      await db
        .updateTable('presence')
        .set({ status: 'Disconnected' })
        .where('principal_id', 'in', away.slice(at, at + 500).map(principalOf))
        .execute()
    const group = resourceKeyOf(0).split('/providers')[0]
    const all = Array.from({ length: count }, (_, index) => index)
    const rest = all.filter((index) => index % 4 !== 0)
    for (const [query, wanted, groupKey] of [
      [{ filter: EVERY, order: 'name' }, all],
      [{ filter: EVERY, order: 'heartbeat' }, [...away, ...rest]],
      [{ filter: { ...EVERY, status: 'Connected' }, order: 'heartbeat' }, rest],
      [{ filter: EVERY, order: 'newest' }, [...rest.toReversed(), ...away.toReversed()]],
      [{ filter: { ...EVERY, status: 'Disconnected' }, order: 'newest' }, away.toReversed()],
      [{ filter: EVERY, namePrefix: 'M1000001' }, all.slice(10, 20)],
      [{ filter: EVERY, namePrefix: 'm1000079' }, all.slice(790, 800), group],
      [{ filter: EVERY, order: 'heartbeat' }, [...away.slice(0, 200), ...rest.slice(0, 600)], group],
    ] as [MachineQuery, number[], string?][]) {
      const place = { subscriptionId: SUBSCRIPTION, ...(groupKey !== undefined && { groupKey }) }
      const found = await numbersOf(db, query, place)
      expect(found.join(), JSON.stringify(query)).toBe(wanted.join())
      const plans = await queryPlans(storage, (asked) =>
        findWantedMachines(asked.db, query, { ...place, after: '', limit: 100 }),
      )
      const isSorted = groupKey !== undefined && query.order === 'heartbeat'
      const scans = isSorted
        ? /Seq Scan on machine|SCAN /
        : /Seq Scan|SCAN (?!\w+ USING)|USE TEMP B-TREE FOR ORDER BY/
      expect(plans.join('\n'), JSON.stringify(query)).not.toMatch(scans)
    }
    const plans = await queryPlans(storage, async (asked) => {
      await readMachineQuery(asked.db, { $search: '10000000-0000-4000-8000-0000000000ee' })
      await readMachineQuery(asked.db, { $search: resourceKeyOf(7) })
    })
    expect(plans.join('\n')).not.toMatch(/Seq Scan|SCAN /)
  })
})

/** The numbers of all machines of a list, read page by page. */
async function numbersOf(
  db: Kysely<Schema>,
  query: MachineQuery,
  place: { subscriptionId: string; groupKey?: string },
): Promise<number[]> {
  const found: number[] = []
  for (let after = ''; ; ) {
    const page = await findWantedMachines(db, query, { ...place, after, limit: 1_000 })
    found.push(...page.machines.map(({ resourceKey }) => Number(resourceKey.slice(-8)) - 10_000_000))
    const next = page.machines.length === 1_000 ? page.machines.at(-1)?.place : page.lookedTo
    if (next === undefined) return found
    after = next
  }
}
