import { mkdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../test/privilege.ts'
import { createFindProgram } from './programs.ts'

const USER = process.getuid?.() ?? -1

/** A folder like `/proc` with a process that holds sockets of these inodes. */
function addProcess(proc: string, processId: number, inodes: readonly number[]): void {
  const folder = join(proc, String(processId))
  mkdirSync(join(folder, 'fd'), { recursive: true })
  symlinkSync(`/usr/bin/program-${processId}`, join(folder, 'exe'))
  for (const inode of inodes) symlinkSync(`socket:[${inode}]`, join(folder, 'fd', String(inode)))
}

test('the program is the one whose descriptor is the socket', () => {
  const proc = temporaryFolder()
  addProcess(proc, 10, [1, 777])
  addProcess(proc, 20, [7, 77, 7777])
  mkdirSync(join(proc, 'self'))
  expect(createFindProgram(proc)({ userId: USER, inode: 777 })).toEqual({
    processId: 10,
    path: '/usr/bin/program-10',
  })
})

test('a process of another user is not looked into', () => {
  const proc = temporaryFolder()
  addProcess(proc, 10, [777])
  expect(createFindProgram(proc)({ userId: USER + 1, inode: 777 })).toBeUndefined()
})

test('a program whose file cannot be seen is unknown', () => {
  const proc = temporaryFolder()
  mkdirSync(join(proc, '10', 'fd'), { recursive: true })
  symlinkSync('socket:[777]', join(proc, '10', 'fd', '3'))
  expect(createFindProgram(proc)({ userId: USER, inode: 777 })).toBeUndefined()
})

test('where there is no such folder, every program is unknown', () => {
  expect(createFindProgram(join(temporaryFolder(), 'gone'))({ userId: USER, inode: 777 })).toBeUndefined()
})

test('a search that takes too long is given up', () => {
  const proc = temporaryFolder()
  for (let processId = 1; processId <= 20; processId += 1) addProcess(proc, processId, [processId])
  let now = 0
  const find = createFindProgram(proc, () => {
    now += 0.5
    return now
  })
  expect(find({ userId: USER, inode: 15 })?.processId).toBe(15)
  expect(find({ userId: USER, inode: 1 })).toBeUndefined()
})

test('a process with very many descriptors is given up half-way', () => {
  const proc = temporaryFolder()
  const inodes = Array.from({ length: 100 }, (_, index) => index + 1)
  addProcess(proc, 1, inodes)
  let asked = 0
  const find = createFindProgram(proc, () => {
    asked += 1
    return asked
  })
  const found = inodes.filter((inode) => find({ userId: USER, inode }))
  expect(found.length).toBeLessThan(inodes.length / 2)
})

test('the process that was found last is looked at first', () => {
  const proc = temporaryFolder()
  for (let processId = 1; processId <= 20; processId += 1) addProcess(proc, processId, [processId])
  let now = 0
  let speed = 0
  const find = createFindProgram(proc, () => {
    now += speed
    return now
  })
  find({ userId: USER, inode: 1 })
  speed = 3
  expect(find({ userId: USER, inode: 1 })?.processId).toBe(1)
})

testWith(['linux'], 'this very program is found by a socket of its own', async () => {
  const { createServer } = await import('node:net')
  const { readdirSync } = await import('node:fs')
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const links = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`)
    } catch {
      return ''
    }
  })
  const inode = Number(links.find((link) => link.startsWith('socket:'))?.slice(8, -1))
  expect(createFindProgram()({ userId: USER, inode })).toMatchObject({ processId: process.pid })
  server.close()
})
