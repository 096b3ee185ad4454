import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { testWith } from '../../../../test/privilege.ts'
import { createKernelTables, findSocketOwner, type ReadTable, type SocketAddress } from './kernel-sockets.ts'

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'

const LOCAL: SocketAddress = { address: '127.0.0.1', port: 40342 }
const PEER: SocketAddress = { address: '127.0.0.1', port: 43981 }

/** A row as Linux 6 prints it. */
function row(local: string, remote: string, { state = '01', userId = 1000, inode = 777 } = {}): string {
  const user = String(userId).padStart(5)
  return `   7: ${local} ${remote} ${state} 00000000:00000000 02:000003E8 00000000 ${user}        0 ${inode} 2 0000000000000000 20 4 30 10 -1\n`
}

function tables(tcp: string, tcp6 = ''): ReadTable {
  return async (table) => Buffer.from(HEADER + (table === 'tcp' ? tcp : tcp6))
}

test('the owner of a connection is in the row of the other end', async () => {
  const table =
    row('0100007F:9D96', '0100007F:ABCD', { userId: 998, inode: 1 }) + row('0100007F:ABCD', '0100007F:9D96')
  expect(await findSocketOwner(PEER, LOCAL, tables(table))).toEqual({ userId: 1000, inode: 777 })
})

test('an address other than 127.0.0.1 is read in the order of the kernel', async () => {
  const table = row('0302017F:0050', '0100007F:9D96')
  const peer = { address: '127.1.2.3', port: 80 }
  expect(await findSocketOwner(peer, LOCAL, tables(table))).toMatchObject({ userId: 1000 })
})

test('an IPv6 connection is in the other table', async () => {
  const loopback = '00000000000000000000000001000000'
  const table = row(`${loopback}:ABCD`, `${loopback}:9D96`, { userId: 65534 })
  const [peer, local] = [
    { ...PEER, address: '::1' },
    { ...LOCAL, address: '::1' },
  ]
  expect(await findSocketOwner(peer, local, tables('', table))).toEqual({ userId: 65534, inode: 777 })
})

test('a program that reached 127.0.0.1 by an IPv6 socket is found', async () => {
  const mapped = '0000000000000000FFFF00000100007F'
  const table = row(`${mapped}:ABCD`, `${mapped}:9D96`)
  expect(await findSocketOwner(PEER, LOCAL, tables('', table))).toEqual({ userId: 1000, inode: 777 })
})

test('where IPv6 is off, IPv4 connections are found all the same', async () => {
  const read: ReadTable = async (table) => {
    if (table === 'tcp6') throw Object.assign(new Error('off'), { code: 'ENOENT' })
    return Buffer.from(HEADER)
  }
  expect(await findSocketOwner(PEER, LOCAL, read)).toBeUndefined()
})

test.each([
  ['no row at all', ''],
  ['only our own end', row('0100007F:9D96', '0100007F:ABCD')],
  ['another port', row('0100007F:ABCE', '0100007F:9D96')],
  ['another address', row('0200007F:ABCD', '0100007F:9D96')],
  ['a listener', row('0100007F:ABCD', '00000000:0000', { state: '0A' })],
  ['TIME_WAIT', row('0100007F:ABCD', '0100007F:9D96', { state: '06', userId: 0, inode: 0 })],
  [
    'a socket that its process has closed',
    row('0100007F:ABCD', '0100007F:9D96', { state: '05', userId: 0, inode: 0 }),
  ],
  ['inode 0 of another user', row('0100007F:ABCD', '0100007F:9D96', { inode: 0 })],
  ['a row cut off', row('0100007F:ABCD', '0100007F:9D96').slice(0, 60)],
])('with %s nobody is there', async (_, table) => {
  expect(await findSocketOwner(PEER, LOCAL, tables(table))).toBeUndefined()
})

test('a row that was missed at the first look is found at the second', async () => {
  let looks = 0
  const read: ReadTable = async () => {
    looks += 1
    return Buffer.from(HEADER + (looks > 2 ? row('0100007F:ABCD', '0100007F:9D96') : ''))
  }
  expect(await findSocketOwner(PEER, LOCAL, read)).toMatchObject({ userId: 1000 })
})

test('whatever the table holds, the answer is nobody or a user with an inode', async () => {
  const noise = fc.oneof(
    fc.constantFrom('0100007F:ABCD', '0100007F:9D96', ' ', '\n', ': ', '0', '777'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(noise, { maxLength: 30 }), async (parts) => {
      const owner = await findSocketOwner(PEER, LOCAL, tables(parts.join('')))
      if (owner) expect(Number.isInteger(owner.userId) && owner.inode > 0).toBe(true)
    }),
  )
})

test('those who ask while a read waits share it; a read that runs already is too old for them', async () => {
  const reads: PromiseWithResolvers<Buffer>[] = []
  const read = createKernelTables(() => {
    const reading = Promise.withResolvers<Buffer>()
    reads.push(reading)
    return reading.promise
  })
  const first = read('tcp')
  await Promise.resolve()
  const [second, third] = [read('tcp'), read('tcp')]
  await Promise.resolve()
  expect(reads).toHaveLength(1)
  reads[0]?.resolve(Buffer.from('1'))
  expect(String(await first)).toBe('1')
  await expect.poll(() => reads.length).toBe(2)
  reads[1]?.resolve(Buffer.from('2'))
  expect(String(await second) + String(await third)).toBe('22')
  expect(reads).toHaveLength(2)
})

test('a read that fails fails only for those who shared it', async () => {
  let broken = true
  const read = createKernelTables(async () => {
    if (broken) throw new Error('broken')
    return Buffer.from('good')
  })
  await expect(read('tcp')).rejects.toThrow('broken')
  broken = false
  expect(String(await read('tcp'))).toBe('good')
})

async function listen(host: string): Promise<Server> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return server
}

async function connected(
  server: Server,
  options: { host: string },
): Promise<{ ours: Socket; theirs: Socket }> {
  const { port } = server.address() as { port: number }
  const theirs = connect({ port, ...options })
  const [ours] = (await once(server, 'connection')) as [Socket]
  onTestFinished(() => {
    ours.destroy()
    theirs.destroy()
  })
  return { ours, theirs }
}

function ends(socket: Socket): [SocketAddress, SocketAddress] {
  const { remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 } = socket
  return [
    { address: remoteAddress, port: remotePort },
    { address: localAddress, port: localPort },
  ]
}

for (const host of ['127.0.0.1', '::1']) {
  testWith(
    ['linux', ...(host === '::1' ? (['ipv6'] as const) : [])],
    `a real connection to ${host} is this user's`,
    async () => {
      const { ours } = await connected(await listen(host), { host })
      const owner = await findSocketOwner(...ends(ours), createKernelTables())
      expect(owner?.userId).toBe(process.getuid?.())
      expect(owner?.inode).toBeGreaterThan(0)
    },
  )
}

testWith(['linux', 'ipv6'], 'a real connection by a mapped address is this user\u2019s', async () => {
  const { ours } = await connected(await listen('127.0.0.1'), { host: '::ffff:127.0.0.1' })
  expect((await findSocketOwner(...ends(ours), createKernelTables()))?.userId).toBe(process.getuid?.())
})

testWith(['linux'], 'a real connection whose other end is closed belongs to nobody', async () => {
  const { ours, theirs } = await connected(await listen('127.0.0.1'), { host: '127.0.0.1' })
  const [peer, local] = ends(ours)
  ours.pause()
  theirs.destroy()
  await once(theirs, 'close')
  await expect.poll(() => findSocketOwner(peer, local, createKernelTables())).toBeUndefined()
})
