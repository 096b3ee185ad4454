import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { type AdminAddress, startAdminServer } from './admin-server.ts'

interface Asking {
  socketPath?: string
  port?: number
  path: string
  method?: string
  headers?: Record<string, string>
}

async function ask(options: Asking): Promise<{ status: number; type: string; body: string }> {
  const sent = request({ host: '127.0.0.1', ...options }).end()
  const [response] = await once(sent, 'response')
  return { status: response.statusCode, type: response.headers['content-type'], body: await text(response) }
}

const READY = { whyNotReady: async (): Promise<string | undefined> => undefined }

async function start(address: AdminAddress, changes: Partial<typeof READY> = {}) {
  const server = await startAdminServer(address, {
    ...READY,
    status: () => ({ status: 'Connected' }),
    tokenFiles: () => [],
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'a 1\n' }),
    ...changes,
  })
  onTestFinished(() => server.stop())
  return server
}

test('a socket answers its pages, to its owner alone, and goes with the stop', async () => {
  const socketPath = join(temporaryFolder(), 'agent.sock')
  const server = await start({ socket: socketPath })
  expect(statSync(socketPath).mode & 0o777).toBe(0o600)
  expect(await ask({ socketPath, path: '/livez' })).toMatchObject({
    status: 200,
    body: '{"status":"alive"}\n',
  })
  expect(await ask({ socketPath, path: '/readyz' })).toMatchObject({
    status: 200,
    body: '{"status":"ready"}\n',
  })
  expect(await ask({ socketPath, path: '/metrics' })).toEqual({
    status: 200,
    type: 'text/plain; version=0.0.4',
    body: 'a 1\n',
  })
  expect(await ask({ socketPath, path: '/status' })).toMatchObject({
    status: 200,
    body: '{"status":"Connected"}\n',
  })
  await server.stop()
  expect(existsSync(socketPath)).toBe(false)
})

test('an agent that cannot serve a token says why', async () => {
  const socketPath = join(temporaryFolder(), 'agent.sock')
  await start({ socket: socketPath }, { whyNotReady: async () => 'the authority is away' })
  expect(await ask({ socketPath, path: '/readyz' })).toMatchObject({
    status: 503,
    body: '{"status":"not ready","reason":"the authority is away"}\n',
  })
})

test('another path lists those there are, another method is refused', async () => {
  const socketPath = join(temporaryFolder(), 'agent.sock')
  await start({ socket: socketPath })
  const unknown = await ask({ socketPath, path: '/metadata/identity/oauth2/token' })
  expect(unknown.status).toBe(404)
  expect(JSON.parse(unknown.body).paths).toEqual(['/livez', '/readyz', '/metrics', '/status', '/token-files'])
  expect((await ask({ socketPath, path: '/livez', method: 'POST' })).status).toBe(405)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

test('a port answers to a host that is this one, and to no name that was led here', async () => {
  const port = await freePort()
  await start({ port })
  expect((await ask({ port, path: '/livez' })).status).toBe(200)
  const led = await ask({ port, path: '/metrics', headers: { Host: `evil.example:${port}` } })
  expect(led).toMatchObject({ status: 400, body: '{"error":"host_not_allowed"}\n' })
})

test('a port that is taken is said to be', async () => {
  const port = await freePort()
  await start({ port })
  await expect(start({ port })).rejects.toMatchObject({
    code: 'admin_taken',
    message: expect.stringMatching(
      new RegExp(
        `^the address for health and metrics is taken: the port is taken: .*127\\.0\\.0\\.1.*${port}`,
      ),
    ),
  })
})

test('a socket that another agent answers is not taken away', async () => {
  const socket = join(temporaryFolder(), 'agent.sock')
  await start({ socket })
  await expect(start({ socket })).rejects.toMatchObject({
    code: 'admin_taken',
    message: `the address for health and metrics is taken: "${socket}"`,
  })
  expect((await ask({ socketPath: socket, path: '/livez' })).status).toBe(200)
})

test('a path too long for the system is said to be, in bytes', async () => {
  const socket = join(temporaryFolder(), 'ü'.repeat(60))
  await expect(start({ socket })).rejects.toMatchObject({
    code: 'admin_path_long',
    message: expect.stringMatching(/has 1\d\d bytes$/),
  })
})

test('a folder that is not there is said to be', async () => {
  const socket = join(temporaryFolder(), 'gone', 'agent.sock')
  await expect(start({ socket })).rejects.toMatchObject({
    code: 'admin_taken',
    message: expect.stringMatching(/ENOENT|EACCES/),
  })
})
