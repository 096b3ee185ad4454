/**
 * What stands in the place of the portal where the operator has switched it off: a sentence for who opens it all the same.
 *
 * @see docs/portal.md#switching-it-off
 * @module
 */

import type { FastifyInstance } from 'fastify'

const SENTENCE =
  'The portal of this control plane is switched off. Its operator can switch it on: the setting "portal" must not be "no".\n'

const HEADERS = {
  'Content-Type': 'text/plain; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
} as const

/** Adds the sentence to `server`. */
export function addSwitchedOff(server: FastifyInstance): void {
  for (const url of ['/portal', '/portal/*']) {
    server.route({
      method: ['GET', 'HEAD'],
      url,
      exposeHeadRoute: false,
      schema: { hide: true },
      handler: async (_, reply) => reply.code(404).headers(HEADERS).send(SENTENCE),
    })
  }
}
