import type { FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { checkOptions } from '../options.ts'
import { ownNames } from './own-names.ts'

test.each([
  ['id.example.com', 8443, 'https://id.example.com:8443'],
  ['::1', 8443, 'https://[::1]:8443'],
  ['0.0.0.0', 8443, 'https://localhost:8443'],
  // Clients leave the usual port out of URLs, and so out of the audience of their assertions.
  ['id.example.com', 443, 'https://id.example.com'],
])('a control plane that listens on %s, port %i, calls itself %s', (host, port, origin) => {
  const server = { server: { address: () => ({ port }) } } as unknown as FastifyInstance
  const names = ownNames(server, checkOptions({ stateFolder: '/nowhere', host }), 'tenant')
  expect([names.origin, names.issuerV1]).toEqual([origin, `${origin}/tenant/`])
})
