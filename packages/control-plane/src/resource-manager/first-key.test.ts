/** Who gives a machine its first key becomes it, so that takes the right to give what the machine has. */

import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { grantAppRole } from '../registry/app-roles.ts'
import { areSameRights } from '../registry/machine-rights.ts'
import { makeKeys } from '../testing/trial.ts'
import { startTrialIdentities, type TrialIdentities } from '../testing/trial-identities.ts'
import { codeOf, ROLE, type TrialCaller } from '../testing/trial-resource-manager.ts'

const GIVE = 'Microsoft.Authorization/roleAssignments/write'
const ASSIGN = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'
const GIVE_APP_ROLE = 'Landfast.Identity/appRoleAssignments/write'
const OPERATOR = 'f1a07417-d97a-45cb-824c-7a7467783830'

/** A machine without a key, and a caller that may write all machines of its group. */
async function startKeyless() {
  const trial = await startTrialIdentities()
  const path = `${trial.group}/providers/Microsoft.HybridCompute/machines/new`
  const json = { location: 'here' }
  const { body } = await trial.at(path, { method: 'PUT', json })
  const writer = await trial.addCaller({ id: ROLE.onboarding, scope: trial.group })
  const putKey = async (as: TrialCaller) => {
    const { publicKey: clientPublicKey } = await makeKeys()
    return trial.at(path, { method: 'PUT', json: { ...json, properties: { clientPublicKey } }, as })
  }
  return { trial, path, writer, principalId: body.identity.principalId as string, putKey }
}

function giveRole(trial: TrialIdentities, principalId: string, at: { scope: string; role?: string }) {
  const { scope, role = ROLE.reader } = at
  const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${role}`
  const place = scope === '/' ? '' : scope
  return trial.ask(
    `${place}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`,
    { method: 'PUT', json: { properties: { roleDefinitionId, principalId } } },
  )
}

test('a machine that has nothing yet gets its first key from whoever may write it', async () => {
  const { writer, putKey } = await startKeyless()
  expect((await putKey(writer)).status).toBe(200)
})

test('a machine with a role gets its first key from who may give that role, and the refusal is on record', async () => {
  const { trial, writer, principalId, putKey } = await startKeyless()
  const subscription = `/subscriptions/${trial.subscriptionId}`
  await giveRole(trial, principalId, { scope: subscription })
  const refused = await putKey(writer)
  expect(codeOf(refused)).toEqual([403, 'AuthorizationFailed'])
  expect(refused.body.error.message).toContain(`'${GIVE}' over scope '${subscription}'`)
  const rows = await trial.storage.db
    .selectFrom('audit')
    .select('client_id')
    .where('action', '=', GIVE)
    .execute()
  expect(rows).toEqual([{ client_id: writer.clientId }])
  // A role over the machines of the group is not one over the subscription.
  await giveRole(trial, writer.principalId, { scope: trial.group, role: ROLE.owner })
  expect(codeOf(await putKey(writer))).toEqual([403, 'AuthorizationFailed'])
  expect((await putKey(trial.owner)).status).toBe(200)
})

test('a machine with an identity gets its first key from who may assign that identity', async () => {
  const { trial, path, writer, putKey } = await startKeyless()
  const { resourceId } = await trial.makeIdentity()
  const identity = { type: 'SystemAssigned, UserAssigned', userAssignedIdentities: { [resourceId]: {} } }
  expect((await trial.at(path, { method: 'PATCH', json: { identity } })).status).toBe(200)
  const refused = await putKey(writer)
  expect(codeOf(refused)).toEqual([403, 'AuthorizationFailed'])
  expect(refused.body.error.message).toContain(`'${ASSIGN}' over scope '${resourceId}'`)
  await giveRole(trial, writer.principalId, { scope: resourceId, role: OPERATOR })
  expect((await putKey(writer)).status).toBe(200)
})

test('a machine with an app role gets its first key from who may give roles everywhere', async () => {
  const { trial, writer, principalId, putKey } = await startKeyless()
  const role = { principalId, resource: 'api://orders', role: 'Reader' }
  await trial.storage.change((trx) => grantAppRole(trx, role, trial.clock.now()))
  const refused = await putKey(writer)
  expect(codeOf(refused)).toEqual([403, 'AuthorizationFailed'])
  expect(refused.body.error.message).toContain(`'${GIVE}' over scope '/'`)
  // Who gives the roles of Azure everywhere gives no app role.
  await giveRole(trial, writer.principalId, { scope: '/', role: ROLE.userAccessAdministrator })
  const unable = await putKey(writer)
  expect(codeOf(unable)).toEqual([403, 'AuthorizationFailed'])
  expect(unable.body.error.message).toContain(`'${GIVE_APP_ROLE}' over scope '/'`)
  expect((await putKey(trial.owner)).status).toBe(200)
})

test('a machine that was given more or other things meanwhile takes other rights', () => {
  const [role, identity] = [
    { action: GIVE, scope: '/' },
    { action: ASSIGN, scope: '/i' },
  ] as const
  expect(areSameRights([role, identity], [role, identity])).toBe(true)
  for (const others of [[], [role], [role, { ...identity, scope: '/j' }], [role, identity, identity]]) {
    expect(areSameRights([role, identity], others)).toBe(false)
  }
})

test('a machine that had a key when it got its role keeps it, whoever writes the machine', async () => {
  const { trial, path, writer, principalId, putKey } = await startKeyless()
  await putKey(trial.owner)
  await giveRole(trial, principalId, { scope: trial.group })
  expect(codeOf(await putKey(writer))).toEqual([409, 'PropertyChangeNotAllowed'])
  expect((await trial.at(path, { method: 'PUT', json: { location: 'here' }, as: writer })).status).toBe(200)
})

test('a PATCH gives no key, and says so', async () => {
  const { trial, path, writer } = await startKeyless()
  const { publicKey: clientPublicKey } = await makeKeys()
  const patch = { method: 'PATCH', json: { properties: { clientPublicKey } }, as: writer }
  expect(codeOf(await trial.at(path, patch))).toEqual([409, 'PropertyChangeNotAllowed'])
})

test('a machine that is made anew under its name has nothing of what it had', async () => {
  const { trial, path, writer, principalId, putKey } = await startKeyless()
  await giveRole(trial, principalId, { scope: trial.group })
  await trial.at(path, { method: 'DELETE' })
  const answer = await putKey(writer)
  expect(answer.status).toBe(200)
  const { principalId: anew } = answer.body.identity
  const roles = await trial.storage.db.selectFrom('role_assignment').selectAll().execute()
  expect(roles.filter((role) => [principalId, anew].includes(role.principal_id))).toEqual([])
})
