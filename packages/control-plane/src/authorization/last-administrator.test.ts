import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Answer } from '../testing/trial.ts'
import { callersGroup, startTrialIdentities, type TrialIdentities } from '../testing/trial-identities.ts'
import { ROLE, type TrialCaller } from '../testing/trial-resource-manager.ts'

/** Everything by which the last administrator could go: a machine here, and the identity that is to take its place. */
async function start() {
  const trial = await startTrialIdentities()
  const identity = await trial.makeIdentity('id-1')
  const { principalId } = trial.owner
  await trial.storage.db.deleteFrom('role_assignment').where('principal_id', '!=', principalId).execute()
  return { trial, identity }
}

function deleteGroup(trial: TrialIdentities, group: string, as: TrialCaller = trial.owner): Promise<Answer> {
  return trial.ask(`${group}?api-version=2025-04-01`, { method: 'DELETE', as })
}

const REFUSED = [409, 'CannotDeleteLastRbacAdminAssignment']

function answered({ status, body }: Answer) {
  return [status, body?.error?.code]
}

test('a machine that is the last administrator is not deleted, alone or with its group, nor disabled', async () => {
  const { trial } = await start()
  const { resourceId } = trial.owner.machine.identity
  const disable = { method: 'POST', json: { resourceId } }
  expect(answered(await trial.at(resourceId, { method: 'DELETE' }))).toEqual(REFUSED)
  expect(answered(await deleteGroup(trial, callersGroup(trial)))).toEqual(REFUSED)
  expect(answered(await trial.ask('/landfast/v1/machines/disable', disable))).toEqual(REFUSED)
  expect((await trial.at(resourceId)).status).toBe(200)
})

test('nor is an identity; once there is another administrator it may go', async () => {
  const { trial, identity } = await start()
  const { group, owner } = trial
  const contributor = await trial.addCaller({ id: ROLE.contributor, scope: '/' })
  const assign = (principalId: string) =>
    trial.ask(`/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`, {
      method: 'PUT',
      json: { properties: { principalId, roleDefinitionId: ROLE.owner } },
    })
  const takeFrom = (principalId: string) =>
    trial.storage.db.deleteFrom('role_assignment').where('principal_id', '=', principalId).execute()
  expect((await assign(identity.principalId)).status).toBe(201)
  await takeFrom(owner.principalId)
  const ways = [
    () => trial.at(identity.resourceId, { method: 'DELETE', as: contributor }),
    () => deleteGroup(trial, group, contributor),
  ]
  for (const way of ways) expect(answered(await way())).toEqual(REFUSED)
  const administrator = await trial.addCaller({ id: ROLE.owner, scope: '/' })
  for (const way of ways) expect((await way()).status).toBe(200)
  expect((await deleteGroup(trial, group, administrator)).status).toBe(404)
})

test('an Owner of a subscription or a group is no administrator of everything, so the last one stays', async () => {
  const { trial } = await start()
  const { subscriptionId, owner } = trial
  await trial.addCaller({ id: ROLE.owner, scope: `/subscriptions/${subscriptionId}` })
  await trial.addCaller({ id: ROLE.owner, scope: trial.group })
  const { resourceId } = owner.machine.identity
  const disable = { method: 'POST', json: { resourceId } }
  expect(answered(await trial.ask('/landfast/v1/machines/disable', disable))).toEqual(REFUSED)
  expect(answered(await trial.at(resourceId, { method: 'DELETE' }))).toEqual(REFUSED)
})

test('an Owner of a group may go with it, though it is the last one there', async () => {
  const { trial } = await start()
  const other = await trial.addCaller({ id: ROLE.owner, scope: trial.group })
  const disable = { method: 'POST', json: { resourceId: other.machine.identity.resourceId } }
  expect((await trial.ask('/landfast/v1/machines/disable', disable)).status).toBe(200)
})
