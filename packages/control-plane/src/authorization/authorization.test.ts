import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { createAuthorization, rightsOf } from './authorization.ts'
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
    assign: async (role: keyof typeof ROLE | { id: string }, scope: string) => {
      const role_id = typeof role === 'object' ? role.id : ROLE[role]
      const row = { name: randomUUID(), scope, scope_key: scope.toLowerCase(), role_id }
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

test('a role that this version does not know gives nothing, and takes nothing from the others', async () => {
  const { assign, may } = await startPrincipal()
  await assign({ id: randomUUID() }, GROUP)
  expect(await may(READ, MACHINE)).toBe(false)
  await assign('owner', GROUP)
  expect(await may(READ, MACHINE)).toBe(true)
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

test('all rights of a principal at once are those that it has one by one', async () => {
  const { db, principalId, assign, may } = await startPrincipal()
  await assign('contributor', GROUP)
  await assign('userAccessAdministrator', MACHINE)
  await assign('reader', '/')
  await assign({ id: randomUUID() }, SUBSCRIPTION)
  const rights = await rightsOf(db, principalId)
  const scopes = ['/', SUBSCRIPTION, GROUP, MACHINE, MACHINE.toUpperCase(), `${GROUP}1`, 'no scope', '']
  const actions = [READ, WRITE, DELETE, 'Microsoft.Authorization/roleAssignments/write']
  for (const scope of scopes) {
    for (const action of actions) expect(rights(action, scope)).toBe(await may(action, scope))
  }
  expect(rights(DELETE, MACHINE)).toBe(true)
  expect(rights(DELETE, SUBSCRIPTION)).toBe(false)
})

test.each(['disabled', 'deleted'] as const)('a %s principal has no rights at all', async (state) => {
  const { db, principalId, assign } = await startPrincipal()
  await assign('owner', '/')
  await db.updateTable('principal').set({ state }).where('id', '=', principalId).execute()
  expect((await rightsOf(db, principalId))(READ, MACHINE)).toBe(false)
})

test('the rights of one principal are not those of another', async () => {
  const { db, assign } = await startPrincipal()
  await assign('owner', '/')
  expect((await rightsOf(db, randomUUID()))(READ, MACHINE)).toBe(false)
})
