import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Schema } from '../storage/schema.ts'
import { queryPlans } from '../testing/query-plans.ts'
import { registerTrialMachine } from '../testing/trial.ts'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { ROLE } from '../testing/trial-resource-manager.ts'
import { assignRole, endRolesAt, listRoleAssignments } from './role-assignments.ts'
import { parseScope, type Scope } from './scope.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const SUBSCRIPTION = '/subscriptions/11111111-1111-4111-8111-111111111111'
const GROUP = `${SUBSCRIPTION}/resourceGroups/web`

/** A role at each of these, of which only the first three are the group, or what lies in it. */
const SCOPES = [
  GROUP,
  `${GROUP}/providers/Microsoft.HybridCompute/machines/m1`,
  `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i1`,
  `${SUBSCRIPTION}/resourceGroups/web2`,
  `${SUBSCRIPTION}/resourceGroups/web-2`,
  `${SUBSCRIPTION}/resourceGroups/web.2`,
  `${SUBSCRIPTION}/resourceGroups/webber/providers/Microsoft.HybridCompute/machines/m1`,
  SUBSCRIPTION,
]
const INSIDE = SCOPES.slice(0, 3)

function scopeOf(text: string): Scope {
  const scope = parseScope(text)
  if (!scope) throw new Error(`"${text}" is no scope`)
  return scope
}

async function assignAtAll(database: TrialDatabase) {
  const { storage, db, registry } = await openTrialRegistry(() => NOW, { database })
  const { principalId } = (await registerTrialMachine({ registry })).identity
  const role = { roleId: ROLE.reader, principalId, description: null, createdBy: principalId, time: NOW }
  for (const text of SCOPES) {
    const assignment = { ...role, name: randomUUID(), scope: scopeOf(text) }
    await storage.change((trx) => assignRole(trx, assignment))
  }
  return { storage, db }
}

async function scopesBelow(db: Kysely<Schema>, text: string): Promise<string[]> {
  const query = { scope: scopeOf(text), below: true, after: '', limit: 100 }
  return (await listRoleAssignments(db, query)).map(({ scope }) => scope).toSorted()
}

describe.each(DATABASES)('on %s', (database) => {
  test('a list of a group has what is in it and above it, and nothing of a group whose name begins alike', async () => {
    const { db } = await assignAtAll(database)
    expect(await scopesBelow(db, GROUP)).toEqual([...INSIDE, SUBSCRIPTION].toSorted())
    expect(await scopesBelow(db, SUBSCRIPTION)).toEqual(SCOPES.toSorted())
    expect(await scopesBelow(db, '/')).toEqual(SCOPES.toSorted())
  })

  test('of many roles a list of those that count at a scope reads no others, page by page', async () => {
    const { storage, db } = await assignAtAll(database)
    const { principal_id } = await db.selectFrom('role_assignment').selectAll().executeTakeFirstOrThrow()
    const others = Array.from({ length: 4_000 }, (_, index) => {
      const scope = `${SUBSCRIPTION}/resourceGroups/other${index}`
      const own = { name: randomUUID(), scope, scope_key: scope.toLowerCase(), created_at: 0 }
      return { ...own, role_id: ROLE.reader, principal_id, created_by: principal_id, description: null }
    })
    for (let at = 0; at < others.length; at += 1_000)
      await db
        .insertInto('role_assignment')
        .values(others.slice(at, at + 1_000))
        .execute()
    await sql`analyze`.execute(db)
    const query = { scope: scopeOf(GROUP), below: false, after: '', limit: 1 }
    const [first] = await listRoleAssignments(db, query)
    const [second, ...more] = await listRoleAssignments(db, { ...query, after: first?.name ?? '', limit: 9 })
    expect([first?.scope, second?.scope].toSorted()).toEqual([SUBSCRIPTION, GROUP].toSorted())
    expect(more).toEqual([])
    const plans = await queryPlans(storage, (asked) => listRoleAssignments(asked.db, query))
    expect(plans.join('\n')).toMatch(/scope_key/)
    expect(plans.join('\n')).not.toMatch(/Seq Scan|SCAN |_pkey/)
  })

  test('with a group the roles in it end, and none of a group whose name begins alike', async () => {
    const { storage, db } = await assignAtAll(database)
    await storage.change((trx) => endRolesAt(trx, scopeOf(GROUP).key))
    expect(await scopesBelow(db, '/')).toEqual(SCOPES.slice(3).toSorted())
  })
})
