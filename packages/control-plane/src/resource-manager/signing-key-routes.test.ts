import { expect, test } from 'vitest'
import { send } from '../testing/trial.ts'
import { ROLE, startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const PATH = '/landfast/v1/signing-keys'

async function keysOf({
  controlPlane,
  tenantId,
}: Awaited<ReturnType<typeof startTrialResourceManager>>): Promise<string[]> {
  const { body } = await send(controlPlane, `${controlPlane.url}/${tenantId}/discovery/v2.0/keys`)
  return body.keys.map(({ kid }: { kid: string }) => kid)
}

test('a rotation on demand publishes a new key that signs in a day', async () => {
  const trial = await startTrialResourceManager()
  const [old] = await keysOf(trial)
  const { status, body } = await trial.ask(`${PATH}/rotate`, { method: 'POST' })
  expect([status, await keysOf(trial)]).toEqual([200, [old, body.kid]])
  expect(new Date(body.signsFrom).getTime()).toBe(trial.clock.now().getTime() + 86_400_000)
  const { body: list } = await trial.ask(PATH)
  expect(list.value).toMatchObject([
    { kid: old, signs: true },
    { kid: body.kid, signs: false },
  ])
})

test('who asked for it is in the audit trail', async () => {
  const trial = await startTrialResourceManager()
  const { body } = await trial.ask(`${PATH}/rotate`, { method: 'POST', json: { urgency: 'immediate' } })
  const rows = await trial.storage.db
    .selectFrom('audit')
    .selectAll()
    .where('resource_id', '=', `signing-keys/${body.kid}`)
    .execute()
  expect(rows).toMatchObject([{ action: 'rotate-signing-key', client_id: expect.stringMatching(/-/) }])
})

test('after a compromised key was withdrawn, its tokens are refused here as well', async () => {
  const trial = await startTrialResourceManager()
  const { status } = await trial.ask(`${PATH}/rotate`, { method: 'POST', json: { urgency: 'compromised' } })
  expect(status).toBe(200)
  const again = await trial.ask(PATH)
  expect([again.status, again.body.error?.code]).toEqual([401, 'InvalidAuthenticationToken'])
})

test('only an owner may rotate', async () => {
  const trial = await startTrialResourceManager()
  const reader = await trial.addCaller({ id: ROLE.reader, scope: '/' })
  expect((await trial.ask(PATH, { as: reader })).status).toBe(200)
  const refused = await trial.ask(`${PATH}/rotate`, { method: 'POST', as: reader })
  expect([refused.status, refused.body.error.code]).toEqual([403, 'AuthorizationFailed'])
})

test('an urgency that does not exist is refused', async () => {
  const trial = await startTrialResourceManager()
  const refused = await trial.ask(`${PATH}/rotate`, { method: 'POST', json: { urgency: 'soon' } })
  expect([refused.status, refused.body.error.code]).toEqual([400, 'InvalidRequestContent'])
})
