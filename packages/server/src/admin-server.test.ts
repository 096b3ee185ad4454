import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { childCommand, startChild } from '../../../test/agent/child.ts'
import { temporaryFolder } from '../../../test/agent/temporary-folder.ts'
import type { AdminAddress } from './admin-address.ts'
import { healthPages } from './admin-pages.ts'
import { startAdminServer } from './admin-server.ts'

interface Asking {
  socketPath?: string
  port?: number
  path: string
  method?: string
  headers?: Record<string, string>
}

async function ask(options: Asking) {
  const sent = request({ host: '127.0.0.1', ...options }).end()
  const [response] = await once(sent, 'response')
  return { status: response.statusCode, type: response.headers['content-type'], body: await text(response) }
}

const READY = { whyNotReady: async (): Promise<string | undefined> => undefined }

async function start(
  address: AdminAddress,
  { isHostAllowed, ...changes }: Partial<typeof READY> & { isHostAllowed?: (host?: string) => boolean } = {},
) {
  const metrics = async () => ({ contentType: 'text/plain; version=0.0.4', body: 'a 1\n' })
  const pages = healthPages({ ...READY, metrics, ...changes })
  const server = await startAdminServer({ address, pages, ...(isHostAllowed && { isHostAllowed }) })
  onTestFinished(() => server.stop())
  return server
}

test('a socket answers its pages, to its owner alone, and goes with the stop', async () => {
  const socketPath = join(temporaryFolder(), 'admin.sock')
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
  await server.stop()
  expect(existsSync(socketPath)).toBe(false)
})

test('a server that is not ready says why', async () => {
  const socketPath = join(temporaryFolder(), 'admin.sock')
  await start({ socket: socketPath }, { whyNotReady: async () => 'the database is away' })
  expect(await ask({ socketPath, path: '/readyz' })).toMatchObject({
    status: 503,
    body: '{"status":"not ready","reason":"the database is away"}\n',
  })
})

test('another path lists those there are, another method is refused', async () => {
  const socketPath = join(temporaryFolder(), 'admin.sock')
  await start({ socket: socketPath })
  const unknown = await ask({ socketPath, path: '/metadata/identity/oauth2/token' })
  expect(unknown.status).toBe(404)
  expect(JSON.parse(unknown.body).paths).toEqual(['/livez', '/readyz', '/metrics'])
  expect((await ask({ socketPath, path: '/livez', method: 'POST' })).status).toBe(405)
})

test('a page is asked for by HEAD as well, and a query changes nothing', async () => {
  const socketPath = join(temporaryFolder(), 'admin.sock')
  await start({ socket: socketPath })
  expect(await ask({ socketPath, path: '/livez', method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
  expect(await ask({ socketPath, path: '/readyz?verbose' })).toMatchObject({ status: 200 })
  expect(await ask({ socketPath, path: '/readyz?verbose', method: 'POST' })).toMatchObject({ status: 405 })
})

test('a page that fails ends its connection and nothing else', async () => {
  const socketPath = join(temporaryFolder(), 'admin.sock')
  await start({ socket: socketPath }, { whyNotReady: () => Promise.reject(new Error('a bug')) })
  await expect(ask({ socketPath, path: '/readyz' })).rejects.toThrow()
  expect((await ask({ socketPath, path: '/livez' })).status).toBe(200)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

test('a port answers to every Host, or to those that are allowed', async () => {
  const [open, narrow] = [await freePort(), await freePort()]
  await start({ host: '127.0.0.1', port: open })
  await start({ host: '127.0.0.1', port: narrow }, { isHostAllowed: (host) => host === 'here' })
  const asked = { path: '/metrics', headers: { Host: 'there' } }
  expect((await ask({ ...asked, port: open })).status).toBe(200)
  expect(await ask({ ...asked, port: narrow })).toMatchObject({
    status: 400,
    body: '{"error":"host_not_allowed"}\n',
  })
  expect((await ask({ ...asked, port: narrow, headers: { Host: 'here' } })).status).toBe(200)
})

test('a port that is taken is said to be', async () => {
  const address = { host: '127.0.0.1', port: await freePort() }
  await start(address)
  await expect(start(address)).rejects.toMatchObject({ code: 'admin_taken' })
})

test('an address that is not one of this host is said to be unusable', async () => {
  await expect(start({ host: '192.0.2.1', port: 9090 })).rejects.toMatchObject({
    code: 'admin_unusable',
    message: expect.stringContaining('192.0.2.1 port 9090'),
  })
})

test('a socket that another server answers is not taken away', async () => {
  const socket = join(temporaryFolder(), 'admin.sock')
  await start({ socket })
  await expect(start({ socket })).rejects.toMatchObject({ code: 'admin_taken' })
  expect((await ask({ socketPath: socket, path: '/livez' })).status).toBe(200)
})

test('a socket that a killed server left is replaced', async () => {
  const socketPath = join(temporaryFolder(), 'admin.sock')
  const killed = startChild(childCommand('socket-holder.ts', socketPath))
  await killed.read()
  await killed.end('SIGKILL')
  expect(existsSync(socketPath)).toBe(true)
  await start({ socket: socketPath })
  expect((await ask({ socketPath, path: '/livez' })).status).toBe(200)
})

test('a file, a folder or a link that is no socket is left alone', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'file')
  writeFileSync(file, 'precious')
  mkdirSync(join(folder, 'folder'))
  symlinkSync(file, join(folder, 'link'))
  for (const name of ['file', 'folder', 'link']) {
    await expect(start({ socket: join(folder, name) })).rejects.toMatchObject({ code: 'admin_taken' })
  }
  expect(readFileSync(file, 'utf8')).toBe('precious')
  expect(existsSync(join(folder, 'link'))).toBe(true)
})

test('a path too long for the system is said to be', async () => {
  const socket = join(temporaryFolder(), 'ü'.repeat(60))
  await expect(start({ socket })).rejects.toMatchObject({ code: 'admin_path_long' })
})

test('a folder that is not there is said to be of no use', async () => {
  const socket = join(temporaryFolder(), 'gone', 'admin.sock')
  await expect(start({ socket })).rejects.toMatchObject({
    code: expect.stringMatching(/^admin_(forbidden|unusable)$/),
  })
})
