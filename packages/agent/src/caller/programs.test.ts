import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith, UNSHARE_MOUNTS } from '../../../../test/privilege.ts'
import { createFindProgram, programOf, userOf } from './programs.ts'

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
  expect(createFindProgram(proc)({ userId: USER, inode: 777 })).toMatchObject({
    processId: 10,
    path: '/usr/bin/program-10',
  })
})

test('a program is told with its unit and container, where they can be read', () => {
  const proc = temporaryFolder()
  addProcess(proc, 10, [777])
  const find = createFindProgram(proc)
  expect(find({ userId: USER, inode: 777 })).toMatchObject({ placement: undefined })
  writeFileSync(join(proc, '10', 'cgroup'), '0::/system.slice/web.service\n')
  expect(find({ userId: USER, inode: 777 })).toMatchObject({
    placement: { unit: 'web.service', container: undefined },
  })
})

test('a program is ours only if the file at its path is the one that runs', () => {
  const proc = temporaryFolder()
  addProcess(proc, 10, [777])
  expect(createFindProgram(proc)({ userId: USER, inode: 777 })).toMatchObject({ isOurs: false })
  rmSync(join(proc, '10', 'exe'))
  symlinkSync('/etc/passwd', join(proc, '10', 'exe'))
  expect(createFindProgram(proc)({ userId: USER, inode: 777 })).toMatchObject({ isOurs: true })
})

testWith(
  ['linux', 'namespaces'],
  'another file put over a program in a namespace of one\u2019s own is not ours',
  async () => {
    const name = join(temporaryFolder(), 'allowed')
    writeFileSync(name, '')
    const script = 'mount --bind "$(command -v sleep)" "$0" && exec "$0" 60'
    const child = spawn('unshare', [...UNSHARE_MOUNTS.slice(1), 'sh', '-c', script, name])
    onTestFinished(() => void child.kill())
    const { pid = 0 } = child
    await vi.waitFor(() => expect(programOf(pid)?.path).toBe(name), { timeout: 60_000 })
    expect(programOf(pid)).toMatchObject({ isOurs: false })
  },
)

testWith(
  ['linux', 'root'],
  'a daemon that gave up being root is found by the user that it became',
  async () => {
    const script = `process.setgid(65534); process.setuid(65534)
    require('node:net').createServer().listen(0, '127.0.0.1', () => console.log('ready'))`
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill())
    await once(child.stdout, 'data')
    const { pid = 0 } = child
    const links = readdirSync(`/proc/${pid}/fd`).map((name) => readlinkSync(`/proc/${pid}/fd/${name}`))
    const [inode = 0] = links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []).map(Number)
    expect(createFindProgram()({ userId: 65_534, inode })).toMatchObject({ processId: pid })
    expect(createFindProgram()({ userId: 65_533, inode })).toBeUndefined()
  },
)

test('a process that ended has neither a program nor a user', () => {
  const proc = temporaryFolder()
  expect(programOf(10, proc)).toBeUndefined()
  expect(userOf(10, proc)).toBeUndefined()
})

testWith(['linux'], 'this process runs as its user', () => {
  expect(userOf(process.pid)).toBe(process.geteuid?.())
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
