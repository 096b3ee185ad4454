/**
 * The route by which a principal that has a token comes to the portal: `landfast portal` asks it for a code and opens the
 * browser with it.
 *
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import { type ArmRoute, armRoute } from '../arm/arm-route.ts'
import type { PortalParts } from './portal-parts.ts'

const TEXT = { type: 'string' } as const

/** The route. It needs no right: the session that the code opens has those of the caller. */
export function codeRoute({ codes, names }: PortalParts): ArmRoute {
  return armRoute({
    method: 'POST',
    path: '/landfast/v1/portal/codes',
    summary:
      'Makes a code that signs the caller in to the portal, once and within a minute, for no longer than the access token is good.',
    answers: {
      201: {
        description: 'Where to go with it.',
        type: 'object',
        required: ['url', 'expiresAt'],
        properties: { url: { ...TEXT, format: 'uri' }, expiresAt: { ...TEXT, format: 'date-time' } },
      },
    },
    handle: async ({ caller, time }) => {
      const { principalId, tokenEndsAt } = caller
      // Who is signed in to the portal opens no other session, which would last longer.
      if (!tokenEndsAt) throw new ArmError('InvalidAuthenticationToken')
      const { code, expiresAt } = await codes.make(principalId, { time, tokenEndsAt })
      const url = `${names.origin}/portal/sign-in/code?code=${code}`
      return { status: 201, body: { url, expiresAt: expiresAt.toISOString() } }
    },
  })
}
