import type { Identity } from '@landfast/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import { ROLE } from '../authorization/role-definitions.ts'
import type { ControlPlane } from '../control-plane.ts'
import { askForToken, type TrialMachine } from '../testing/trial.ts'
import { callersGroup, startTrialIdentities, type TrialIdentities } from '../testing/trial-identities.ts'
import { codeOf } from '../testing/trial-resource-manager.ts'
import { readMachineIdentity } from './machine-identity.ts'

const BOTH = 'SystemAssigned, UserAssigned'

let trial: TrialIdentities
let machine: TrialMachine
let one: Identity
let other: Identity

beforeEach(async () => {
  trial = await startTrialIdentities()
  machine = (await trial.addCaller()).machine
  one = await trial.makeIdentity('id-1')
  other = await trial.makeIdentity('id-2')
})

function write(userAssigned: Record<string, object | null>, asking = {}) {
  return trial.writeMachine(machine, { type: BOTH, userAssignedIdentities: userAssigned }, asking)
}

async function assigned(): Promise<string[]> {
  const { body } = await trial.at(machine.identity.resourceId)
  return Object.keys(body.identity.userAssignedIdentities ?? {})
}

function tokenOf({ clientId }: Identity) {
  const controlPlane = trial.controlPlane as ControlPlane
  return askForToken(machine, { controlPlane, clock: trial.clock }, { client_id: clientId })
}

test('a machine is assigned an identity and shows it beside its own', async () => {
  const written = await write({ [one.resourceId]: {} })
  const { principalId, tenantId, resourceId } = machine.identity
  expect([written.status, written.body.identity]).toEqual([
    200,
    {
      type: BOTH,
      principalId,
      tenantId,
      userAssignedIdentities: {
        [one.resourceId]: { principalId: one.principalId, clientId: one.clientId },
      },
    },
  ])
  expect((await trial.at(resourceId)).body.identity).toEqual(written.body.identity)
  const { body } = await trial.at(resourceId.slice(0, resourceId.lastIndexOf('/')))
  const listed = body.value.find(({ id }: { id: string }) => id === resourceId)
  expect(listed.identity).toEqual(written.body.identity)
})

test('a PATCH adds and, by null, takes away; what it does not name stays', async () => {
  await write({ [one.resourceId]: {} })
  await write({ [other.resourceId.toUpperCase()]: {} })
  expect(await assigned()).toEqual([one.resourceId, other.resourceId])
  await trial.at(machine.identity.resourceId, { method: 'PATCH', json: { tags: { a: 'b' } } })
  expect(await assigned()).toEqual([one.resourceId, other.resourceId])
  await write({ [`${one.resourceId}/`]: null })
  expect(await assigned()).toEqual([other.resourceId])
})

test('a PUT that names identities names all of them, and one that does not leaves them', async () => {
  await write({ [one.resourceId]: {} })
  const put = (identity?: object) =>
    trial.at(machine.identity.resourceId, { method: 'PUT', json: identity ? { identity } : {} })
  await put()
  expect(await assigned()).toEqual([one.resourceId])
  await put({ type: BOTH, userAssignedIdentities: { [other.resourceId]: {} } })
  expect(await assigned()).toEqual([other.resourceId])
  await put({ type: 'SystemAssigned' })
  expect(await assigned()).toEqual([])
})

test('an identity may be assigned as the machine is made', async () => {
  const made = await trial.at(`${trial.group}/providers/Microsoft.HybridCompute/machines/new`, {
    method: 'PUT',
    json: { location: 'here', identity: { type: BOTH, userAssignedIdentities: { [one.resourceId]: {} } } },
  })
  expect(made.status).toBe(200)
  expect(Object.keys(made.body.identity.userAssignedIdentities)).toEqual([one.resourceId])
})

describe('tokens of an identity are given', () => {
  test('to a machine that is assigned it, until it is taken away', async () => {
    expect((await tokenOf(one)).status).toBe(400)
    await write({ [one.resourceId]: {} })
    const given = await tokenOf(one)
    expect(given.status).toBe(200)
    expect(
      JSON.parse(Buffer.from(given.body.access_token.split('.')[1], 'base64url').toString()),
    ).toMatchObject({
      oid: one.principalId,
      appid: one.clientId,
      xms_mirid: one.resourceId,
    })
    await write({ [one.resourceId]: null })
    expect((await tokenOf(one)).status).toBe(400)
  })

  test('no more once it is deleted, though one of its name is made', async () => {
    await write({ [one.resourceId]: {} })
    await trial.at(one.resourceId, { method: 'DELETE' })
    const successor = await trial.makeIdentity('id-1')
    expect(successor.resourceId).toBe(one.resourceId)
    expect(await assigned()).toEqual([])
    for (const identity of [one, successor]) expect((await tokenOf(identity)).status).toBe(400)
  })
})

describe('assigning an identity', () => {
  test('needs a role on the identity that allows it, as well as one on the machine', async () => {
    const group = callersGroup(trial)
    const onlyMachines = await trial.addCaller({
      id: ROLE.connectedMachineResourceAdministrator,
      scope: group,
    })
    const refused = await write({ [one.resourceId]: {} }, { as: onlyMachines })
    expect(codeOf(refused)).toEqual([403, 'LinkedAuthorizationFailed'])
    expect(refused.body.error.message).toContain(
      `'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '${one.resourceId}'`,
    )
    const onlyIdentities = await trial.addCaller({ id: ROLE.managedIdentityOperator, scope: trial.group })
    const other = await write({ [one.resourceId]: {} }, { as: onlyIdentities })
    expect(codeOf(other)).toEqual([403, 'AuthorizationFailed'])
    expect(await assigned()).toEqual([])
    await trial.storage.db
      .updateTable('role_assignment')
      .set({ scope_key: '/' })
      .where('principal_id', '=', onlyMachines.principalId)
      .execute()
    expect(codeOf(await write({ [one.resourceId]: {} }, { as: onlyMachines }))[0]).toBe(403)
  })

  test('is allowed by Managed Identity Operator on just that identity', async () => {
    const caller = await trial.addCaller({ id: ROLE.managedIdentityOperator, scope: one.resourceId })
    const role = { name: caller.clientId, scope: '/', scope_key: '/', created_by: '', created_at: 0 }
    await trial.storage.db
      .insertInto('role_assignment')
      .values({ ...role, role_id: ROLE.connectedMachineOnboarding, principal_id: caller.principalId })
      .execute()
    expect((await write({ [one.resourceId]: {} }, { as: caller })).status).toBe(200)
    expect(codeOf(await write({ [other.resourceId]: {} }, { as: caller }))[0]).toBe(403)
  })

  test.each([
    ['one that is not there', (id: string) => `${id}0`],
    ['what is no id', () => 'id-1'],
    ['the id of something else', (id: string) => id.replace('userAssignedIdentities', 'others')],
  ])('is refused for %s, and nothing is changed', async (_, change) => {
    const answer = await write({ [other.resourceId]: {}, [change(one.resourceId)]: {} })
    expect([answer.status, answer.body.error.code]).toEqual(
      change(one.resourceId) === 'id-1'
        ? [403, 'LinkedAuthorizationFailed']
        : [400, 'FailedIdentityOperation'],
    )
    expect(await assigned()).toEqual([])
  })

  test('twice, or written in two ways, is the same as once', async () => {
    await write({ [one.resourceId]: {} })
    expect((await write({ [one.resourceId]: {}, [one.resourceId.toLowerCase()]: {} })).status).toBe(200)
    expect(await assigned()).toEqual([one.resourceId])
  })

  test('and taking it away is in the audit trail', async () => {
    await write({ [one.resourceId]: {} })
    await write({ [one.resourceId]: null })
    const rows = await trial.storage.db
      .selectFrom('audit')
      .select(['action', 'resource_id', 'client_id'])
      .where('principal_id', '=', one.principalId)
      .where('action', 'like', '%assign-identity')
      .execute()
    const about = { resource_id: machine.identity.resourceId, client_id: trial.owner.clientId }
    expect(rows).toHaveLength(2)
    expect(rows).toEqual(
      expect.arrayContaining([
        { action: 'assign-identity', ...about },
        { action: 'unassign-identity', ...about },
      ]),
    )
  })
})

test('the machines that have an identity are listed', async () => {
  const list = async () => {
    const { body } = await trial.at(`${one.resourceId}/listAssociatedResources`, { method: 'POST' })
    return body.value.map(({ id }: { id: string }) => id)
  }
  expect(await list()).toEqual([])
  await write({ [one.resourceId]: {} })
  expect(await list()).toEqual([machine.identity.resourceId])
})

test.each([[{ type: 'SystemAssigned', userAssignedIdentities: { a: {} } }]])(
  '%j contradicts itself',
  (body) => {
    expect(() => readMachineIdentity('PATCH', body)).toThrow(
      expect.objectContaining({ code: 'InvalidRequestContent' }),
    )
  },
)

test.each(['UserAssigned', 'None', 'SystemAssigned,', ''])('the type "%s" is refused', async (type) => {
  const answer = await trial.writeMachine(machine, { type })
  expect(codeOf(answer)).toEqual([400, 'InvalidRequestContent'])
})
