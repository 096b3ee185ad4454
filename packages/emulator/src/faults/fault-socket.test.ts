import { mkdtemp, rm, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ownEndpoint } from '../environment/own-endpoint.ts'
import { type FaultySite, startFaultySite } from '../faulty-site.ts'
import { serveFaults } from './fault-socket.ts'

let folder: string
let socketPath: string
let running: FaultySite
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfast-faults-'))
  socketPath = join(folder, 'faults.sock')
  const endpoint = ownEndpoint('app-service')
  const identities = [{ name: 'worker', roles: {}, isAssigned: true }]
  running = await startFaultySite({ folder, machineName: 'm', endpoint, identities, socket: socketPath })
})
afterAll(async () => {
  await running.site.stop()
  await rm(folder, { recursive: true })
})

async function ask(method: string, path: string, body = '', at = socketPath) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number
    body: Record<string, unknown>
  }>()
  request({ socketPath: at, method, path, agent: false }, async (response) => {
    const text = Buffer.concat(await response.toArray()).toString()
    resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) })
  })
    .on('error', reject)
    .end(body)
  return await promise
}

async function askForToken(selector = '') {
  const { url, secret = '' } = running.site.location
  const answer = await fetch(`${url}?api-version=2019-08-01&resource=x${selector}`, {
    headers: { 'X-IDENTITY-HEADER': secret },
  })
  return answer.status
}

test('a fault that is posted strikes, is listed until then, and is gone when all are deleted', async () => {
  const posted = await ask('POST', '/faults', JSON.stringify({ fault: '429,times=2' }))
  expect(posted).toEqual({
    status: 201,
    body: { faults: [{ kind: 'status', status: 429, times: 2, struck: 0 }] },
  })
  expect(await askForToken()).toBe(429)
  expect((await ask('GET', '/faults')).body).toMatchObject({ faults: [{ struck: 1 }] })
  expect((await ask('DELETE', '/faults')).body).toEqual({ faults: [] })
  expect(await askForToken()).toBe(200)
})

test('a fault may be an object as the library takes it, and a scenario', async () => {
  await ask('POST', '/faults', JSON.stringify({ kind: 'status', status: 500, times: 3 }))
  await ask('POST', '/faults', JSON.stringify({ fault: 'throttled' }))
  expect((await ask('GET', '/faults')).body).toMatchObject({
    faults: [{ status: 500 }, { status: 429, retryAfterSeconds: 1 }],
  })
  await ask('POST', '/faults', JSON.stringify({ fault: '503,times=always' }))
  expect((await ask('GET', '/faults')).body).toMatchObject({ faults: [{}, {}, { times: 'always' }] })
  await ask('DELETE', '/faults')
})

test('what was asked of the endpoint is told', async () => {
  await ask('DELETE', '/requests')
  await askForToken()
  expect((await ask('GET', '/requests')).body).toMatchObject({ requests: [{ resource: 'x', status: 200 }] })
})

test('an identity is taken away and given back, and the others keep their tokens', async () => {
  const { clientId = '' } = running.machine.identities.get('worker') ?? {}
  const worker = { name: 'worker', clientId, isAssigned: true }
  expect((await ask('GET', '/identities')).body).toMatchObject({ identities: [worker] })
  expect(await askForToken(`&client_id=${clientId}`)).toBe(200)
  expect(await ask('DELETE', '/identities/worker')).toMatchObject({
    status: 200,
    body: { identities: [{ ...worker, isAssigned: false }] },
  })
  expect([await askForToken(`&client_id=${clientId}`), await askForToken()]).toEqual([400, 200])
  expect((await ask('PUT', '/identities/worker')).body).toMatchObject({ identities: [worker] })
  expect(await askForToken(`&client_id=${clientId}`)).toBe(200)
})

test.each(['PUT', 'DELETE'])(
  '%s of an identity that is not there is refused with those that are',
  async (method) => {
    expect(await ask(method, '/identities/stranger')).toMatchObject({
      status: 404,
      body: { error: 'identity_unknown', message: expect.stringContaining('"stranger"; there are: worker') },
    })
  },
)

test.each([
  ['{', 'no JSON'],
  ['null', '"undefined" is none of'],
  ['{"fault":"slow"}', '"slow" is no status'],
  ['{"fault":"429","times":2}', '"times" stands beside "fault"'],
  ['{"kind":"timeout","times":1,"times":2}', 'has "times" twice'],
  ['{"kind":"timeout","tims":2}', '"timeout" has no "tims"'],
  [`"${'x'.repeat(5000)}"`, 'too long'],
])('%s is refused with the reason', async (body, reason) => {
  expect(await ask('POST', '/faults', body)).toMatchObject({
    status: 400,
    body: { error: 'fault_invalid', message: expect.stringContaining(reason) },
  })
})

test('an answer that cannot be sent cuts its connection and ends nothing else', async () => {
  const log = { entries: [1n], clear: () => {} } as unknown as FaultySite['log']
  const path = join(folder, 'failing.sock')
  const { endpoint, machine } = running
  const failing = await serveFaults({ path, endpoint, log, machine })
  await expect(ask('GET', '/requests', '', path)).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect((await ask('GET', '/faults', '', path)).status).toBe(200)
  await failing.stop()
})

test('another path is unknown, and the socket is its owner’s alone', async () => {
  const paths = ['/faults', '/requests', '/identities', '/identities/NAME']
  expect(await ask('GET', '/')).toMatchObject({ status: 404, body: { paths } })
  expect((await stat(socketPath)).mode & 0o777).toBe(0o600)
})

test.each([
  ['PUT', '/faults', 405, '"/faults" does not take PUT, but GET, POST, DELETE'],
  ['POST', '/identities/worker', 405, '"/identities/worker" does not take POST, but PUT, DELETE'],
  ['GET', '/fault', 404, 'nothing is at "/fault"; there are /faults, /requests'],
  ['GET', '/toString', 404, 'nothing is at "/toString"'],
])('%s %s is refused with the reason', async (method, path, status, reason) => {
  const message = expect.stringContaining(reason)
  expect(await ask(method, path)).toMatchObject({ status, body: { message } })
})
