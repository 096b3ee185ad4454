import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SocketAddress } from './socket-diagnosis.ts'
import { createFindInTable, type ReadTable, type TablePace, TableTooLong } from './socket-table.ts'

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
  return (table) => [Buffer.from(HEADER + (table === 'tcp' ? tcp : tcp6))]
}

/** A reading that takes no time. */
const AT_ONCE: TablePace = { processorTime: () => 0, rest: async () => {} }

function find(peer: SocketAddress, local: SocketAddress, read: ReadTable) {
  return createFindInTable(read, AT_ONCE)({ own: peer, other: local })
}

test('a socket is in the row that begins with its own end', async () => {
  const table =
    row('0100007F:9D96', '0100007F:ABCD', { userId: 998, inode: 1 }) + row('0100007F:ABCD', '0100007F:9D96')
  expect(await find(PEER, LOCAL, tables(table))).toMatchObject({ state: 1, userId: 1000, inode: 777 })
})

test('an address other than 127.0.0.1 is read in the order of the kernel', async () => {
  const table = row('0302017F:0050', '0100007F:9D96')
  const peer = { address: '127.1.2.3', port: 80 }
  expect(await find(peer, LOCAL, tables(table))).toMatchObject({ userId: 1000 })
})

test('an IPv6 connection is in the other table', async () => {
  const loopback = '00000000000000000000000001000000'
  const table = row(`${loopback}:ABCD`, `${loopback}:9D96`, { userId: 65534 })
  const [peer, local] = [
    { ...PEER, address: '::1' },
    { ...LOCAL, address: '::1' },
  ]
  expect(await find(peer, local, tables('', table))).toMatchObject({ userId: 65534, inode: 777 })
})

test('a program that reached 127.0.0.1 by an IPv6 socket is found', async () => {
  const mapped = '0000000000000000FFFF00000100007F'
  const table = row(`${mapped}:ABCD`, `${mapped}:9D96`)
  expect(await find(PEER, LOCAL, tables('', table))).toMatchObject({ state: 1, userId: 1000, inode: 777 })
})

test('where IPv6 is off, IPv4 connections are found all the same', async () => {
  const read: ReadTable = (table) => {
    if (table === 'tcp6') throw Object.assign(new Error('off'), { code: 'ENOENT' })
    return [Buffer.from(HEADER)]
  }
  expect(await find(PEER, LOCAL, read)).toBeUndefined()
})

test.each([
  ['no row at all', ''],
  ['only our own end', row('0100007F:9D96', '0100007F:ABCD')],
  ['another port', row('0100007F:ABCE', '0100007F:9D96')],
  ['another address', row('0200007F:ABCD', '0100007F:9D96')],
  ['a listener', row('0100007F:ABCD', '00000000:0000', { state: '0A' })],
  ['a row cut off', row('0100007F:ABCD', '0100007F:9D96').slice(0, 60)],
])('with %s there is no socket', async (_, table) => {
  expect(await find(PEER, LOCAL, tables(table))).toBeUndefined()
})

test('a row that was missed at the first look is found at the second', async () => {
  let looks = 0
  const read: ReadTable = () => {
    looks += 1
    return [Buffer.from(HEADER + (looks > 2 ? row('0100007F:ABCD', '0100007F:9D96') : ''))]
  }
  expect(await find(PEER, LOCAL, read)).toMatchObject({ userId: 1000 })
})

test('whatever the table holds, the answer is nobody or a user with a number', async () => {
  const noise = fc.oneof(
    fc.constantFrom('0100007F:ABCD', '0100007F:9D96', ' ', '\n', ': ', '0', '777'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(noise, { maxLength: 30 }), async (parts) => {
      const owner = await find(PEER, LOCAL, tables(parts.join('')))
      if (owner) expect(Number.isInteger(owner.userId) && Number.isInteger(owner.inode)).toBe(true)
    }),
  )
})

test('a row that lies in two pieces is read whole', async () => {
  const text = HEADER + row('0100007F:ABCD', '0100007F:9D96')
  for (const cut of [HEADER.length + 5, HEADER.length + 30, text.length - 20, text.length - 1]) {
    const read: ReadTable = () => [Buffer.from(text.slice(0, cut)), Buffer.from(text.slice(cut))]
    expect(await find(PEER, LOCAL, read)).toMatchObject({ userId: 1000, inode: 777 })
  }
})

/** A table whose pieces take time, and the rests that its readings take. */
function slowTable(pieceMs: number, pieces: number) {
  let now = 0
  const state = { readings: 0, rests: [] as number[] }
  const rows = [
    row('0100007F:ABCD', '0100007F:9D96'),
    row('0100007F:ABCE', '0100007F:9D96', { userId: 1001 }),
  ]
  function* read(): Iterable<Buffer> {
    state.readings++
    for (let piece = 0; piece < pieces; piece++) {
      now += pieceMs
      yield Buffer.from(row('0200007F:0001', '0200007F:0002'))
    }
    yield Buffer.from(rows.join(''))
  }
  const pace: TablePace = {
    processorTime: () => now,
    rest: async (milliseconds) => {
      state.rests.push(milliseconds)
    },
  }
  return { state, find: createFindInTable(read, pace) }
}

const ENDS = { own: PEER, other: LOCAL }
const OTHER_ENDS = { own: { ...PEER, port: 43982 }, other: LOCAL }

test('a reading rests for three times as long as it works', async () => {
  const { state, find: findSlowly } = slowTable(1, 10)
  expect(await findSlowly(ENDS)).toMatchObject({ userId: 1000 })
  expect(state.rests).toEqual([6, 6, 6, 6, 6])
})

test('those who come while a reading runs share the next one', async () => {
  const { state, find: findSlowly } = slowTable(1, 10)
  const first = findSlowly(ENDS)
  const others = [findSlowly(OTHER_ENDS), findSlowly(OTHER_ENDS), findSlowly(ENDS)]
  expect((await Promise.all([first, ...others])).map((found) => found?.userId)).toEqual([
    1000, 1001, 1001, 1000,
  ])
  expect(state.readings).toBe(2)
})

test('a table that takes a second of the processor is given up, and does not say that there is no socket', async () => {
  const { find: findSlowly } = slowTable(1, 1200)
  await expect(findSlowly(ENDS)).rejects.toThrow(TableTooLong)
})

test('a second table that is too long is not taken for one that is not there', async () => {
  let now = 0
  const read: ReadTable = function* (table) {
    for (let piece = 0; table === 'tcp6' && piece < 1200; piece++) {
      now += 1
      yield Buffer.from('')
    }
  }
  const findSlowly = createFindInTable(read, { processorTime: () => now, rest: async () => {} })
  await expect(findSlowly(ENDS)).rejects.toThrow(TableTooLong)
})

test('a reading that fails fails only for those who shared it', async () => {
  let isBroken = true
  const findSoon = createFindInTable(() => {
    if (isBroken) throw new Error('broken')
    return [Buffer.from(row('0100007F:ABCD', '0100007F:9D96'))]
  }, AT_ONCE)
  await expect(findSoon(ENDS)).rejects.toThrow('broken')
  isBroken = false
  expect(await findSoon(ENDS)).toMatchObject({ userId: 1000 })
})
