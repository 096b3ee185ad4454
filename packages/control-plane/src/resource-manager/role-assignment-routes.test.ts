import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { ROLE } from '../authorization/role-definitions.ts'
import { registerTrialMachine } from '../testing/trial.ts'
import {
  CALLERS_GROUP,
  startTrialResourceManager,
  type TrialCaller,
} from '../testing/trial-resource-manager.ts'

const VERSION = 'api-version=2022-04-01'
const LIST = '/providers/Microsoft.Authorization/roleAssignments'
const DEFINITIONS = '/providers/Microsoft.Authorization/roleDefinitions'

let trial: Awaited<ReturnType<typeof startTrialResourceManager>>
let subscription: string
let group: string

beforeEach(async () => {
  trial = await startTrialResourceManager()
  subscription = `/subscriptions/${trial.subscriptionId}`
  group = `${subscription}/resourceGroups/${CALLERS_GROUP}`
})

interface Put {
  scope?: string
  name?: string
  as?: TrialCaller
  properties?: Record<string, unknown>
}

function put(principalId: string, role: keyof typeof ROLE, { scope = '', name, as, properties }: Put = {}) {
  return trial.ask(`${scope}${LIST}/${name ?? randomUUID()}?${VERSION}`, {
    method: 'PUT',
    json: {
      properties: {
        roleDefinitionId: `${subscription}${DEFINITIONS}/${ROLE[role]}`,
        principalId,
        ...properties,
      },
    },
    ...(as ? { as } : {}),
  })
}

function remove(id: string, as?: TrialCaller) {
  return trial.ask(`${id}?${VERSION}`, { method: 'DELETE', ...(as ? { as } : {}) })
}

async function namesAt(scope: string, filter = ''): Promise<string[]> {
  const { body } = await trial.ask(`${scope}${LIST}?${VERSION}&$filter=${encodeURIComponent(filter)}`)
  return body.value.map(({ name }: { name: string }) => name).sort()
}

function nameOf({ machine: { identity } }: TrialCaller) {
  return { identity, name: identity.resourceId.split('/').at(-1) ?? '' }
}

describe('a role', () => {
  test('is given at a scope and holds below it at once', async () => {
    const reader = await trial.addCaller()
    const listed = `${group}${LIST}?${VERSION}`
    expect((await trial.ask(listed, { as: reader })).status).toBe(403)
    const name = randomUUID()
    const given = await put(reader.principalId, 'reader', { scope: subscription, name })
    expect(given.status).toBe(201)
    expect(given.body).toMatchObject({
      id: `${subscription}${LIST}/${name}`,
      name,
      type: 'Microsoft.Authorization/roleAssignments',
      properties: {
        roleDefinitionId: `${subscription}${DEFINITIONS}/${ROLE.reader}`,
        principalId: reader.principalId,
        principalType: 'ServicePrincipal',
        scope: subscription,
        createdBy: trial.owner.principalId,
      },
    })
    expect((await trial.ask(listed, { as: reader })).status).toBe(200)
  })

  test('is taken away again, at once', async () => {
    const reader = await trial.addCaller()
    const { body } = await put(reader.principalId, 'reader', { scope: group })
    expect((await remove(body.id)).body).toEqual(body)
    expect((await trial.ask(`${group}${LIST}?${VERSION}`, { as: reader })).status).toBe(403)
    expect((await remove(body.id)).status).toBe(204)
    const gone = await trial.ask(`${body.id}?${VERSION}`)
    expect([gone.status, gone.body.error.code]).toEqual([404, 'RoleAssignmentNotFound'])
  })

  test('given again under the same name is the same', async () => {
    const { principalId } = await trial.addCaller()
    const name = randomUUID()
    const first = await put(principalId, 'reader', { scope: group, name })
    const again = await put(principalId, 'reader', { scope: group.toUpperCase(), name: name.toUpperCase() })
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.body).toEqual(first.body)
  })

  test('keeps the description that was written last', async () => {
    const { principalId } = await trial.addCaller()
    const options = { scope: group, name: randomUUID() }
    await put(principalId, 'reader', options)
    const described = await put(principalId, 'reader', {
      ...options,
      properties: { description: 'for a while' },
    })
    expect([described.status, described.body.properties.description]).toEqual([200, 'for a while'])
    const { body } = await trial.ask(`${described.body.id}?${VERSION}`)
    expect(body).toEqual(described.body)
  })

  test('may be given on one machine', async () => {
    const reader = await trial.addCaller()
    const { resourceId } = trial.owner.machine.identity
    const { status } = await put(reader.principalId, 'reader', { scope: resourceId })
    expect(status).toBe(201)
    expect((await trial.ask(`${resourceId}${LIST}?${VERSION}`, { as: reader })).status).toBe(200)
    expect((await trial.ask(`${group}${LIST}?${VERSION}`, { as: reader })).status).toBe(403)
  })

  test('given on a machine ends with it: a namesake has none', async () => {
    const reader = await trial.addCaller()
    const { name, identity } = nameOf(await trial.addCaller())
    await put(reader.principalId, 'reader', { scope: identity.resourceId })
    await trial.registry.deleteMachine(identity.resourceId)
    await registerTrialMachine(trial, { name, resourceGroup: CALLERS_GROUP })
    const answer = await trial.ask(`${identity.resourceId}${LIST}?${VERSION}`, { as: reader })
    expect(answer.status).toBe(403)
  })

  test('is written into the audit trail with who gave which role to whom, and where', async () => {
    const { principalId } = await trial.addCaller()
    const { body } = await put(principalId, 'reader', { scope: group })
    await remove(body.id)
    const rows = await trial.storage.db
      .selectFrom('audit')
      .selectAll()
      .where('resource_id', '=', body.id)
      .execute()
    expect(rows.map(({ action }) => action).sort()).toEqual(['assign-role', 'remove-role'])
    for (const row of rows) {
      expect(row).toMatchObject({
        outcome: 'done',
        client_id: trial.owner.clientId,
        principal_id: principalId,
        detail: `Reader at ${group}`,
      })
    }
  })
})

describe('nobody', () => {
  const RIGHTS: [role: keyof typeof ROLE, status: number][] = [
    ['owner', 201],
    ['userAccessAdministrator', 201],
    ['contributor', 403],
    ['reader', 403],
    ['connectedMachineResourceAdministrator', 403],
    ['managedIdentityContributor', 403],
  ]

  test.each(RIGHTS)('gives a role without the right to: %s answers %i', async (role, status) => {
    const caller = await trial.addCaller({ id: ROLE[role], scope: group })
    const { principalId } = await trial.addCaller()
    expect((await put(principalId, 'reader', { scope: group, as: caller })).status).toBe(status)
    expect((await put(principalId, 'reader', { scope: subscription, as: caller })).status).toBe(403)
  })

  test('takes a role away that was given above his own', async () => {
    const caller = await trial.addCaller({ id: ROLE.owner, scope: group })
    const { principalId } = await trial.addCaller()
    const { body } = await put(principalId, 'reader', { scope: subscription })
    const name = body.id.split('/').at(-1)
    expect((await remove(body.id, caller)).status).toBe(403)
    // It is inherited by the group, but it is not at the group.
    expect((await remove(`${group}${LIST}/${name}`, caller)).status).toBe(204)
    expect((await trial.ask(`${body.id}?${VERSION}`)).status).toBe(200)
  })

  /** The name of the owner's assignment, which is the only one at "/" after this. */
  async function loneAdministrator(): Promise<string> {
    const [mine = ''] = await namesAt('/', `principalId eq '${trial.owner.principalId}'`)
    for (const name of await namesAt('/')) {
      if (name !== mine) expect((await remove(`${LIST}/${name}`)).status).toBe(200)
    }
    return mine
  }

  test('takes away the last role by which roles are given everywhere', async () => {
    const name = await loneAdministrator()
    const refused = await remove(`${LIST}/${name}`)
    expect([refused.status, refused.body.error.code]).toEqual([409, 'CannotDeleteLastRbacAdminAssignment'])
    const { principalId } = await trial.addCaller()
    expect((await put(principalId, 'userAccessAdministrator')).status).toBe(201)
    expect((await remove(`${LIST}/${name}`)).status).toBe(200)
  })

  test('counts as an administrator while disabled', async () => {
    const name = await loneAdministrator()
    const { principalId } = await trial.addCaller({ id: ROLE.owner, scope: '/' })
    await trial.storage.db
      .updateTable('principal')
      .set({ state: 'disabled' })
      .where('id', '=', principalId)
      .execute()
    expect((await remove(`${LIST}/${name}`)).status).toBe(409)
  })
})

describe('refused is', () => {
  async function refusalOf(answer: ReturnType<typeof put>) {
    const { status, body } = await answer
    return [status, body.error?.code]
  }

  test('a name that is no GUID', async () => {
    const { principalId } = trial.owner
    expect(await refusalOf(put(principalId, 'reader', { name: 'mine' }))).toEqual([
      400,
      'InvalidRoleAssignmentId',
    ])
  })

  test('a principal that is not there, or not any more', async () => {
    expect(await refusalOf(put(randomUUID(), 'reader'))).toEqual([400, 'PrincipalNotFound'])
    const { principalId, machine } = await trial.addCaller()
    await trial.registry.deleteMachine(machine.identity.resourceId)
    expect(await refusalOf(put(principalId, 'reader'))).toEqual([400, 'PrincipalNotFound'])
  })

  test('a client id in the place of an object id', async () => {
    expect(await refusalOf(put(trial.owner.clientId, 'reader'))).toEqual([400, 'PrincipalNotFound'])
  })

  test.each([
    ['roleDefinitionId', `${DEFINITIONS}/${randomUUID()}`, 404, 'RoleDefinitionDoesNotExist'],
    ['roleDefinitionId', 'Owner', 404, 'RoleDefinitionDoesNotExist'],
    ['roleDefinitionId', 7, 400, 'InvalidRequestContent'],
    ['principalId', null, 400, 'InvalidRequestContent'],
    ['principalType', 'User', 400, 'UnmatchedPrincipalType'],
    ['condition', "@Resource[x] StringEquals 'y'", 400, 'ConditionNotSupported'],
  ])('the %s %s', async (property, value, status, code) => {
    const properties = { [property]: value }
    const answer = put(trial.owner.principalId, 'reader', { scope: group, properties })
    expect(await refusalOf(answer)).toEqual([status, code])
  })

  test('the same role for the same principal at the same scope under another name', async () => {
    const { principalId } = await trial.addCaller()
    const name = randomUUID()
    await put(principalId, 'reader', { scope: group, name })
    const again = await put(principalId, 'reader', { scope: group })
    expect([again.status, again.body.error.code]).toEqual([409, 'RoleAssignmentExists'])
    expect(again.body.error.message).toContain(name.replaceAll('-', ''))
  })

  test('a name that another assignment has', async () => {
    const { principalId } = await trial.addCaller()
    const name = randomUUID()
    await put(principalId, 'reader', { scope: group, name })
    for (const other of [
      put(principalId, 'owner', { scope: group, name }),
      put(principalId, 'reader', { name }),
    ]) {
      expect(await refusalOf(other)).toEqual([400, 'RoleAssignmentUpdateNotPermitted'])
    }
  })

  test.each([
    ['/resourceGroups/nowhere', 'ResourceGroupNotFound'],
    [
      `/resourceGroups/${CALLERS_GROUP}/providers/Microsoft.HybridCompute/machines/nowhere`,
      'ResourceNotFound',
    ],
    [`/resourceGroups/${CALLERS_GROUP}/providers/Microsoft.Compute/disks/d`, 'ResourceNotFound'],
  ])('a scope at which nothing is: %s', async (path, code) => {
    const answer = put(trial.owner.principalId, 'reader', { scope: `${subscription}${path}` })
    expect(await refusalOf(answer)).toEqual([404, code])
  })

  test('a filter that would have to be ignored', async () => {
    for (const filter of ["roleName eq 'x'", "principalId eq 'a' and principalId eq 'b'", 'nonsense']) {
      const answer = await trial.ask(`${LIST}?${VERSION}&$filter=${encodeURIComponent(filter)}`)
      expect([answer.status, answer.body.error.code]).toEqual([400, 'InvalidFilter'])
    }
  })

  test('a list of roles to whoever has none there', async () => {
    const stranger = await trial.addCaller()
    for (const path of [LIST, DEFINITIONS]) {
      expect((await trial.ask(`${group}${path}?${VERSION}`, { as: stranger })).status).toBe(403)
    }
  })
})

test('two who give the same role at once give it once', async () => {
  const { principalId } = await trial.addCaller()
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => put(principalId, 'reader', { scope: group })),
  )
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409])
})

test('a list has what is at, above and below a scope, unless it is asked for less', async () => {
  const { principalId, machine } = await trial.addCaller()
  const at = async (scope: string) => (await put(principalId, 'reader', { scope })).body.name
  const top = await namesAt('/')
  const [inSubscription, inGroup, onMachine] = [
    await at(subscription),
    await at(group),
    await at(machine.identity.resourceId),
  ]
  // Alike but for the sign that "like" takes for any.
  await trial.storage.db
    .insertInto('role_assignment')
    .values({
      name: 'elsewhere',
      scope: `${subscription}/resourceGroups/c_llers`,
      scope_key: `${subscription}/resourcegroups/c_llers`,
      role_id: ROLE.reader,
      principal_id: principalId,
      created_by: principalId,
      created_at: 0,
    })
    .execute()
  expect(await namesAt(group)).toEqual([...top, inSubscription, inGroup, onMachine].sort())
  expect(await namesAt(group, 'atScope()')).toEqual([...top, inSubscription, inGroup].sort())
  const mine = [inSubscription, inGroup, onMachine].sort()
  expect(await namesAt(group, `principalId eq '${principalId}'`)).toEqual(mine)
  expect(await namesAt(group, `assignedTo('${principalId.toUpperCase()}')`)).toEqual(mine)
  expect(await namesAt(group, `atScope() and assignedTo('${principalId}')`)).toEqual(
    [inSubscription, inGroup].sort(),
  )
  expect(await namesAt('/')).toEqual([...top, 'elsewhere', ...mine].sort())
})

test('a list names every role by the id that the role definitions have there', async () => {
  const { principalId } = await trial.addCaller()
  await put(principalId, 'reader', { scope: group })
  const { body: roles } = await trial.ask(`${subscription}${DEFINITIONS}?${VERSION}`)
  const ids = roles.value.map(({ id }: { id: string }) => id)
  const { body } = await trial.ask(`${subscription}${LIST}?${VERSION}`)
  const scopes = body.value.map((one: { properties: { scope: string } }) => one.properties.scope)
  expect(new Set(scopes)).toEqual(new Set(['/', group]))
  for (const { properties } of body.value) expect(ids).toContain(properties.roleDefinitionId)
})

test('a list comes in pages', async () => {
  const { principalId } = await trial.addCaller()
  for (const role of ['owner', 'reader', 'contributor'] as const)
    await put(principalId, role, { scope: group })
  const filter = encodeURIComponent(`principalId eq '${principalId}'`)
  const names: string[] = []
  let link: string | undefined = `${group}${LIST}?${VERSION}&$filter=${filter}&$top=2`
  while (link) {
    const { body } = await trial.ask(link)
    expect(body.value.length).toBeLessThanOrEqual(2)
    names.push(...body.value.map(({ name }: { name: string }) => name))
    link = body.nextLink?.slice(trial.controlPlane.url.length)
  }
  expect(names).toEqual(await namesAt(group, `principalId eq '${principalId}'`))
  expect(names).toHaveLength(3)
})
