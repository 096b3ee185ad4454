import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import {
  certificateAuthorityOf,
  generateCertificateAuthority,
} from '../certificates/certificate-authority.ts'
import { openServerCertificate } from '../certificates/server-certificate.ts'
import { beginSession, resumes } from '../testing/tls-sessions.ts'
import { temporaryFolder } from '../testing/trial.ts'
import { createHttpsServer } from './https-server.ts'

async function createServer(log = pino({ level: 'silent' })) {
  const folder = await temporaryFolder()
  const now = () => new Date()
  const authority = await certificateAuthorityOf(await generateCertificateAuthority(now()), now)
  const tls = await openServerCertificate({ folder, authority, hosts: ['localhost'], now: now() })
  const server = await createHttpsServer({ tls, log, now })
  onTestFinished(() => server.close())
  return { server, ca: authority.certificate }
}

/** From then on no time passes for timers, until the end of the test. */
function stopTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
}

test('a failure of its own is a server_error that tells the caller nothing, and the log the reason', async () => {
  const lines: string[] = []
  const { server } = await createServer(pino({}, { write: (line: string) => lines.push(line) }))
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

test('what a schema refuses is refused at the first request of its route and at each one after it', async () => {
  const { server } = await createServer()
  const body = { type: 'object', required: ['name'], properties: { name: { type: 'string' } } }
  server.routes.post('/named', { schema: { body } }, async () => 'taken')
  const ask = async (payload: object) => {
    const answer = await server.routes.inject({ method: 'POST', url: '/named', payload })
    return answer.statusCode
  }
  const asked = [await ask({}), await ask({ name: 'n' }), await ask({ name: 1 }), await ask({ name: 'n' })]
  expect(asked).toEqual([400, 200, 400, 200])
})

test('an answer under way is sent before the end, and its connection is not kept alive after that', async () => {
  const { server, ca } = await createServer()
  const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  server.routes.get('/wait', async () => {
    begun.resolve()
    await released.promise
    return 'at last'
  })
  const url = await server.routes.listen({ host: '127.0.0.1', port: 0 })
  const agent = new Agent({ keepAlive: true, ca })
  onTestFinished(() => agent.destroy())
  const answered = once(request(`${url}/wait`, { agent }).end(), 'response')
  await begun.promise
  stopTimers()
  const closed = server.close()
  released.resolve()
  const [answer] = await answered
  expect(answer.resume().statusCode).toBe(200)
  // What is left would be cut after five seconds, which never pass here.
  await closed
})

test('a session ends with the key that sealed its ticket', async () => {
  const { server, ca } = await createServer()
  const url = await server.routes.listen({ host: '127.0.0.1', port: 0 })
  const session = await beginSession(url, ca)
  expect(await resumes(session, url, ca)).toBe(true)
  server.useTicketKey(Buffer.alloc(48, 9))
  expect(await resumes(session, url, ca)).toBe(false)
})
