/** What the agent does when something around it is broken. */

import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createControlPlaneSource } from '@landfast/agent'
import { STYLES } from '@landfast/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { testWith } from '../privilege.ts'
import { startAuthority } from './authority.ts'
import { childCommand, startChild } from './child.ts'
import { exchange, get, valuesOf } from './raw-http.ts'
import { presentKey, SECRET, startAgent, takeKey } from './running-agent.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function ready(socketPath: string): Promise<{ status: number; body: string }> {
  const [response] = await once(request({ socketPath, path: '/readyz' }).end(), 'response')
  return { status: response.statusCode, body: await text(response) }
}

async function hold(host: string): Promise<number> {
  const server = createServer().listen({ host, port: 0, ipv6Only: true })
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}

function arcOn(keyFolder: string, port = 0) {
  return { endpoints: [{ style: 'arc' as const, port, keyFolder }] }
}

test('a second agent on one folder does not start, says who holds it, and lets go of all it took', async () => {
  const first = await startAgent()
  const port = await hold('127.0.0.9')
  await expect(startAgent(arcOn(first.keyFolder, port))).rejects.toMatchObject({
    code: 'key_folder_held',
    message: expect.stringContaining(`process ${process.pid} of user`),
  })
  const key = await takeKey(first.arc)
  expect((await presentKey(first.arc, key)).status).toBe(200)
  await first.agent.stop()
  const second = await startAgent(arcOn(first.keyFolder))
  expect((await presentKey(second.arc, await takeKey(second.arc))).status).toBe(200)
})

testWith(['ipv6'], '::1 taken by somebody else: nothing of the agent stays', async () => {
  const keyFolder = join(temporaryFolder(), 'tokens')
  const port = await hold('::1')
  await expect(startAgent(arcOn(keyFolder, port))).rejects.toMatchObject({ code: 'port_taken' })
  await expect(exchange({ port }, get('/'))).rejects.toThrow()
  const again = await startAgent(arcOn(keyFolder))
  expect((await presentKey(again.arc, await takeKey(again.arc))).status).toBe(200)
})

test('a key folder that is a symbolic link, or one that others may write, is refused', async () => {
  const folder = temporaryFolder()
  symlinkSync(folder, join(folder, 'link'))
  await expect(startAgent(arcOn(join(folder, 'link')))).rejects.toMatchObject({ code: 'key_folder_unsafe' })
  mkdirSync(join(folder, 'open'))
  chmodSync(join(folder, 'open'), 0o777)
  await expect(startAgent(arcOn(join(folder, 'open')))).rejects.toMatchObject({ code: 'key_folder_unsafe' })
})

test('the group himds missing is said, with the command that makes it', async () => {
  const endpoints = [
    { style: 'arc' as const, port: 0, keyFolder: join(temporaryFolder(), 'x'), keyGroup: 'landfast-none' },
  ]
  await expect(startAgent({ endpoints })).rejects.toMatchObject({
    code: 'group_missing',
    hint: expect.stringContaining('groupadd --system himds'),
  })
})

test('an audit log that cannot be opened keeps the agent from starting', async () => {
  await expect(startAgent({ auditLog: '/dev/null/audit.jsonl' })).rejects.toMatchObject({
    code: 'audit_unwritable',
  })
})

testWith(
  ['linux'],
  'an audit log on a full disk: tokens are served, the loss is logged, counted and shown',
  async () => {
    const { arc, adminSocket, logged } = await startAgent({ auditLog: '/dev/full' })
    expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
    await expect.poll(() => logged.some((line) => line.includes('audit lines were lost'))).toBe(true)
    expect(await ready(adminSocket)).toMatchObject({
      status: 503,
      body: expect.stringContaining('audit log'),
    })
    expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
  },
)

test('a control plane that is down at the start, comes, goes and comes again', async () => {
  const authority = await startAuthority()
  await authority.stop()
  const source = createControlPlaneSource({ registration: authority.registration })
  const { arc, clock, adminSocket } = await startAgent({ source })

  const key = await takeKey(arc)
  const away = await presentKey(arc, key)
  expect([away.status, valuesOf(away, 'retry-after')]).toEqual([503, ['1']])
  expect(JSON.parse(away.body)).toMatchObject({
    error: 'service_unavailable',
    error_description:
      'the authority does not answer and no token is left to serve; the log of the agent says why',
  })
  expect(await ready(adminSocket)).toMatchObject({
    status: 503,
    body: expect.stringContaining('the authority'),
  })

  await authority.start()
  clock.pass(1)
  expect((await presentKey(arc, key)).status).toBe(200)
  expect(await ready(adminSocket)).toMatchObject({ status: 200 })

  await authority.stop()
  clock.pass(3559)
  const last = await presentKey(arc, await takeKey(arc))
  expect(JSON.parse(last.body)).toMatchObject({ access_token: 'the-token', expires_in: '40' })
  clock.pass(10)
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(503)

  await authority.start()
  clock.pass(1)
  expect(JSON.parse((await presentKey(arc, await takeKey(arc))).body)).toMatchObject({ expires_in: '3599' })
})

test('a machine that was deleted at the control plane: every token goes, and the caller reads why', async () => {
  const authority = await startAuthority()
  const source = createControlPlaneSource({ registration: authority.registration })
  const { arc, clock, adminSocket, audited } = await startAgent({ source })
  const target = (resource: string) => `${STYLES.arc.path}?api-version=2020-06-01&resource=${resource}`
  for (const resource of ['a', 'b']) {
    expect((await presentKey(arc, await takeKey(arc), target(resource))).status).toBe(200)
  }
  authority.answer = () => ({ status: 401, json: { error: 'invalid_client', error_codes: [700016] } })
  const refused = await presentKey(arc, await takeKey(arc), target('c'))
  expect(refused.status).toBe(400)
  expect(JSON.parse(refused.body).error_description).toMatch(
    /^Identity not found: the authority refuses this machine/,
  )
  expect((await presentKey(arc, await takeKey(arc), target('a'))).status).toBe(400)
  expect(await ready(adminSocket)).toMatchObject({ status: 503 })
  await expect.poll(() => audited().filter(({ reason }) => reason === 'identity_refused')).toHaveLength(2)
  authority.answer = () => ({ json: { access_token: 'new', expires_in: 3600 } })
  clock.pass(1)
  expect((await presentKey(arc, await takeKey(arc), target('a'))).status).toBe(200)
})

test('a clock that jumps, forward or back, leaves keys as they were and tokens no longer than they are', async () => {
  const { arc, clock, source } = await startAgent()
  for (const jump of [86_400 * 400, -86_400 * 800, 3600]) {
    const key = await takeKey(arc)
    clock.set(jump)
    const answer = JSON.parse((await presentKey(arc, key)).body)
    expect(Number(answer.expires_in)).toBeLessThanOrEqual(3600)
    expect(Math.abs(Number(answer.expires_on) - clock.now() / 1000 - Number(answer.expires_in))).toBeLessThan(
      6,
    )
  }
  expect(source.asked.length).toBeLessThanOrEqual(3)
})

test('a caller that the kernel does not know gets no token, and is told why', async () => {
  const { WireError } = await import('@landfast/protocol')
  const { arc, audited } = await startAgent({
    findCaller: () => Promise.reject(new WireError('caller_not_local')),
  })
  const answer = await presentKey(arc, await takeKey(arc))
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.body).error_description).toContain('does not come from a process of this host')
  await expect.poll(audited).toMatchObject([{ outcome: 'refused', reason: 'caller_not_local' }])
})

test('a part that breaks is answered with 500 and a number that the log has too', async () => {
  const { appService, logged } = await startAgent({
    findCaller: () => Promise.reject(new TypeError('a bug')),
  })
  const target = `${STYLES['app-service'].path}?api-version=2019-08-01&resource=a`
  const answer = await exchange(appService, get(target, 'Host: 127.0.0.1', `X-IDENTITY-HEADER: ${SECRET}`))
  expect(answer.status).toBe(500)
  const { correlation_id: id, error_description: description } = JSON.parse(answer.body)
  expect(description).not.toContain('a bug')
  expect(logged.some((line) => line.includes(id) && line.includes('a bug'))).toBe(true)
})

test('after kill -9 the folder is free, its stale key files go, and what else is there stays', async () => {
  const keyFolder = join(temporaryFolder(), 'tokens')
  const command = childCommand('agent-program.ts', JSON.stringify(arcOn(keyFolder)))
  const killed = startChild(command)
  const { urls } = (await killed.read()) as { urls: [string] }
  for (let challenge = 0; challenge < 5; challenge += 1)
    await takeKey({ port: Number(new URL(urls[0]).port) })
  writeFileSync(join(keyFolder, 'notes.txt'), 'somebody\u2019s')
  const names = () => readdirSync(keyFolder).filter((name) => !name.startsWith('.'))
  expect(names()).toHaveLength(6)

  const second = startChild(command)
  expect(await second.read()).toMatchObject({
    code: 'key_folder_held',
    message: expect.stringContaining(`process ${killed.process.pid} of user`),
  })
  expect(names()).toHaveLength(6)
  await killed.end('SIGKILL')

  const { arc } = await startAgent(arcOn(keyFolder))
  expect(names()).toEqual(['notes.txt'])
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
})

test('a program that is told to stop removes its key files and ends by itself', async () => {
  const keyFolder = join(temporaryFolder(), 'tokens')
  const program = startChild(childCommand('agent-program.ts', JSON.stringify(arcOn(keyFolder))))
  const { urls } = (await program.read()) as { urls: [string] }
  await takeKey({ port: Number(new URL(urls[0]).port) })
  await program.end('SIGTERM')
  expect(program.process.exitCode).toBe(0)
  expect(readdirSync(keyFolder).filter((name) => name.endsWith('.key'))).toEqual([])
})
