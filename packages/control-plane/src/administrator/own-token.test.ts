import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { RESOURCE, registerTrialMachine, send, startTrial } from '../testing/trial.ts'
import { startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const HOUR = 3600

test('a token that the program has made is signed as any other, with the times that it chose', async () => {
  const trial = await startTrial()
  const { identity } = await registerTrialMachine(trial)
  const { controlPlane, clock } = trial
  const madeAt = new Date(clock.now().getTime() - 2 * HOUR * 1000)
  const wish = { clientId: identity.clientId, audience: RESOURCE, madeAt, lifetimeSeconds: HOUR }
  const token = await controlPlane.makeToken(wish)
  const keys = await send(controlPlane, `${controlPlane.url}/${controlPlane.tenantId}/discovery/keys`)
  const checks = { currentDate: new Date(madeAt.getTime() + 1000), audience: RESOURCE }
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys.body as never), checks)
  expect(payload).toMatchObject({
    oid: identity.principalId,
    exp: Math.floor(madeAt.getTime() / 1000) + HOUR,
  })
  await expect(controlPlane.makeToken({ ...wish, clientId: controlPlane.tenantId })).rejects.toMatchObject({
    code: 'client_unknown',
  })
})

test('it is on record', async () => {
  const { ask, owner, controlPlane, clock } = await startTrialResourceManager()
  clock.advance(1)
  const { clientId, principalId } = owner.machine.identity
  const since = clock.now().toISOString()
  await controlPlane.makeToken({ clientId, audience: RESOURCE, madeAt: clock.now(), lifetimeSeconds: HOUR })
  const { body } = await ask(`/landfast/v1/audit?since=${since}`)
  expect(body.value).toMatchObject([{ action: 'issue-token', outcome: 'done', clientId, principalId }])
})
