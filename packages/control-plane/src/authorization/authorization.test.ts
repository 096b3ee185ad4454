import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { createAuthorization } from './authorization.ts'
import { ROLE } from './role-definitions.ts'

const READ = 'Microsoft.HybridCompute/machines/read'
const WRITE = 'Microsoft.HybridCompute/machines/write'
const DELETE = 'Microsoft.HybridCompute/machines/delete'

/** A principal without roles, and what gives it one. */
async function startPrincipal() {
  const { db, tenantId } = await openTrialRegistry(() => new Date())
  const principalId = randomUUID()
  await db
    .insertInto('principal')
    .values({
      id: principalId,
      client_id: randomUUID(),
      tenant_id: tenantId,
      kind: 'application',
      display_name: 'a',
      resource_id: null,
      state: 'enabled',
      created_at: 0,
      changed_at: 0,
    })
    .execute()
  const authorization = createAuthorization(db)
  return {
    db,
    principalId,
    assign: async (role: keyof typeof ROLE, scope: string) => {
      const row = { name: randomUUID(), scope, scope_key: scope.toLowerCase(), role_id: ROLE[role] }
      const made = { principal_id: principalId, created_by: principalId, created_at: 0 }
      await db
        .insertInto('role_assignment')
        .values({ ...row, ...made })
        .execute()
    },
    may: (action: string, scope: string) => authorization.allows({ principalId }, action, scope),
  }
}

const SUBSCRIPTION = `/subscriptions/${randomUUID()}`
const GROUP = `${SUBSCRIPTION}/resourceGroups/G1`
const MACHINE = `${GROUP}/providers/Microsoft.HybridCompute/machines/m1`

test('without a role nothing is allowed', async () => {
  const { may } = await startPrincipal()
  for (const scope of ['/', SUBSCRIPTION, GROUP, MACHINE]) expect(await may(READ, scope)).toBe(false)
})

test('a role is inherited by what is below its scope and by nothing else', async () => {
  const { assign, may } = await startPrincipal()
  await assign('connectedMachineOnboarding', GROUP)
  expect(await may(WRITE, GROUP)).toBe(true)
  expect(await may(WRITE, MACHINE.toUpperCase())).toBe(true)
  expect(await may(DELETE, MACHINE)).toBe(false)
  for (const scope of ['/', SUBSCRIPTION, `${SUBSCRIPTION}/resourceGroups/G11`, `${GROUP}1`]) {
    expect(await may(WRITE, scope)).toBe(false)
  }
})

test('a role at "/" holds everywhere', async () => {
  const { assign, may } = await startPrincipal()
  await assign('owner', '/')
  for (const scope of ['/', SUBSCRIPTION, GROUP, MACHINE]) expect(await may(DELETE, scope)).toBe(true)
})

test('roles add up, and what one of them leaves out another may allow', async () => {
  const { assign, may } = await startPrincipal()
  await assign('contributor', SUBSCRIPTION)
  expect(await may('Microsoft.Authorization/roleAssignments/write', GROUP)).toBe(false)
  await assign('userAccessAdministrator', GROUP)
  expect(await may('Microsoft.Authorization/roleAssignments/write', GROUP)).toBe(true)
  expect(await may(DELETE, GROUP)).toBe(true)
})

test.each(['disabled', 'deleted'] as const)(
  'a %s principal may nothing, whatever its roles',
  async (state) => {
    const { db, principalId, assign, may } = await startPrincipal()
    await assign('owner', '/')
    await db.updateTable('principal').set({ state }).where('id', '=', principalId).execute()
    expect(await may(READ, MACHINE)).toBe(false)
  },
)

test('nothing is allowed at what is no scope', async () => {
  const { assign, may } = await startPrincipal()
  await assign('owner', '/')
  for (const scope of ['machines', '/subscriptions', `${GROUP}/providers`, `${SUBSCRIPTION}/../..`]) {
    expect(await may(READ, scope)).toBe(false)
  }
})
