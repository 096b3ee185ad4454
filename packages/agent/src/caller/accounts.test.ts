import { renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import { groupIdOf, groupNames, groupsInFiles, groupsOf, parseNames, userIdOf, userName } from './accounts.ts'

test('each id has the names of its lines, and lines of another form do not count', () => {
  const text =
    'root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:\n\n# a comment\nbad:x:1x:0::/:\nworse:x:x1:0::/:\nless:x:-1:0::/:\n:x:7:0::/:\nhimds:x:998:998::/:\n'
  expect([...parseNames(text)]).toEqual([
    [0, ['root', 'toor']],
    [998, ['himds']],
  ])
})

testWith(['linux'], 'this user has its name', () => {
  expect(userName(process.getuid?.() ?? -1)).toBe(userInfo().username)
})

test('a user without a line, and a file that is not there, have no name', () => {
  expect(userName(4_294_967_294)).toBeUndefined()
  expect(userName(0, join(temporaryFolder(), 'gone'))).toBeUndefined()
})

testWith(['linux'], 'a name leads to its id, and one that is nobody’s to none', () => {
  expect(userIdOf(userInfo().username)).toBe(process.getuid?.())
  expect(userIdOf('nobody-of-this-name')).toBeUndefined()
  expect(userIdOf('root', join(temporaryFolder(), 'gone'))).toBeUndefined()
})

test('a file that was changed is read anew', () => {
  const file = join(temporaryFolder(), 'passwd')
  writeFileSync(file, 'first:x:5000:5000::/:\n')
  expect(userName(5000, file)).toBe('first')
  writeFileSync(file, 'second:x:5000:5000::/:\n')
  utimesSync(file, 1, 1)
  expect(userName(5000, file)).toBe('second')
})

test('a file that was replaced by one of the same time is read anew, of the same size too', () => {
  const file = join(temporaryFolder(), 'passwd')
  writeFileSync(file, 'first:x:5000:5000::/:\n')
  utimesSync(file, 1, 1)
  expect(userName(5000, file)).toBe('first')
  writeFileSync(`${file}.new`, 'other:x:5000:5000::/:\n')
  utimesSync(`${file}.new`, 1, 1)
  renameSync(`${file}.new`, file)
  expect(userName(5000, file)).toBe('other')
  writeFileSync(file, 'longer-name:x:5000:5000::/:\n')
  utimesSync(file, 1, 1)
  expect(statSync(file).mtimeMs).toBe(1000)
  expect(userName(5000, file)).toBe('longer-name')
})

const PASSWD = 'root:x:0:0::/root:/bin/sh\nalice:x:1001:100::/:\nally:x:1001:101::/:\nbob:x:1002:9999::/:\n'
const GROUP =
  'root:x:0:\nusers:x:100:\nallies:x:101:\nfriends:x:101:\nstaff:x:50:bob,alice\n#x:x:1:alice\nbad:x:y:alice\n'

test.each([
  [1001, [100, 101, 50]],
  [1002, [9999, 50]],
  [0, [0]],
  [4242, []],
])('the groups of user %i are %j', (userId, groups) => {
  expect(groupsOf(userId, { passwd: PASSWD, group: GROUP })).toEqual(groups)
})

test('a group has all names of its number, and every name leads to it', () => {
  const file = join(temporaryFolder(), 'group')
  writeFileSync(file, GROUP)
  expect(groupNames(101, file)).toEqual(['allies', 'friends'])
  expect(['allies', 'friends', 'bad', 'nobody'].map((name) => groupIdOf(name, file))).toEqual([
    101,
    101,
    undefined,
    undefined,
  ])
})

test('files of any content have groups with a number', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), (passwd, group, userId) => {
      for (const id of groupsOf(userId, { passwd, group })) expect(Number.isInteger(id)).toBe(true)
    }),
  )
})

test('groups are read anew from files that were changed, and files that are gone hold nobody', () => {
  const folder = temporaryFolder()
  const files = { passwd: join(folder, 'passwd'), group: join(folder, 'group') }
  writeFileSync(files.passwd, PASSWD)
  writeFileSync(files.group, GROUP)
  expect(groupsInFiles(1001, files)).toContain(50)
  writeFileSync(`${files.group}.new`, GROUP.replace('bob,alice', 'bob'))
  renameSync(`${files.group}.new`, files.group)
  expect(groupsInFiles(1001, files)).not.toContain(50)
  rmSync(files.group)
  rmSync(files.passwd)
  expect(groupsInFiles(1001, files)).toEqual([])
})
