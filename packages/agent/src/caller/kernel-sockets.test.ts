import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fstatSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Kernel } from '@landfast/server'
import { loadKernel } from '@landfast/server'
import { expect, onTestFinished, test } from 'vitest'
import { testWith } from '../../../../test/privilege.ts'
import { type Connection, createFindOwner } from './kernel-sockets.ts'
import { formatQuestion, type SocketEnds, type SocketFacts } from './socket-diagnosis.ts'
import { createFindInTable, readKernelTable } from './socket-table.ts'

const PEER = { address: '127.0.0.1', port: 43981 }
const LOCAL = { address: '127.0.0.1', port: 40342 }
const CONNECTION: Connection = { peer: PEER, local: LOCAL, inode: 11 }

/** The sockets of a kernel that is played. */
interface Played {
  peer?: Partial<SocketFacts> | undefined
  own?: Partial<SocketFacts> | undefined
}

const WHOLE: SocketFacts = { state: 1, userId: 1000, inode: 777, controlGroup: undefined }

/** A kernel that answers in bytes. */
function kernelWith({ peer, own }: Played, device = 0): Kernel {
  const sockets = [
    { ends: { own: PEER, other: LOCAL }, facts: peer && { ...WHOLE, ...peer } },
    { ends: { own: LOCAL, other: PEER }, facts: own && { ...WHOLE, userId: 0, inode: 11, ...own } },
  ]
  return {
    openDiagnosis: () => 3,
    attribute: () => 0,
    notify: () => 0,
    ask: (_, question, answer) => {
      const number = question.readUInt32LE(8)
      const found = sockets.find(({ ends }) => formatQuestion(ends, device, number).equals(question))?.facts
      return found ? writeAnswer(answer, question, found) : writeError(answer, question, 2)
    },
  }
}

function writeAnswer(answer: Buffer, question: Buffer, { state, userId, inode }: SocketFacts): number {
  answer.fill(0, 0, 88)
  answer.writeUInt32LE(88, 0)
  answer.writeUInt16LE(20, 4)
  question.copy(answer, 8, 8, 12)
  answer[16] = question[16] ?? 0
  answer[17] = state
  question.copy(answer, 20, 24, 60)
  answer.writeUInt32LE(userId, 80)
  answer.writeUInt32LE(inode, 84)
  return 88
}

function writeError(answer: Buffer, question: Buffer, errno: number): number {
  answer.writeUInt32LE(36, 0)
  answer.writeUInt16LE(2, 4)
  question.copy(answer, 8, 8, 12)
  answer.writeInt32LE(-errno, 16)
  return 36
}

const neverAsked = () => Promise.reject(new Error('the table was read'))

test('the owner of a connection is that of its other end', async () => {
  const find = createFindOwner(kernelWith({ peer: {}, own: {} }), neverAsked)
  expect(await find(CONNECTION)).toEqual({ userId: 1000, inode: 777, controlGroup: undefined })
})

test('a socket that is bound to loopback is found as well', async () => {
  const find = createFindOwner(kernelWith({ peer: {}, own: {} }, 1), neverAsked)
  expect(await find(CONNECTION)).toMatchObject({ userId: 1000 })
})

test.each<[string, Played]>([
  ['is closed by its process', { peer: { state: 5, inode: 0 }, own: { state: 8 } }],
  ['is not connected yet, as that of a later user of the port', { peer: { state: 2 }, own: {} }],
  ['waits for late packets', { peer: { state: 6, inode: 0 }, own: {} }],
  ['listens', { peer: { state: 10 }, own: {} }],
  ['is there, but our own is not', { peer: {} }],
  ['is there, but our own is another with the same ends', { peer: {}, own: { inode: 12 } }],
  ['is there, but our own listens', { peer: {}, own: { state: 10 } }],
  ['is there, but our own is closed', { peer: {}, own: { state: 7 } }],
])('there is no owner where the other end %s', async (_, played) => {
  const proven = { ...kernelWith(played) }
  const { ask } = proven
  // So that it has answered before.
  proven.ask = kernelWith({ peer: {}, own: {} }).ask
  const find = createFindOwner(proven, neverAsked)
  await find(CONNECTION)
  proven.ask = ask
  expect(await find(CONNECTION)).toBeUndefined()
})

test('a process that sends no more and waits for its answer is the owner', async () => {
  for (const state of [4, 5]) {
    const find = createFindOwner(kernelWith({ peer: { state }, own: { state: 8 } }), neverAsked)
    expect(await find(CONNECTION)).toMatchObject({ userId: 1000 })
  }
})

test.each<[string, Kernel | undefined]>([
  ['there is nothing to ask it with', undefined],
  ['it may not be asked', { ...kernelWith({}), openDiagnosis: () => -97 }],
  ['it does not take the question', { ...kernelWith({}), ask: () => -1 }],
  ['it has no module for the question, and says that there is no socket', kernelWith({})],
  [
    'it refuses the question',
    { ...kernelWith({}), ask: (_, question, answer) => writeError(answer, question, 95) },
  ],
])('the table is read where %s', async (_, kernel) => {
  const asked: SocketEnds[] = []
  const find = createFindOwner(kernel, async (ends) => {
    asked.push(ends)
    return ends.own === PEER ? WHOLE : { ...WHOLE, userId: 0, inode: 11 }
  })
  expect(await find(CONNECTION)).toMatchObject({ userId: 1000 })
  expect(asked).toEqual([
    { own: PEER, other: LOCAL },
    { own: LOCAL, other: PEER },
  ])
})

test('a kernel that has answered before and then cannot is not taken at its word that there is no socket', async () => {
  const kernel = kernelWith({ peer: {}, own: {} })
  const find = createFindOwner(kernel, async ({ own }) =>
    own === PEER ? { ...WHOLE, userId: 1001 } : { ...WHOLE, userId: 0, inode: 11 },
  )
  expect(await find(CONNECTION)).toMatchObject({ userId: 1000 })
  kernel.ask = () => -105
  expect(await find(CONNECTION)).toMatchObject({ userId: 1001 })
})

/** Both ways to the real kernel. */
const WAYS = {
  'the kernel’s answer': () => createFindOwner(loadKernel(), neverAsked),
  'the kernel’s table': () =>
    createFindOwner(
      undefined,
      createFindInTable(readKernelTable, { processorTime: () => 0, rest: async () => {} }),
    ),
} as const

/** An address whose numbers of ports no other program takes meanwhile. */
const OWN_ADDRESS = `127.77.${process.pid % 256}.${1 + (Math.floor(process.pid / 256) % 250)}`

async function listen(host: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return server
}

async function connected(
  server: Server,
  host: string,
  localAddress?: string,
): Promise<{ ours: Socket; theirs: Socket }> {
  const { port } = server.address() as { port: number }
  const theirs = connect({ port, host, allowHalfOpen: true, ...(localAddress && { localAddress }) })
  const [ours] = (await once(server, 'connection')) as [Socket]
  onTestFinished(() => {
    ours.destroy()
    theirs.destroy()
  })
  return { ours, theirs }
}

function inodeOf(socket: Socket): number {
  return fstatSync((socket as unknown as { _handle: { fd: number } })._handle.fd).ino
}

function connectionOf(socket: Socket): Connection {
  const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket
  return {
    peer: { address: remoteAddress, port: remotePort },
    local: { address: localAddress, port: localPort },
    inode: inodeOf(socket),
  }
}

for (const [way, createFind] of Object.entries(WAYS)) {
  for (const [name, bound, host] of [
    ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['127.0.0.1 by an IPv6 socket', '127.0.0.1', '::ffff:127.0.0.1'],
    ['::1', '::1', '::1'],
  ] as const) {
    testWith(
      ['linux', ...(host.includes(':') ? (['ipv6'] as const) : [])],
      `by ${way} a real connection to ${name} is this user's, and its inode that of the other end`,
      async () => {
        const { ours, theirs } = await connected(await listen(bound), host)
        const owner = await createFind()(connectionOf(ours))
        expect(owner).toMatchObject({ userId: process.getuid?.(), inode: inodeOf(theirs) })
      },
    )
  }

  testWith(['linux'], `by ${way} a half-closed connection still has its owner`, async () => {
    const { ours, theirs } = await connected(await listen('127.0.0.1'), '127.0.0.1')
    theirs.end()
    await once(theirs, 'finish')
    expect(await createFind()(connectionOf(ours))).toMatchObject({ inode: inodeOf(theirs) })
  })

  testWith(['linux'], `by ${way} a connection whose other end is closed belongs to nobody`, async () => {
    const { ours, theirs } = await connected(await listen('127.0.0.1'), '127.0.0.1')
    const find = createFind()
    const connection = connectionOf(ours)
    expect(await find(connection)).toBeDefined()
    theirs.destroy()
    await once(theirs, 'close')
    expect(await find(connection)).toBeUndefined()
  })

  testWith(
    ['linux'],
    `by ${way} a connection that is gone does not belong to the later user of its port`,
    async () => {
      const server = await listen('127.0.0.1')
      const { ours, theirs } = await connected(server, '127.0.0.1', OWN_ADDRESS)
      const find = createFind()
      const connection = connectionOf(ours)
      // Both ends end at once, and leave nothing behind that would keep the port.
      theirs.resetAndDestroy()
      await once(theirs, 'close')
      const next = connect({
        port: connection.local.port,
        host: '127.0.0.1',
        localPort: connection.peer.port,
        localAddress: OWN_ADDRESS,
      })
      const [later] = (await once(server, 'connection')) as [Socket]
      onTestFinished(() => {
        next.destroy()
        later.destroy()
      })
      expect(connectionOf(later)).toMatchObject({ peer: connection.peer, local: connection.local })
      expect(await find(connectionOf(later))).toMatchObject({ inode: inodeOf(next) })
      expect(await find(connection)).toBeUndefined()
    },
  )
}

testWith(['linux'], 'the kernel tells the control group of a real connection', async () => {
  const { ours } = await connected(await listen('127.0.0.1'), '127.0.0.1')
  const owner = await createFindOwner(loadKernel(), neverAsked)(connectionOf(ours))
  expect(['bigint', 'undefined']).toContain(typeof owner?.controlGroup)
})

testWith(['linux', 'namespaces'], 'a connection of another network namespace is not in ours', async () => {
  const { ours } = await connected(await listen('127.0.0.1'), '127.0.0.1')
  const { peer, local } = connectionOf(ours)
  const find = createFindOwner(loadKernel(), neverAsked)
  expect(await find({ peer, local, inode: undefined })).toBeDefined()
  const script = `
    const { createFindOwner } = await import(${JSON.stringify(new URL('kernel-sockets.ts', import.meta.url).href)})
    const owner = await createFindOwner()(${JSON.stringify({ peer, local })})
    console.log(owner === undefined ? 'nobody' : 'somebody')`
  const { UNSHARE } = await import('../../../../test/privilege.ts')
  const [unshare = '', ...rest] = UNSHARE
  const child = spawn(unshare, [
    ...rest,
    process.execPath,
    ...['--conditions=source', '--input-type=module', '-e', script],
  ])
  let printed = ''
  child.stdout.on('data', (text) => {
    printed += text
  })
  await once(child, 'close')
  expect(printed.trim()).toBe('nobody')
})
