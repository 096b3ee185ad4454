/**
 * Reads the kernel's table of TCP sockets, where it cannot be asked about one socket: which user owns the other end of a
 * connection on this host.
 *
 * Any local user can make the table long. So all who wait share one reading, which takes its small part of the time
 * and gives up a table that is too long: nobody can keep the agent from its other work.
 *
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 * @module
 */

import { closeSync, openSync, readSync } from 'node:fs'
import type { SocketAddress, SocketEnds, SocketFacts } from './socket-diagnosis.ts'

/** The kernel's tables, as `/proc/net` names them. */
export type TableName = 'tcp' | 'tcp6'

/** The pieces of `/proc/net/tcp` or `/proc/net/tcp6`, each read when it is taken. */
export type ReadTable = (table: TableName) => Iterable<Buffer>

/** How time passes for a reading. */
export interface TablePace {
  /** Milliseconds that this thread has run. */
  processorTime: () => number
  rest: (milliseconds: number) => Promise<void>
}

/** Finds a socket; undefined if this host's tables have none with these ends. */
export type FindInTable = (ends: SocketEnds) => Promise<SocketFacts | undefined>

/** The table was longer than the agent reads. */
export class TableTooLong extends Error {}

/** A reading works so long at once, and rests three times as long: it takes a quarter of the processor. */
const SLICE_MS = 2
const REST_RATIO = 3

/** One that takes more is given up. Some 300,000 sockets can be read in that time. */
const READING_MAX_MS = 1000

/** The kernel gives no more at once. */
const PIECE_BYTES = 4096

interface Waiting {
  resolve: (row: string | undefined) => void
  reject: (error: unknown) => void
}

/** A finder in the tables of this process's network namespace. */
export function createFindInTable(read: ReadTable, pace: TablePace): FindInTable {
  const tables = { tcp: new SharedTable('tcp', read, pace), tcp6: new SharedTable('tcp6', read, pace) }
  const find = async (ends: SocketEnds): Promise<SocketFacts | undefined> => {
    if (ends.own.address.includes(':')) return parseRow(await tables.tcp6.find(keyOf(ends, 'tcp6')))
    const own = parseRow(await tables.tcp.find(keyOf(ends, 'tcp')))
    // A program may reach 127.0.0.1 by an IPv6 socket, as Java does; the kernel lists that in the other table.
    return own ?? parseRow(await tables.tcp6.find(keyOf(ends, 'tcp6')).catch(passTooLong))
  }
  // The kernel writes the table in pieces and may miss a row while others come and go: look twice before a no.
  return async (ends) => (await find(ends)) ?? find(ends)
}

/** Where IPv6 is off there is no second table. */
function passTooLong(error: unknown): undefined {
  if (error instanceof TableTooLong) throw error
}

/** One table. Who comes while a reading runs waits for the next: a row may have been passed by already. */
class SharedTable {
  readonly #name: TableName
  readonly #read: ReadTable
  readonly #pace: TablePace
  #waiting = new Map<string, Waiting[]>()
  #isRunning = false

  constructor(name: TableName, read: ReadTable, pace: TablePace) {
    this.#name = name
    this.#read = read
    this.#pace = pace
  }

  find(key: string): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      const others = this.#waiting.get(key) ?? []
      this.#waiting.set(key, [...others, { resolve, reject }])
      if (!this.#isRunning) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.size > 0) {
      const searched = this.#waiting
      this.#waiting = new Map()
      try {
        await this.#search(searched)
        for (const one of [...searched.values()].flat()) one.resolve(undefined)
      } catch (error) {
        for (const one of [...searched.values()].flat()) one.reject(error)
      }
    }
    this.#isRunning = false
  }

  async #search(searched: Map<string, Waiting[]>): Promise<void> {
    const { processorTime, rest } = this.#pace
    let [spent, since, left] = [0, processorTime(), '']
    for (const piece of this.#read(this.#name)) {
      const lines = (left + piece.toString('latin1')).split('\n')
      left = lines.pop() ?? ''
      for (const line of lines) settle(line, searched)
      if (searched.size === 0) return
      const worked = processorTime() - since
      if (worked < SLICE_MS) continue
      spent += worked
      if (spent > READING_MAX_MS) throw new TableTooLong(`more than ${READING_MAX_MS} ms`)
      await rest(worked * REST_RATIO)
      since = processorTime()
    }
    settle(left, searched)
  }
}

/** `sl: local remote …` */
function settle(line: string, searched: Map<string, Waiting[]>): void {
  const start = line.indexOf(': ') + 2
  const end = line.indexOf(' ', line.indexOf(' ', start) + 1)
  if (start < 2 || end < start) return
  const key = line.slice(start, end)
  for (const one of searched.get(key) ?? []) one.resolve(line.slice(start))
  searched.delete(key)
}

/** `local remote state queues timer retransmits uid timeout inode …`. */
function parseRow(row: string | undefined): SocketFacts | undefined {
  const columns = row?.trim().split(/\s+/) ?? []
  const [state, userId, inode] = [
    Number.parseInt(columns[2] ?? '', 16),
    Number(columns[6]),
    Number(columns[8]),
  ]
  if (![state, userId, inode].every(Number.isInteger)) return undefined
  return { state, userId, inode, controlGroup: undefined }
}

function keyOf({ own, other }: SocketEnds, table: TableName): string {
  return `${hexOf(own, table)} ${hexOf(other, table)}`
}

function hexOf({ address, port }: SocketAddress, table: TableName): string {
  return `${addressHex(address, table)}:${port.toString(16).toUpperCase().padStart(4, '0')}`
}

/**
 * An address as `table` shows it: 32-bit words in the machine's byte order (every machine here is little-endian),
 * in `tcp6` with IPv4 addresses mapped.
 *
 * @throws {RangeError} if `address` is an IPv6 address other than `::1`.
 */
export function addressHex(address: string, table: TableName): string {
  if (address === '::1') return '00000000000000000000000001000000'
  if (address.includes(':')) throw new RangeError(`not a loopback address: "${address}"`)
  const hex = Buffer.from(address.split('.').map(Number)).reverse().toString('hex').toUpperCase()
  return table === 'tcp' ? hex : `0000000000000000FFFF0000${hex}`
}

/** The tables themselves. */
export function* readKernelTable(table: TableName): Iterable<Buffer> {
  const descriptor = openSync(`/proc/self/net/${table}`, 'r')
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES)
    for (let length = -1; length !== 0; ) {
      length = readSync(descriptor, piece)
      if (length > 0) yield piece.subarray(0, length)
    }
  } finally {
    closeSync(descriptor)
  }
}
