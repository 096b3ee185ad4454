/**
 * The routes by which an administrator reads and rotates the signing keys.
 *
 * @see ../../../../docs/control-plane.md
 * @module
 */

import { type ArmRoute, armRoute } from '../arm/arm-route.ts'
import { ROTATION_URGENCIES, type RotationUrgency } from '../authority/signing-key-rotation.ts'
import type { ScheduledKey, SigningKeys } from '../authority/signing-keys.ts'

const PATH = '/landfast/v1/signing-keys'

const KEY = {
  type: 'object',
  required: ['kid', 'signsFrom'],
  properties: {
    kid: { type: 'string' },
    signsFrom: { type: 'string', format: 'date-time' },
    publishedUntil: { type: 'string', format: 'date-time' },
    signs: { type: 'boolean' },
  },
} as const

const ROTATION = {
  type: ['object', 'null'],
  properties: { urgency: { type: 'string', enum: ROTATION_URGENCIES } },
  additionalProperties: false,
} as const

/** The routes of `keys`. */
export function signingKeyRoutes(
  keys: Pick<SigningKeys, 'schedule' | 'nextRotation' | 'rotate'>,
): ArmRoute[] {
  return [
    armRoute({
      method: 'GET',
      path: PATH,
      summary: 'Lists the keys that sign tokens, with their times, and tells when another one signs.',
      action: 'Landfast.Identity/signingKeys/read',
      answers: {
        200: {
          description: 'The keys in the order in which they sign.',
          type: 'object',
          properties: {
            value: { type: 'array', items: KEY },
            nextRotation: { type: 'string', format: 'date-time' },
          },
        },
      },
      handle: async () => {
        const nextRotation = keys.nextRotation()
        return { body: { value: keys.schedule().map(bodyOf), ...(nextRotation && { nextRotation }) } }
      },
    }),
    armRoute({
      method: 'POST',
      path: `${PATH}/rotate`,
      summary: 'Makes a new key that signs tokens: in a day, or at once if it must be.',
      action: 'Landfast.Identity/signingKeys/rotate/action',
      body: ROTATION,
      answers: { 200: { description: 'The new key.', ...KEY } },
      handle: async ({ body, caller, correlationId }) => {
        const { urgency = 'planned' } = (body ?? {}) as { urgency?: RotationUrgency }
        const { clientId, principalId } = caller
        return { body: await keys.rotate({ urgency, by: { clientId, principalId, correlationId } }) }
      },
    }),
  ]
}

function bodyOf({ kid, signsFrom, publishedUntil, signs }: ScheduledKey): object {
  return { kid, signsFrom, ...(publishedUntil && { publishedUntil }), signs }
}
