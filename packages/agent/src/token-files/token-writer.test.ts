/** Bad places for token files, and what a local user without rights could make of them: nothing. */

import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { WireError } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { setAccessList } from '../../../../test/access-list.ts'
import { childCommand, startChild } from '../../../../test/agent/child.ts'
import { KeptFiles } from '../../../../test/agent/kept-files.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { asOrdinaryUser, testWith, UNSHARE_MOUNTS } from '../../../../test/privilege.ts'

const NOBODY = 65_534

test('the file holds the token and nothing else, and is its owner’s alone', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  expect(kept.read()).toBe('token-1-for-x')
  expect(statSync(join(kept.folder, 'aws')).mode & 0o7777).toBe(0o600)
  expect(readdirSync(kept.folder)).toEqual(['aws'])
})

test('a renewal is another file in its place: who reads meanwhile reads one token, whole', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  const path = join(kept.folder, 'aws')
  const [descriptor, former] = [openSync(path, 'r'), statSync(path).ino]
  await kept.pass(1800)
  expect(statSync(path).ino).not.toBe(former)
  expect([readFileSync(descriptor, 'utf8'), kept.read()]).toEqual(['token-1-for-x', 'token-2-for-x'])
})

test('a folder that is missing is said, and used as soon as it is there', async () => {
  const kept = new KeptFiles()
  rmSync(kept.folder, { recursive: true })
  await kept.start(kept.entry())
  expect(kept.codes).toEqual(['token_file_folder'])
  mkdirSync(kept.folder)
  await kept.pass(30)
  expect(kept.codes).toEqual([undefined])
  expect(kept.read()).toBe('token-1-for-x')
})

test('a file in the place of the folder is said', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry({ path: join(kept.folder, 'a', 'b') }))
  writeFileSync(join(kept.folder, 'a'), '')
  await kept.pass(30)
  expect(kept.codes).toEqual(['token_file_folder'])
  expect(kept.standings[0]?.reason).toContain('is a file')
})

test('a folder that is a link is refused, with the name of the real one', async () => {
  const kept = new KeptFiles()
  const link = join(dirname(kept.folder), 'link')
  symlinkSync(kept.folder, link)
  await kept.start(kept.entry({ path: join(link, 'aws') }))
  expect(kept.codes).toEqual(['token_file_folder'])
  expect(kept.standings[0]?.reason).toContain(`leads to "${kept.folder}"`)
  expect(readdirSync(kept.folder)).toEqual([])
})

for (const mode of [0o777, 0o1777, 0o2775]) {
  test(`a folder of mode 0${mode.toString(8)} gets no token: others could put a file there`, async () => {
    const kept = new KeptFiles()
    chmodSync(kept.folder, mode)
    await kept.start(kept.entry())
    expect(kept.codes).toEqual(['token_file_open'])
    expect(readdirSync(kept.folder)).toEqual([])
  })
}

testWith(['root'], 'a folder of another user gets no token', async () => {
  const kept = new KeptFiles()
  chownSync(kept.folder, NOBODY, NOBODY)
  await kept.start(kept.entry())
  expect(kept.codes).toEqual(['token_file_open'])
  expect(readdirSync(kept.folder)).toEqual([])
})

testWith(['root'], 'a folder in which the agent may not write is said', async () => {
  const kept = new KeptFiles()
  chmodSync(dirname(kept.folder), 0o755)
  const { removeTokenFile, writeTokenFile } = await import('./token-writer.ts')
  const path = join(kept.folder, 'aws')
  const target = {
    path,
    mode: 0o600,
    userId: undefined,
    groupId: undefined,
    isOurs: false,
    remember: async () => {},
  }
  process.seteuid?.(NOBODY)
  try {
    await expect(writeTokenFile('x', target)).rejects.toMatchObject({
      code: 'token_file_folder',
      message: expect.stringContaining('EACCES'),
    })
    await removeTokenFile(path)
  } finally {
    process.seteuid?.(0)
  }
})

test('what the agent did not write is neither replaced nor removed: a file, a folder, a link', async () => {
  const kept = new KeptFiles()
  const victim = join(dirname(kept.folder), 'victim')
  writeFileSync(victim, 'mine')
  writeFileSync(join(kept.folder, 'file'), 'mine')
  mkdirSync(join(kept.folder, 'folder'))
  symlinkSync(victim, join(kept.folder, 'link'))
  const entries = ['file', 'folder', 'link'].map((name) => kept.entry({ path: join(kept.folder, name) }))
  await kept.start(...entries)
  expect(kept.codes).toEqual(['token_file_occupied', 'token_file_occupied', 'token_file_occupied'])
  await kept.start()
  expect([readFileSync(victim, 'utf8'), kept.read('file')]).toEqual(['mine', 'mine'])
  expect(lstatSync(join(kept.folder, 'link')).isSymbolicLink()).toBe(true)
  expect(readdirSync(kept.folder).sort()).toEqual(['file', 'folder', 'link'])
})

test('a link in the place of a file that the agent wrote is neither followed nor removed', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  const [path, victim] = [join(kept.folder, 'aws'), join(dirname(kept.folder), 'victim')]
  writeFileSync(victim, 'mine', { mode: 0o644 })
  rmSync(path)
  symlinkSync(victim, path)
  await kept.pass(1800)
  expect(kept.codes).toEqual(['token_file_occupied'])
  kept.refusal = { message: 'gone' }
  await kept.look()
  expect(readFileSync(victim, 'utf8')).toBe('mine')
  expect(lstatSync(path).isSymbolicLink()).toBe(true)
})

test('another name of the file, a hard link, gets no later token and is not removed with it', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  const other = join(dirname(kept.folder), 'other')
  linkSync(join(kept.folder, 'aws'), other)
  await kept.pass(1800)
  expect([kept.read(), readFileSync(other, 'utf8')]).toEqual(['token-2-for-x', 'token-1-for-x'])
  await kept.start()
  expect([existsSync(join(kept.folder, 'aws')), existsSync(other)]).toEqual([false, true])
})

test('a hard link to somebody’s file in the place of a token file changes nothing of that file', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  const [path, victim] = [join(kept.folder, 'aws'), join(dirname(kept.folder), 'victim')]
  writeFileSync(victim, 'mine', { mode: 0o644 })
  rmSync(path)
  linkSync(victim, path)
  await kept.pass(1800)
  expect([readFileSync(victim, 'utf8'), statSync(victim).mode & 0o777]).toEqual(['mine', 0o644])
  expect(kept.read()).toBe('token-2-for-x')
})

test('what a crash left half written is removed at the next start, and no other file', async () => {
  const kept = new KeptFiles()
  const draft = join(kept.folder, `.landfast-${'0a'.repeat(16)}`)
  for (const file of [draft, join(kept.folder, '.landfast-mine')]) writeFileSync(file, 'token')
  await kept.start(kept.entry())
  expect(readdirSync(kept.folder).sort()).toEqual(['.landfast-mine', 'aws'])
})

testWith(['root'], 'a file for another user is that user’s, and nobody else’s', async () => {
  const kept = new KeptFiles()
  chmodSync(dirname(kept.folder), 0o711)
  const paths = ['root', 'owned', 'grouped'].map((name) => join(kept.folder, name))
  const [path = '', owned = '', grouped = ''] = paths
  await kept.start(
    kept.entry({ path }),
    kept.entry({ path: owned, owner: String(NOBODY) }),
    kept.entry({ path: grouped, group: String(NOBODY), mode: 0o640 }),
  )
  const stats = paths.map((one) => statSync(one)).map(({ uid, gid, mode }) => [uid, gid, mode & 0o7777])
  expect(stats).toEqual([
    [0, 0, 0o600],
    [NOBODY, 0, 0o600],
    [0, NOBODY, 0o640],
  ])
  asOrdinaryUser(() => {
    expect(() => readFileSync(path)).toThrow('EACCES')
    expect(() => readdirSync(kept.folder)).toThrow('EACCES')
    expect([owned, grouped].map((one) => readFileSync(one, 'utf8'))).toEqual([
      'token-1-for-x',
      'token-1-for-x',
    ])
    expect(() => writeFileSync(grouped, 'x')).toThrow('EACCES')
    expect(() => rmSync(owned)).toThrow('EACCES')
  })
})

test('a user or group that does not exist is said', async () => {
  const kept = new KeptFiles()
  await kept.start(
    kept.entry({ owner: 'no-such-user' }),
    kept.entry({ path: join(kept.folder, 'b'), group: 'no-such-group' }),
  )
  expect(kept.codes).toEqual(['token_file_owner', 'token_file_owner'])
  expect(readdirSync(kept.folder)).toEqual([])
})

testWith(['root'], 'an agent that may not give files away says so, and leaves no draft', async () => {
  const kept = new KeptFiles()
  chmodSync(dirname(kept.folder), 0o755)
  chownSync(kept.folder, NOBODY, NOBODY)
  const { writeTokenFile } = await import('./token-writer.ts')
  const target = { path: join(kept.folder, 'aws'), mode: 0o600, userId: 1, groupId: undefined, isOurs: false }
  process.seteuid?.(NOBODY)
  try {
    await expect(writeTokenFile('x', { ...target, remember: async () => {} })).rejects.toMatchObject({
      code: 'token_file_owner',
    })
    expect(readdirSync(kept.folder)).toEqual([])
  } finally {
    process.seteuid?.(0)
  }
})

testWith(
  ['root'],
  'the owner of a file can neither keep it from being renewed nor from being removed',
  async () => {
    const kept = new KeptFiles()
    chmodSync(dirname(kept.folder), 0o711)
    const path = join(kept.folder, 'aws')
    await kept.start(kept.entry({ owner: String(NOBODY) }))
    asOrdinaryUser(() => {
      expect(() => renameSync(path, `${path}2`)).toThrow('EACCES')
      writeFileSync(path, 'forged')
      chmodSync(path, 0o000)
    })
    await kept.pass(1800)
    expect([kept.read(), statSync(path).mode & 0o777]).toEqual(['token-2-for-x', 0o600])
    kept.policy = async () => ({ rule: 'no', denial: new WireError('policy_denied') })
    await kept.look()
    expect(existsSync(path)).toBe(false)
  },
)

testWith(
  ['root'],
  'a folder that came into a user’s hands leads the agent to remove or write nothing elsewhere',
  async () => {
    const kept = new KeptFiles()
    const outer = dirname(kept.folder)
    const victims = join(outer, 'victims')
    mkdirSync(victims)
    writeFileSync(join(victims, 'aws'), 'mine')
    await kept.start(kept.entry())
    chownSync(outer, NOBODY, NOBODY)
    asOrdinaryUser(() => {
      renameSync(kept.folder, join(outer, 'away'))
      symlinkSync(victims, kept.folder)
    })
    await kept.pass(1800)
    expect(kept.codes[0]).toMatch(/^token_file_(?:open|folder)$/)
    kept.refusal = { message: 'gone' }
    await kept.look()
    expect(readFileSync(join(victims, 'aws'), 'utf8')).toBe('mine')
    expect(kept.logged.join('')).toContain('a token file could not be removed')
  },
)

testWith(
  ['linux', 'python3'],
  'a folder whose access list opens what is made there gets no token',
  async () => {
    const kept = new KeptFiles()
    const lines = [
      ['owner', undefined, 7],
      ['user', NOBODY - 1, 4],
      ['group', undefined, 0],
      ['mask', undefined, 7],
      ['others', undefined, 0],
    ] as const
    setAccessList(kept.folder, lines, 'default')
    await kept.start(kept.entry({ group: String(process.getegid?.()), mode: 0o640 }))
    expect(kept.codes).toEqual(['token_file_open'])
    expect(readdirSync(kept.folder)).toEqual([])
  },
)

testWith(['namespaces'], 'on a full disk the former file stays whole, and no draft beside it', async () => {
  const folder = temporaryFolder()
  const mount = `mount -t tmpfs -o size=64k,mode=711 tmpfs "$1" && shift && exec "$@"`
  const program = childCommand('full-disk-program.ts', folder)
  const child = startChild([...UNSHARE_MOUNTS, 'sh', '-c', mount, 'sh', folder, ...program])
  expect(await child.read()).toEqual({ code: 'token_file_full', names: ['aws', 'filler'], content: 'former' })
})
