/**
 * The query of a list of machines: `$filter`, `$search` and `$orderby`, of which Azure's list has none.
 *
 * @see ../../../../docs/administration.md#machines
 * @module
 */

import type { Kysely } from 'kysely'
import { ArmError } from '../arm/arm-error.ts'
import type { ArmRequest } from '../arm/arm-route.ts'
import { searchIn } from '../arm/search-text.ts'
import type { Schema } from '../storage/schema.ts'
import type { MachineQuery } from './machine-filter.ts'
import { readMachineFilter } from './machine-filter-text.ts'
import { findMachinesById } from './machine-search.ts'
import type { MachineOrder } from './machine-way.ts'

/** By what a list says in `$orderby`, in lower case. */
const ORDERS: Readonly<Record<string, MachineOrder>> = {
  name: 'name',
  'properties/lastheartbeat': 'heartbeat',
  'properties/lastheartbeat desc': 'newest',
}

/**
 * What `query` asks for beside a place in the list; undefined if it asks for all machines in the order of their keys.
 *
 * @throws {ArmError} `InvalidFilterInQueryString` or `InvalidQueryParameter`.
 */
export async function readMachineQuery(
  db: Kysely<Schema>,
  query: ArmRequest['query'],
): Promise<MachineQuery | undefined> {
  const { $filter = '', $orderby = '' } = query
  const order = readOrder($orderby)
  const search = searchIn(query)
  if ($filter === '' && search === '' && order === undefined) return undefined
  const principalIds = await findMachinesById(db, search)
  return {
    filter: readMachineFilter($filter),
    order,
    ...(principalIds ? { principalIds } : { namePrefix: search }),
  }
}

function readOrder(text: string): MachineOrder | undefined {
  const [by = '', way = 'asc', ...more] = text.trim().toLowerCase().split(/\s+/)
  const name = way === 'asc' ? by : `${by} ${way}`
  const order = more.length === 0 && Object.hasOwn(ORDERS, name) ? ORDERS[name] : undefined
  if (text === '' || order) return order
  throw new ArmError('InvalidQueryParameter', { name: '$orderby', value: text.slice(0, 100) })
}
