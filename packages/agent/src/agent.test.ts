import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { STYLES } from '@landfast/protocol'
import { afterEach, expect, test, vi } from 'vitest'
import { FakeSource, IDENTITY } from '../../../test/agent/fake-source.ts'
import { exchange, get, RawConnection, valuesOf } from '../../../test/agent/raw-http.ts'
import { presentKey, SECRET, startAgent, takeKey } from '../../../test/agent/running-agent.ts'
import { temporaryFolder } from '../../../test/agent/temporary-folder.ts'
import { createAgent } from './agent.ts'
import type { AgentMembership } from './agent-options.ts'

const TICK_MS = 5000

afterEach(() => void vi.useRealTimers())

test('nothing starts before it is told to', () => {
  const keyFolder = join(temporaryFolder(), 'tokens')
  const source = new FakeSource()
  const agent = createAgent({ endpoints: [{ style: 'arc', port: 0, keyFolder }], identity: IDENTITY, source })
  expect(agent.locations).toEqual([])
  expect(existsSync(keyFolder)).toBe(false)
})

test('a started agent says where its endpoints are', async () => {
  const { agent, arc, appService } = await startAgent()
  expect(agent.locations).toEqual([
    { style: 'arc', url: `http://127.0.0.1:${arc.port}${STYLES.arc.path}` },
    { style: 'app-service', url: `http://127.0.0.1:${appService.port}/msi/token`, secret: SECRET },
  ])
})

test('a stopped agent answers nowhere, has closed its source, and may be stopped again', async () => {
  const { agent, arc, appService, source, keyFolder, adminSocket } = await startAgent()
  await takeKey(arc)
  await agent.stop()
  await agent.stop()
  for (const target of [arc, appService]) await expect(exchange(target, get('/'))).rejects.toThrow()
  expect(source.closed).toBe(true)
  expect(agent.locations).toEqual([])
  expect(existsSync(adminSocket)).toBe(false)
  expect(readdirSync(keyFolder).filter((name) => name.endsWith('.key'))).toEqual([])
})

test('of an agent that cannot start, nothing stays: not even its source', async () => {
  const source = new FakeSource()
  const folder = temporaryFolder()
  const endpoints = [{ style: 'arc' as const, port: 0, keyFolder: join(folder, 'tokens') }]
  const admin = { socket: join(folder, 'gone', 'agent.sock') }
  await expect(startAgent({ endpoints, admin, source })).rejects.toMatchObject({ code: 'admin_taken' })
  expect(source.closed).toBe(true)
  const second = await startAgent({ endpoints })
  expect((await presentKey(second.arc, await takeKey(second.arc))).status).toBe(200)
})

test('an endpoint in App Service style needs a secret', async () => {
  await expect(startAgent({ endpoints: [{ style: 'app-service', secret: '' }] })).rejects.toThrow(TypeError)
})

test('a source that fails to close is said, and everything else is let go', async () => {
  const { agent, source, keyFolder } = await startAgent()
  source.close = () => {
    throw new Error('stuck')
  }
  await expect(agent.stop()).rejects.toMatchObject({ errors: [{ message: 'stuck' }] })
  const second = await startAgent({ endpoints: [{ style: 'arc', port: 0, keyFolder }] })
  expect(second.agent.locations).toHaveLength(1)
})

test('every few seconds used tokens are refreshed ahead and stale key files removed', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const { arc, clock, source, keyFolder } = await startAgent()
  await presentKey(arc, await takeKey(arc))
  await takeKey(arc)
  expect(readdirSync(keyFolder).filter((name) => name.endsWith('.key'))).toHaveLength(1)
  clock.pass(1800)
  vi.advanceTimersByTime(TICK_MS)
  await expect.poll(() => source.asked.length).toBe(2)
  expect(readdirSync(keyFolder).filter((name) => name.endsWith('.key'))).toEqual([])
})

test('a key folder that somebody removed is made anew within seconds, and the challenge goes on', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const { arc, keyFolder, logged } = await startAgent()
  await presentKey(arc, await takeKey(arc))
  rmSync(keyFolder, { recursive: true })
  vi.advanceTimersByTime(TICK_MS)
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
  expect(logged.join()).toContain('it was made anew')
})

test('each decision is written down once, with who and what; a mere challenge is none', async () => {
  const { arc, appService, audited } = await startAgent()
  await presentKey(arc, await takeKey(arc))
  await presentKey(arc, 'wrong')
  const target = `${STYLES['app-service'].path}?api-version=2019-08-01&resource=a`
  await exchange(appService, get(target, 'Host: localhost', 'X-IDENTITY-HEADER: wrong'))
  await exchange(appService, get(target, 'Host: localhost', `X-IDENTITY-HEADER: ${SECRET}`))
  await expect.poll(() => audited().length).toBe(4)
  const who = { userId: process.getuid?.(), identity: IDENTITY.resourceId }
  expect(audited().map(({ outcome, reason, style, audience }) => [style, outcome, reason, audience])).toEqual(
    expect.arrayContaining([
      ['arc', 'granted', undefined, 'https://vault.azure.net'],
      ['arc', 'refused', 'key_rejected', 'https://vault.azure.net'],
      ['app-service', 'refused', 'identity_header_rejected', undefined],
      ['app-service', 'granted', undefined, 'a'],
    ]),
  )
  for (const entry of audited()) {
    expect(entry).toMatchObject(who)
    expect(entry.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  }
})

test('the audit log goes on in a new file after it was rotated away', async () => {
  const { agent, arc, auditLog } = await startAgent()
  await presentKey(arc, await takeKey(arc))
  renameSync(auditLog, `${auditLog}.1`)
  agent.reopenAudit()
  await presentKey(arc, await takeKey(arc))
  await agent.stop()
  for (const file of [auditLog, `${auditLog}.1`]) {
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1)
  }
})

test('an agent without log, audit or health pages works as well', async () => {
  const { arc } = await startAgent({ auditLog: undefined, admin: undefined })
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
})

test('an agent that stops waits for its requests, and leaves no key file of theirs', async () => {
  const { agent, arc, source, keyFolder } = await startAgent()
  source.gate = new Promise(() => {})
  const key = await takeKey(arc)
  const answered = presentKey(arc, key).catch(() => 'cut off')
  await expect.poll(() => source.asked.length).toBe(1)
  const stopped = [agent.stop(), agent.stop()]
  await Promise.all(stopped)
  expect(readdirSync(keyFolder).filter((name) => name.endsWith('.key'))).toEqual([])
  expect(source.closed).toBe(true)
  await answered
})

test('an agent that is to stop says so first, answers for the time that it is given, and ends each connection with its answer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { agent, appService, adminSocket } = await startAgent({ drainSeconds: 3600 })
  const target = `${STYLES['app-service'].path}?api-version=2019-08-01&resource=a`
  const token = get(target, 'Host: localhost', `X-IDENTITY-HEADER: ${SECRET}`)
  const kept = new RawConnection(appService)
  kept.send(token)
  expect((await kept.read())?.status).toBe(200)
  const stopped = agent.stop()
  const [ready] = await once(request({ socketPath: adminSocket, path: '/readyz' }).end(), 'response')
  expect([ready.statusCode, await text(ready)]).toEqual([
    503,
    expect.stringContaining('the agent is stopping'),
  ])
  kept.send(token)
  for (const answer of [await kept.read(), await exchange(appService, token)]) {
    expect([answer?.status, valuesOf(answer ?? { headers: [] }, 'connection')]).toEqual([200, ['close']])
  }
  vi.advanceTimersByTime(3_600_000)
  vi.useRealTimers()
  await stopped
  await expect(exchange(appService, token)).rejects.toThrow()
})

test('what the control plane refuses or takes away is gone from the cache at once', async () => {
  const other = { clientId: 'c', principalId: 'p', resourceId: '/subscriptions/s/x' }
  const life: string[] = []
  let events: Parameters<AgentMembership['start']>[0] | undefined
  const membership: AgentMembership = {
    identities: [other],
    status: { status: 'Connected' },
    start: (given) => {
      life.push('started')
      events = given
    },
    stop: async () => void life.push('stopped'),
  }
  const { agent, appService, source } = await startAgent({ membership })
  const ask = async (selector = '') => {
    const target = `${STYLES['app-service'].path}?api-version=2019-08-01&resource=a${selector}`
    const headers = ['Host: 127.0.0.1', `X-IDENTITY-HEADER: ${SECRET}`]
    return (await exchange(appService, get(target, ...headers))).status
  }
  expect([await ask(), await ask('&client_id=c'), await ask('&client_id=nobody')]).toEqual([200, 200, 400])
  expect(source.asked.map(({ identity }) => identity.clientId)).toEqual([IDENTITY.clientId, 'c'])
  events?.onIdentities([])
  await ask()
  await ask('&client_id=c')
  expect(source.asked).toHaveLength(3)
  events?.onRefused()
  await ask()
  expect(source.asked).toHaveLength(4)
  await agent.stop()
  expect(life).toEqual(['started', 'stopped'])
})

async function askAdmin(socketPath: string, path: string): Promise<string> {
  const [answer] = await once(request({ socketPath, path }).end(), 'response')
  return await text(answer)
}

test('it is told which audience fails and why, and that the authority knows the machine', async () => {
  const { appService, adminSocket, source } = await startAgent()
  const ask = (resource: string) => {
    const target = `${STYLES['app-service'].path}?api-version=2019-08-01&resource=${resource}`
    return exchange(appService, get(target, 'Host: localhost', `X-IDENTITY-HEADER: ${SECRET}`))
  }
  await ask('good')
  source.failure = 'resource_refused'
  await ask('bad')
  source.failure = undefined
  const { status, audiences } = JSON.parse(await askAdmin(adminSocket, '/readyz?verbose'))
  expect([status, audiences]).toEqual([
    'ready',
    expect.arrayContaining([
      expect.objectContaining({ audience: 'good', ok: true }),
      expect.objectContaining({
        audience: 'bad',
        ok: false,
        failure: 'resource_refused',
        reason: 'the test says resource_refused',
      }),
    ]),
  ])
  expect(JSON.parse(await askAdmin(adminSocket, '/readyz'))).toEqual({ status: 'ready' })
  const page = await askAdmin(adminSocket, '/metrics')
  expect(page).toContain('\nlandfast_authenticated 1\n')
  expect(page).toMatch(/^landfast_request_duration_seconds_count\{style="app-service",result="refused"\} 1$/m)
})

test('the trace that a request names is in the audit line and goes upstream; what is no trace is ignored', async () => {
  const { agent, appService, source, audited } = await startAgent()
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const ask = (resource: string, traceparent: string) => {
    const target = `${STYLES['app-service'].path}?api-version=2019-08-01&resource=${resource}`
    const headers = ['Host: localhost', `X-IDENTITY-HEADER: ${SECRET}`, `traceparent: ${traceparent}`]
    return exchange(appService, get(target, ...headers))
  }
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`
  await ask('a', traceparent)
  await ask('b', `00-${traceId}`)
  await agent.stop()
  expect(source.asked.map((asked) => asked.traceparent)).toEqual([traceparent, undefined])
  expect(audited().map((line) => [line.audience, line.traceId])).toEqual([
    ['a', traceId],
    ['b', undefined],
  ])
})

test('other hosts can read the metrics alone, where that is set', async () => {
  const port = await freePort()
  await startAgent({ metricsAddress: { host: '0.0.0.0', port } })
  const ask = async (path: string) => {
    const headers = { Host: `server-1.example:${port}` }
    const [answer] = await once(request({ host: '127.0.0.1', port, path, headers }).end(), 'response')
    return { status: answer.statusCode, body: await text(answer) }
  }
  expect((await ask('/metrics')).body).toContain('landfast_authenticated')
  expect((await ask('/livez')).status).toBe(200)
  for (const path of ['/status', '/readyz', '/readyz?verbose', '/msi/token'])
    expect((await ask(path)).status, path).toBe(404)
  await expect(startAgent({ metricsAddress: { host: '0.0.0.0', port } })).rejects.toMatchObject({
    code: 'admin_taken',
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
