import { expect, test } from 'vitest'
import type { ArmRequest } from '../arm/arm-route.ts'
import { codeRoute } from './code-route.ts'
import type { PortalParts } from './portal-parts.ts'

test('who asks by a session of the portal, not by a token, gets no code: the next session would last longer', async () => {
  const caller = { principalId: 'p', clientId: 'c', kind: 'application' }
  const { handle } = codeRoute({} as PortalParts)
  await expect(handle({ caller, time: new Date(0) } as ArmRequest)).rejects.toMatchObject({
    code: 'InvalidAuthenticationToken',
  })
})
