/**
 * Tells load balancers and operators whether the control plane lives and is ready.
 *
 * @see ../../../../docs/metrics.md
 * @module
 */

import type { FastifyInstance } from 'fastify'
import { TAG } from '../openapi/openapi.ts'
import type { WhyNotReady } from './readiness.ts'

const STATUS = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string' }, reason: { type: 'string' } },
} as const

/** Adds `/livez` and `/readyz` to `server`. */
export function addHealthRoutes(server: FastifyInstance, whyNotReady: WhyNotReady): void {
  server.route({
    method: 'GET',
    url: '/livez',
    schema: {
      summary: 'Says that the control plane runs.',
      tags: [TAG.operation],
      response: { 200: { description: 'It runs.', ...STATUS } },
    },
    handler: async () => ({ status: 'alive' }),
  })
  server.route({
    method: 'GET',
    url: '/readyz',
    schema: {
      summary: 'Says whether requests can be answered now.',
      tags: [TAG.operation],
      response: { 200: { description: 'They can.', ...STATUS }, 503: { description: 'Not now.', ...STATUS } },
    },
    handler: async (_request, reply) => {
      const reason = await whyNotReady()
      if (reason === undefined) return { status: 'ready' }
      reply.code(503)
      return { status: 'not ready', reason }
    },
  })
}
