import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { startTrialOnboarding } from '../testing/trial-onboarding.ts'
import { createRefusalRecord } from './onboarding-audit.ts'
import { OnboardingError } from './onboarding-error.ts'

const NETWORKS = 1_100

test('refusals from very many networks leave the refusal of a machine its own row', async () => {
  const { storage, clock } = await startTrialOnboarding()
  const onRecord = createRefusalRecord({ storage, now: () => clock.now() })
  const refuse = (address: string, error: OnboardingError) => {
    const trace = { time: clock.now(), correlationId: randomUUID(), address }
    return onRecord('heartbeat', trace, () => Promise.reject(error)).catch(() => {})
  }
  for (let network = 0; network < NETWORKS; network += 1) {
    await refuse(`2001:db8:0:${network.toString(16)}::1`, new OnboardingError('AssertionRefused'))
  }
  const principalId = randomUUID()
  const identity = { tenantId: randomUUID(), clientId: randomUUID(), principalId, resourceId: '/x' }
  await refuse('10.0.0.1', new OnboardingError('MachineCloned', { identity }))
  const rows = await storage.db
    .selectFrom('audit')
    .select('code')
    .where('principal_id', '=', principalId)
    .execute()
  expect(rows).toEqual([{ code: 'MachineCloned' }])
})
