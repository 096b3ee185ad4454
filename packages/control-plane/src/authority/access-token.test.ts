import { expect, test } from 'vitest'
import { APP_ROLES_MAX, grantAppRole, listAppRoles, revokeAppRole } from '../registry/app-roles.ts'
import { registerTrialMachine } from '../testing/trial.ts'
import { makeTrialApplication } from '../testing/trial-application.ts'
import {
  assertionFields,
  claimsFor,
  openTrialAuthority,
  TRIAL_ORIGIN,
  TRIAL_RESOURCE,
  type TrialAuthority,
} from '../testing/trial-authority.ts'

async function openWithApplication(tokenVersion2Audiences: readonly string[] = []) {
  const trial = await openTrialAuthority({ tokenVersion2Audiences })
  const application = await makeTrialApplication(trial, { time: trial.clock.now() })
  return {
    ...trial,
    application,
    fields: { client_id: application.clientId, client_secret: application.secret },
  }
}

test('an audience that was set to it gets tokens of the v2 shape and issuer', async () => {
  const { application, fields, ...trial } = await openWithApplication([`${TRIAL_RESOURCE}/`])
  const claims = await claimsFor(trial, fields)
  const issuer = `${TRIAL_ORIGIN}/${trial.tenantId}/v2.0`
  expect(claims).toMatchObject({ ver: '2.0', iss: issuer, azp: application.clientId, azpacr: '1' })
  for (const claim of ['appid', 'appidacr', 'idp']) expect(claims).not.toHaveProperty(claim)
})

test('a token that is to be presented as an assertion says truly when it was made, and is good earlier all the same', async () => {
  const trial = await openTrialAuthority({ assertionAudiences: [`${TRIAL_RESOURCE}/`] })
  const application = await makeTrialApplication(trial, { time: trial.clock.now() })
  const fields = { client_id: application.clientId, client_secret: application.secret }
  const nowSeconds = Math.floor(trial.clock.now().getTime() / 1000)
  expect(await claimsFor(trial, fields)).toMatchObject({ iat: nowSeconds, nbf: nowSeconds - 300 })
})

test('other audiences get v1 tokens at the same time', async () => {
  const { fields, ...trial } = await openWithApplication(['api://a'])
  const claims = await claimsFor(trial, fields)
  expect(claims).toMatchObject({ ver: '1.0', iss: `${TRIAL_ORIGIN}/${trial.tenantId}/` })
})

test("a machine's v2 token names its resource and says that a key proved it", async () => {
  const trial = await openTrialAuthority({ tokenVersion2Audiences: [TRIAL_RESOURCE] })
  const machine = await registerTrialMachine(trial)
  const claims = await claimsFor(trial, await assertionFields(trial, machine))
  expect(claims).toMatchObject({ azpacr: '2', xms_mirid: machine.identity.resourceId })
})

function grant(
  { storage }: TrialAuthority,
  assignment: { principalId: string; resource: string; role: string },
) {
  return storage.change((trx) => grantAppRole(trx, assignment, new Date()))
}

test('a token carries the roles for its own audience, whichever way its slash was written', async () => {
  const { application, fields, ...trial } = await openWithApplication()
  const { principalId } = application
  const roles = [
    [TRIAL_RESOURCE, 'rabbitmq.write:*/*'],
    [`${TRIAL_RESOURCE}/`, 'rabbitmq.read:*/*'],
    [`${TRIAL_RESOURCE}/`, 'rabbitmq.write:*/*'],
    ['api://other', 'admin'],
  ] as const
  for (const [resource, role] of roles) await grant(trial, { principalId, resource, role })
  const both = ['rabbitmq.read:*/*', 'rabbitmq.write:*/*']
  for (const scope of [`${TRIAL_RESOURCE}/.default`, `${TRIAL_RESOURCE}//.default`]) {
    expect((await claimsFor(trial, { ...fields, scope })).roles).toEqual(both)
  }
  const another = await makeTrialApplication(trial, { time: trial.clock.now() })
  const foreign = await claimsFor(trial, { client_id: another.clientId, client_secret: another.secret })
  expect(foreign).not.toHaveProperty('roles')
})

test('a role is taken away once, and given twice is still one', async () => {
  const { application, fields, ...trial } = await openWithApplication()
  const role = { principalId: application.principalId, resource: TRIAL_RESOURCE, role: 'Reader' }
  await grant(trial, role)
  await grant(trial, role)
  expect(await listAppRoles(trial.db, role.principalId)).toEqual([role])
  const revoke = () => trial.storage.change((trx) => revokeAppRole(trx, role))
  await revoke()
  expect(await claimsFor(trial, fields)).not.toHaveProperty('roles')
  await expect(revoke()).rejects.toMatchObject({ code: 'app_role_unknown' })
})

test('a role is refused that has no form, no principal, or no room', async () => {
  const { application, ...trial } = await openWithApplication()
  const { principalId } = application
  const good = { principalId, resource: TRIAL_RESOURCE, role: 'r' }
  for (const change of [{ role: '' }, { role: ' r' }, { role: 'x'.repeat(121) }, { resource: 'a\nb' }]) {
    await expect(grant(trial, { ...good, ...change })).rejects.toMatchObject({ code: 'app_role_malformed' })
  }
  const toNobody = grant(trial, { ...good, principalId: 'nobody' })
  await expect(toNobody).rejects.toMatchObject({ code: 'principal_unknown' })
  for (let role = 0; role < APP_ROLES_MAX; role += 1) await grant(trial, { ...good, role: `r${role}` })
  await expect(grant(trial, good)).rejects.toMatchObject({ code: 'app_roles_too_many' })
  await grant(trial, { ...good, role: 'r0' })
})
