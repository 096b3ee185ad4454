import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith, UNSHARE_MOUNTS } from '../../../../test/privilege.ts'
import { groupsOfProcess, parseGroups, programOf, userOf } from './processes.ts'
import { createSocketHolders } from './socket-holders.ts'
import { Turns } from './turns.ts'

const USER = process.getuid?.() ?? -1

/** A socket of this user. */
function socket(inode: number, userId = USER) {
  return { userId, inode, controlGroup: undefined }
}

/** No control group is known. */
function holdersIn(proc: string) {
  return createSocketHolders({ proc, findControlGroup: noGroup })
}

// biome-ignore lint/correctness/useYield: it has nothing to wait for
function* noGroup() {
  return undefined
}

/** A folder like `/proc` with a process that holds sockets of these inodes. */
function addProcess(proc: string, processId: number, inodes: readonly number[]): void {
  const folder = join(proc, String(processId))
  mkdirSync(join(folder, 'fd'), { recursive: true })
  symlinkSync(`/usr/bin/program-${processId}`, join(folder, 'exe'))
  for (const inode of inodes) symlinkSync(`socket:[${inode}]`, join(folder, 'fd', String(inode)))
}

test('the program is the one whose descriptor is the socket', async () => {
  const proc = temporaryFolder()
  addProcess(proc, 10, [1, 777])
  addProcess(proc, 20, [7, 77, 7777])
  mkdirSync(join(proc, 'self'))
  expect(await holdersIn(proc).findProgram(socket(777))).toMatchObject({
    processId: 10,
    path: '/usr/bin/program-10',
  })
})

test('a program is told with its unit and container, where they can be read', async () => {
  const proc = temporaryFolder()
  addProcess(proc, 10, [777])
  const find = holdersIn(proc).findProgram
  expect(await find(socket(777))).toMatchObject({ placement: undefined })
  writeFileSync(join(proc, '10', 'cgroup'), '0::/system.slice/web.service\n')
  expect(await find(socket(777))).toMatchObject({
    placement: { unit: 'web.service', container: undefined },
  })
  // For a second it is remembered, of that very process.
  renameSync(join(proc, '10'), join(proc, 'gone'))
  addProcess(proc, 10, [777])
  expect(await find(socket(777))).toMatchObject({ processId: 10, placement: undefined })
})

test('the unit of a process is read again after a second, and never taken for that of another', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const proc = temporaryFolder()
  const move = (processId: number, unit: string) =>
    writeFileSync(join(proc, String(processId), 'cgroup'), `0::/system.slice/${unit}\n`)
  addProcess(proc, 10, [777])
  addProcess(proc, 20, [888])
  move(10, 'web.service')
  move(20, 'db.service')
  const { findProgram } = holdersIn(proc)
  const unitOf = async (inode: number) => (await findProgram(socket(inode)))?.placement?.unit
  expect([await unitOf(777), await unitOf(888), await unitOf(777)]).toEqual([
    'web.service',
    'db.service',
    'web.service',
  ])
  move(10, 'other.service')
  vi.advanceTimersByTime(999)
  expect(await unitOf(777)).toBe('web.service')
  vi.advanceTimersByTime(1)
  expect(await unitOf(777)).toBe('other.service')
})

test('a hint is only where to look first: what holds the socket now is found', async () => {
  const proc = temporaryFolder()
  for (const processId of [10, 20, 30]) addProcess(proc, processId, [processId * 100])
  const { findProgram } = holdersIn(proc)
  for (const processId of [10, 20, 30, 10]) {
    expect(await findProgram(socket(processId * 100))).toMatchObject({ processId })
  }
  // The descriptor of the last socket has become another one's, which another process has too.
  rmSync(join(proc, '10', 'fd', '1000'))
  symlinkSync('socket:[2000]', join(proc, '10', 'fd', '1000'))
  rmSync(join(proc, '20', 'fd', '2000'))
  expect(await findProgram(socket(2000))).toMatchObject({ processId: 10 })
  expect(await findProgram(socket(1000))).toBeUndefined()
})

test('of several holders it is the one that held the last socket of that user, else one of the youngest', async () => {
  const proc = temporaryFolder()
  addProcess(proc, 10, [1, 2])
  const { findProgram } = holdersIn(proc)
  expect(await findProgram(socket(1))).toMatchObject({ processId: 10 })
  addProcess(proc, 900, [2, 3, 4])
  expect(await findProgram(socket(2))).toMatchObject({ processId: 10 })
  addProcess(proc, 18, [3])
  addProcess(proc, 17, [4])
  writeFileSync(join(proc, 'loadavg'), '0.00 0.00 0.00 1/2 25\n')
  expect(await findProgram(socket(3))).toMatchObject({ processId: 18 })
  expect(await holdersIn(proc).findProgram(socket(4))).toMatchObject({ processId: 900 })
})

test('a descriptor that cannot be read is no socket, and what holds none has no say in the groups', async () => {
  const proc = temporaryFolder()
  addProcess(proc, 10, [777])
  setGroups(proc, 10, '100\t100\t100\t100', '998')
  addProcess(proc, 20, [])
  setGroups(proc, 20, '5\t5\t5\t5', '')
  writeFileSync(join(proc, '20', 'fd', '3'), 'no link')
  expect(await holdersIn(proc).findProgram(socket(777))).toMatchObject({ processId: 10 })
  expect(await holdersIn(proc).findGroups(socket(777))).toEqual([100, 998])
})

testWith(['linux'], 'a search keeps no folder open', async () => {
  const proc = temporaryFolder()
  addProcess(proc, 10, [1, 2, 3])
  const { findProgram } = holdersIn(proc)
  const count = () => readdirSync('/proc/self/fd').filter((name) => linkOf(name).startsWith(proc)).length
  for (const inode of [1, 2, 3, 4]) await findProgram(socket(inode))
  expect(count()).toBe(0)
})

function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return ''
  }
}

test('a program is ours only if the file at its path is the one that runs', async () => {
  const proc = temporaryFolder()
  addProcess(proc, 10, [777])
  expect(await holdersIn(proc).findProgram(socket(777))).toMatchObject({ isOurs: false })
  rmSync(join(proc, '10', 'exe'))
  symlinkSync('/etc/passwd', join(proc, '10', 'exe'))
  expect(await holdersIn(proc).findProgram(socket(777))).toMatchObject({ isOurs: true })
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
    expect(await createSocketHolders().findProgram(socket(inode, 65_534))).toMatchObject({ processId: pid })
    expect(await createSocketHolders().findProgram(socket(inode, 65_533))).toBeUndefined()
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

test('a process of another user is not looked into', async () => {
  const proc = temporaryFolder()
  addProcess(proc, 10, [777])
  expect(await holdersIn(proc).findProgram(socket(777, USER + 1))).toBeUndefined()
})

test('a program whose file cannot be seen is unknown', async () => {
  const proc = temporaryFolder()
  mkdirSync(join(proc, '10', 'fd'), { recursive: true })
  symlinkSync('socket:[777]', join(proc, '10', 'fd', '3'))
  expect(await holdersIn(proc).findProgram(socket(777))).toBeUndefined()
})

test('where there is no such folder, every program is unknown', async () => {
  expect(await holdersIn(join(temporaryFolder(), 'gone')).findProgram(socket(777))).toBeUndefined()
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
  expect(await createSocketHolders().findProgram(socket(inode))).toMatchObject({ processId: process.pid })
  server.close()
})

/** Gives a played process its groups. */
function setGroups(proc: string, processId: number, own: string, others: string): void {
  writeFileSync(join(proc, String(processId), 'status'), `Name:\tx\nGid:\t${own}\nGroups:\t${others} \n`)
}

test('the groups are those of the process that holds the socket', async () => {
  const proc = temporaryFolder()
  addProcess(proc, 10, [777])
  setGroups(proc, 10, '100\t100\t100\t100', '4 998')
  expect(await holdersIn(proc).findGroups(socket(777))).toEqual([100, 4, 998])
})

test('where several processes hold the socket, a group counts that all of them have', async () => {
  const proc = temporaryFolder()
  for (const processId of [10, 11, 12]) addProcess(proc, processId, [777])
  setGroups(proc, 10, '100\t100\t100\t100', '4 998')
  setGroups(proc, 11, '100\t100\t100\t100', '')
  setGroups(proc, 12, '100\t100\t100\t100', '998')
  expect(await holdersIn(proc).findGroups(socket(777))).toEqual([100])
})

test('nobody who holds it is nobody’s groups, and a holder whose groups cannot be read has none', async () => {
  const proc = temporaryFolder()
  expect(await holdersIn(proc).findGroups(socket(777))).toBeUndefined()
  addProcess(proc, 10, [777])
  expect(await holdersIn(proc).findGroups(socket(777))).toEqual([])
})

test('a group that a process has from its file alone does not count', () => {
  expect(parseGroups('Gid:\t100\t998\t998\t998\nGroups:\t100 4 \n')).toEqual([100, 4])
  expect(parseGroups('Gid:\t998\t998\t998\t998\nGroups:\t \n')).toEqual([998])
  expect(parseGroups('Name:\tx\n')).toBeUndefined()
})

testWith(['linux', 'root', 'setpriv'], 'a process has the groups that it was started with', async () => {
  const args = ['--reuid=54321', '--regid=54321', '--groups=54322,54323', 'sleep', '60']
  const child = spawn('setpriv', args)
  onTestFinished(() => void child.kill())
  await vi.waitFor(() => expect(userOf(child.pid ?? 0)).toBe(54_321), { timeout: 60_000 })
  expect(groupsOfProcess(child.pid ?? 0)).toEqual([54_321, 54_322, 54_323])
})

test('processes in the control group of the socket are looked at first, and then alone', async () => {
  const [proc, group] = [temporaryFolder(), temporaryFolder()]
  for (const processId of [10, 20]) addProcess(proc, processId, [777])
  setGroups(proc, 10, '1\t1\t1\t1', '998')
  setGroups(proc, 20, '1\t1\t1\t1', '')
  writeFileSync(join(group, 'cgroup.procs'), '10\n')
  const asked: bigint[] = []
  // biome-ignore lint/correctness/useYield: it has nothing to wait for
  const findControlGroup = function* (number: bigint) {
    asked.push(number)
    return group
  }
  const holders = createSocketHolders({ proc, findControlGroup })
  expect(await holders.findProgram({ ...socket(777), controlGroup: 5n })).toMatchObject({ processId: 10 })
  expect(await holders.findGroups({ ...socket(777), controlGroup: 5n })).toEqual([1, 998])
  expect(asked).toEqual([5n, 5n])
})

test('a process that left the control group of its socket is found all the same', async () => {
  const [proc, group] = [temporaryFolder(), temporaryFolder()]
  addProcess(proc, 10, [777])
  writeFileSync(join(group, 'cgroup.procs'), '11\n')
  // biome-ignore lint/correctness/useYield: it has nothing to wait for
  const findControlGroup = function* () {
    return group
  }
  const holders = createSocketHolders({ proc, findControlGroup })
  expect(await holders.findProgram({ ...socket(777), controlGroup: 5n })).toMatchObject({ processId: 10 })
})

test('no number of other processes makes a program unknown', async () => {
  const proc = temporaryFolder()
  addProcess(proc, 1, [777])
  for (let processId = 2; processId < 600; processId++) {
    mkdirSync(join(proc, String(processId)))
    // Only root can play processes of another user, after each of which the search stops for breath.
    if (USER === 0) chownSync(join(proc, String(processId)), 54_321, 54_321)
  }
  // Every look takes a millisecond: the time of a whole turn.
  let now = 0
  const turns = new Turns({ turn: 1, whole: 100_000 }, () => now++)
  const holders = createSocketHolders({ proc, findControlGroup: noGroup, turns })
  expect(await holders.findProgram(socket(777))).toMatchObject({ processId: 1 })
})

testWith(['linux'], 'a thread is not taken for a process', async () => {
  const proc = temporaryFolder()
  addProcess(proc, 11, [777])
  writeFileSync(join(proc, '11', 'status'), 'Name:\tx\nTgid:\t10\nPid:\t11\n')
  addProcess(proc, 10, [777])
  writeFileSync(join(proc, 'loadavg'), '0.00 0.00 0.00 1/2 11\n')
  expect(await holdersIn(proc).findProgram(socket(777))).toMatchObject({ processId: 10 })
})

test('the groups that all processes of a user have are known without looking into them', async () => {
  const proc = temporaryFolder()
  for (const processId of [10, 11]) mkdirSync(join(proc, String(processId)))
  mkdirSync(join(proc, '12'))
  setGroups(proc, 10, '100\t100\t100\t100', '4 998')
  setGroups(proc, 11, '998\t998\t998\t998', '100')
  expect(await holdersIn(proc).findCommonGroups(USER)).toEqual([998, 100])
  expect(await holdersIn(proc).findCommonGroups(USER + 1)).toEqual([])
  setGroups(proc, 12, '5\t5\t5\t5', '')
  expect(await holdersIn(proc).findCommonGroups(USER)).toEqual([])
})
