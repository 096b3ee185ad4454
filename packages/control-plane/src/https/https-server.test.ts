import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import {
  certificateAuthorityOf,
  generateCertificateAuthority,
} from '../certificates/certificate-authority.ts'
import { openServerCertificate } from '../certificates/server-certificate.ts'
import { temporaryFolder } from '../testing/trial.ts'
import { createHttpsServer } from './https-server.ts'

test('a failure of its own is a server_error that tells the caller nothing, and the log the reason', async () => {
  const lines: string[] = []
  const folder = await temporaryFolder()
  const now = () => new Date()
  const authority = await certificateAuthorityOf(await generateCertificateAuthority(now()), now)
  const tls = await openServerCertificate({ folder, authority, hosts: ['localhost'], now: now() })
  const log = pino({}, { write: (line: string) => lines.push(line) })
  const server = await createHttpsServer({ tls, log, now })
  onTestFinished(() => server.close())
  server.routes.get('/', async () => {
    throw new Error('the disk is full')
  })

  const answer = await server.routes.inject('/')
  const body = answer.json()
  expect([answer.statusCode, body.error, body.error_codes]).toEqual([500, 'server_error', [50000]])
  expect(answer.body).not.toContain('disk')
  expect(lines.join('')).toContain('the disk is full')
  expect(lines.join('')).toContain(body.correlation_id)
})
