import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { userInfo } from 'node:os'
import { expect, onTestFinished, test, vi } from 'vitest'
import { testWith } from '../../../../test/privilege.ts'
import { createFindCaller } from './caller.ts'
import type { Connection } from './kernel-sockets.ts'
import { TableTooLong } from './socket-table.ts'

const NOT_LOCAL = expect.objectContaining({ code: 'caller_not_local' })

/** What is looked at of a socket. */
function socketFrom(remoteAddress: string | undefined): Socket {
  return { remoteAddress, remotePort: 43981, localAddress: '127.0.0.1', localPort: 40342 } as Socket
}

async function realConnection(): Promise<Socket> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as { port: number }).port, '127.0.0.1')
  const [socket] = (await once(server, 'connection')) as [Socket]
  onTestFinished(() => {
    client.destroy()
    socket.destroy()
    server.close()
  })
  return socket
}

testWith(['linux'], 'the caller of a real connection is this user and this program', async () => {
  const caller = await createFindCaller()(await realConnection())
  expect(caller).toMatchObject({ userId: process.getuid?.(), user: userInfo().username })
  expect(caller.program).toMatchObject({ processId: process.pid })
})

testWith(['linux'], 'the kernel is asked once a connection', async () => {
  const socket = await realConnection()
  const findCaller = createFindCaller()
  expect(await findCaller(socket)).toBe(await findCaller(socket))
})

test.each(['10.0.0.2', '192.168.1.1', '::ffff:127.0.0.1', 'fe80::1', '128.0.0.1', undefined])(
  'a connection from %s is not local, and the kernel is not asked',
  async (address) => {
    const findCaller = createFindCaller('linux', { findOwner: () => Promise.reject(new Error('asked')) })
    await expect(findCaller(socketFrom(address))).rejects.toEqual(NOT_LOCAL)
  },
)

test('a loopback address that the kernel does not know came from elsewhere', async () => {
  const findCaller = createFindCaller('linux', { findOwner: async () => undefined })
  await expect(findCaller(socketFrom('127.0.0.5'))).rejects.toEqual(NOT_LOCAL)
})

test('what is asked at the VM style\u2019s address comes from that address, and only the kernel\u2019s word makes it local', async () => {
  const socket = {
    remoteAddress: '169.254.169.254',
    remotePort: 43981,
    localAddress: '169.254.169.254',
    localPort: 80,
  } as Socket
  const none = createFindCaller('linux', { findOwner: async () => undefined })
  await expect(none(socket)).rejects.toEqual(NOT_LOCAL)
  const owner = { userId: 1000, inode: 777, controlGroup: undefined }
  const asked: Connection[] = []
  const one = createFindCaller('linux', {
    findOwner: async (connection) => {
      asked.push(connection)
      return owner
    },
  })
  expect(await one(socket)).toMatchObject({ userId: 1000 })
  expect(asked).toEqual([
    {
      peer: { address: '169.254.169.254', port: 43981 },
      local: { address: '169.254.169.254', port: 80 },
      inode: undefined,
    },
  ])
})

/** The connection of a process that is there until it is told to end. */
async function connectionOfProcess() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const script = `require('node:net').connect(${port}, '127.0.0.1')`
  const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' })
  const [socket] = (await once(server, 'connection')) as [Socket]
  const end = async () => {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  onTestFinished(() => {
    child.kill('SIGKILL')
    socket.destroy()
    server.close()
  })
  socket.on('error', () => {})
  return { socket, child, end }
}

testWith(['linux'], 'a caller that exits before it is looked for is nobody', async () => {
  const { socket, end } = await connectionOfProcess()
  await end()
  await expect(createFindCaller()(socket)).rejects.toEqual(NOT_LOCAL)
})

testWith(['linux'], 'what was seen of a caller stays known after it exits', async () => {
  const { socket, child, end } = await connectionOfProcess()
  const caller = await createFindCaller()(socket)
  await end()
  expect(caller.program).toMatchObject({ processId: child.pid, path: process.execPath, isOurs: true })
})

test('where the kernel does not tell nobody gets a token, and the next request tries again', async () => {
  let isReadable = false
  const findCaller = createFindCaller('linux', {
    findOwner: async () => {
      if (!isReadable) throw new Error('no /proc')
      return { userId: 1000, inode: 777, controlGroup: undefined }
    },
  })
  const socket = socketFrom('127.0.0.1')
  await expect(findCaller(socket)).rejects.toEqual(NOT_LOCAL)
  isReadable = true
  expect(await findCaller(socket)).toMatchObject({ userId: 1000 })
})

test('a caller that could not be found out in time is not said to come from elsewhere', async () => {
  const findCaller = createFindCaller('linux', {
    findOwner: () => Promise.reject(new TableTooLong('long')),
  })
  await expect(findCaller(socketFrom('127.0.0.1'))).rejects.toMatchObject({
    code: 'caller_unknown',
    status: 503,
  })
})

test('the groups of a connection are looked up when they are asked for, and once a second', async () => {
  let asked = 0
  const holders = {
    findProgram: async () => undefined,
    findGroups: async () => {
      asked++
      return [4_000_000_000 + asked]
    },
    findCommonGroups: async () => [],
  }
  const findOwner = async () => ({ userId: 1000, inode: 777, controlGroup: undefined })
  const caller = await createFindCaller('linux', { findOwner, holders })(socketFrom('127.0.0.1'))
  expect(asked).toBe(0)
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const groups = async () => (await caller.findGroups())?.at(-1)
  expect([await groups(), await groups()]).toEqual(['4000000001', '4000000001'])
  vi.advanceTimersByTime(999)
  expect(await groups()).toBe('4000000001')
  vi.advanceTimersByTime(1)
  expect(await groups()).toBe('4000000002')
})

test('on other systems a loopback address is enough, and the user unknown', async () => {
  const findCaller = createFindCaller('darwin')
  const caller = await findCaller(socketFrom('127.0.0.1'))
  expect(caller).toMatchObject({ userId: undefined, user: undefined, program: undefined })
  expect(await caller.findGroups()).toBeUndefined()
  await expect(findCaller(socketFrom('10.0.0.2'))).rejects.toEqual(NOT_LOCAL)
})
