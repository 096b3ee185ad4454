/** How long a search takes between two breaths, and what it looks at only once: who has much is to hold nobody up. */

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { HolderSearch } from './holder-search.ts'
import type { Work } from './turns.ts'

const USER = process.getuid?.() ?? -1

// biome-ignore lint/correctness/useYield: it has nothing to wait for
function* noGroup() {
  return undefined
}

/** A search in a folder like `/proc`, in which processes hold sockets of these inodes. */
function setUp(processes: Record<number, readonly number[]>) {
  const proc = temporaryFolder()
  for (const [id, inodes] of Object.entries(processes)) {
    const folder = join(proc, id)
    mkdirSync(join(folder, 'fd'), { recursive: true })
    symlinkSync(`/usr/bin/program-${id}`, join(folder, 'exe'))
    for (const inode of inodes) symlinkSync(`socket:[${inode}]`, join(folder, 'fd', String(inode)))
  }
  const search = new HolderSearch(proc, noGroup)
  const youngest = (text: string) => writeFileSync(join(proc, 'loadavg'), text)
  /** The process that holds the socket, and how often the search stopped for breath. */
  const find = (inode: number, userId = USER) => {
    const [found, breaths] = done(search.program({ userId, inode, controlGroup: undefined }))
    return [found?.processId, breaths]
  }
  return { proc, search, youngest, find }
}

function done<Result>(work: Work<Result>): [result: Result, breaths: number] {
  for (let breaths = 0; ; breaths += 1) {
    const { done, value } = work.next()
    if (done) return [value, breaths]
  }
}

/** So many inodes from `first` on. */
function inodes(count: number, first = 1): number[] {
  return Array.from({ length: count }, (_, index) => first + index)
}

test.each([
  [63, 0],
  [64, 1],
  [127, 1],
  [128, 2],
])(
  'of %i descriptors the search stops for breath %i times, and once before the list of all',
  (count, breaths) => {
    const { find } = setUp({ 10: inodes(count) })
    expect(find(9999)).toEqual([undefined, breaths + 1])
  },
)

test('it stops after each process of another user, which it does not look into', () => {
  const { find } = setUp({ 10: inodes(200), 11: inodes(200), 12: [] })
  expect(find(1, USER + 1)).toEqual([undefined, 3 + 1])
})

test('a process is looked at once, however many lists it is in', () => {
  const { find, youngest } = setUp({ 10: inodes(200) })
  youngest('0.00 0.00 0.00 1/2 12\n')
  // Of the youngest eight seven are gone.
  expect(find(9999)).toEqual([undefined, 7 + 3 + 1])
})

test('a program that uses the same eight descriptors again is found without a look at its others', () => {
  const { find } = setUp({ 10: inodes(300), 20: [] })
  const used = inodes(8, 150)
  for (const inode of used) expect(find(inode)[0]).toBe(10)
  for (const inode of [...used, ...used]) expect(find(inode)).toEqual([10, 0])
})

test('a descriptor that is used once does not push those away that are used again and again', () => {
  const { find } = setUp({ 10: inodes(300) })
  const used = inodes(7, 150)
  for (const inode of [...used, 200, ...used, 201, ...used]) expect(find(inode)[0]).toBe(10)
  for (const inode of used) expect(find(inode)).toEqual([10, 0])
})

test.each(['', 'nonsense', '0.00 0.00 0.00 1/2 -5\n'])(
  'where the youngest process is told as %j all are looked at',
  (text) => {
    const { find, youngest } = setUp({ 10: [777] })
    youngest(text)
    expect(find(777)).toEqual([10, 1])
  },
)

test('the youngest eight are looked at before the list of all is read, and no process before the first', () => {
  const { find, youngest } = setUp({ 5: [55], 12: [777], 13: [] })
  youngest('0.00 0.00 0.00 1/2 13\n')
  expect(find(777)).toEqual([12, 0])
  youngest('0.00 0.00 0.00 1/2 3\n')
  // Three that are gone.
  expect(find(55)).toEqual([5, 3 + 1])
})

test('of several holders in the list of all the youngest is told, by number', () => {
  const { find } = setUp({ 9: [777], 10: [777], 100: [777] })
  expect(find(777)).toEqual([100, 1])
})

test('a process that ends while it is looked for holds nothing, and no other is passed over for it', () => {
  const { proc, find } = setUp({ 10: [777], 20: [777] })
  rmSync(join(proc, '20', 'fd'), { recursive: true })
  expect(find(777)[0]).toBe(10)
})

test('the groups that all processes of a user have are gathered with a breath for each process', () => {
  const { proc, search } = setUp({ 10: [], 11: [], 12: [] })
  for (const id of [10, 11]) writeFileSync(join(proc, `${id}`, 'status'), 'Gid:\t1\t1\t1\t1\nGroups:\t2 \n')
  expect(done(search.commonGroups(USER))).toEqual([[1, 2], 3 + 1])
})
