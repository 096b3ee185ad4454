import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import { createReadsEverything } from './file-reader.ts'

const ALL = '000001ffffffffff'
const NONE = '0000000000000000'
const EVERYBODY = '         0          0 4294967295\n'
const USER = process.geteuid?.() ?? 0
const GROUP = process.getegid?.() ?? 0

/** A user namespace as its maps tell of it. */
interface Maps {
  users: string
  groups: string
}

const FIRST: Maps = { users: EVERYBODY, groups: EVERYBODY }

/** The first one as it is read in another: the ids outside are nobody's there. */
const OUTSIDE: Maps = { users: '0 4294967295 4294967295', groups: '0 4294967295 4294967295' }

/** A namespace whose root is the user and the group. */
function rootlessOf(user: number, group: number): Maps {
  return { users: `         0 ${user} 1\n`, groups: `         0 ${group} 1\n` }
}

/** What is said of the process 7, where this one is in the namespace `own`. */
async function ask(rights: string, maps: Maps, own: Maps = FIRST): Promise<boolean> {
  const folder = temporaryFolder()
  for (const [id, { users, groups }] of [
    ['self', own],
    ['7', maps],
  ] as const) {
    mkdirSync(join(folder, id))
    writeFileSync(join(folder, id, 'status'), `Name:\tx\nCapEff:\t${rights}\n`)
    writeFileSync(join(folder, id, 'uid_map'), users)
    writeFileSync(join(folder, id, 'gid_map'), groups)
  }
  return await readsEverything(7, folder)
}

async function readsEverything(processId: number, folder?: string): Promise<boolean> {
  const findCaller = async () => ({ program: { processId } }) as never
  return await createReadsEverything(findCaller, folder)({} as never)
}

test.each([
  ['with all rights, in the same namespace', true, ALL, FIRST, FIRST],
  ['without rights', false, NONE, FIRST, FIRST],
  ['that is root of a container of this user', true, ALL, rootlessOf(USER, GROUP), FIRST],
  ['that is root of a container of another user', false, ALL, rootlessOf(USER + 1, GROUP), FIRST],
  ['that is root of a container of another group', false, ALL, rootlessOf(USER, GROUP + 1), FIRST],
  ['of a container that has no user', false, ALL, { users: '', groups: '' }, FIRST],
  ['outside of the container of this one', true, ALL, OUTSIDE, rootlessOf(1000, 1000)],
  ['in the same container', true, ALL, rootlessOf(USER + 5, GROUP + 5), rootlessOf(USER + 5, GROUP + 5)],
] as const)(
  'whether a process %s may read files whatever their mode: %s',
  async (_, expected, rights, maps, own) => {
    expect(await ask(rights, maps, own)).toBe(expected)
  },
)

testWith(
  ['linux', 'root', 'namespaces', 'setpriv'],
  'the root of a user namespace of another user has no right to the files of this one',
  async () => {
    const stranger = ['--reuid', '65534', '--regid', '65534', '--clear-groups']
    const child = spawn('setpriv', [
      ...stranger,
      'unshare',
      '--user',
      '--map-root-user',
      'sh',
      '-c',
      'echo; read x',
    ])
    onTestFinished(() => end(child))
    await once(child.stdout, 'data')
    expect(await readsEverything(child.pid ?? 0)).toBe(false)
    expect(await readsEverything(process.pid)).toBe(true)
  },
)

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.stdin?.end()
  await ended
}
