import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import { createFindGroups, groupsOf } from './user-groups.ts'

const PASSWD = 'root:x:0:0::/root:/bin/sh\nalice:x:1001:100::/:\nally:x:1001:101::/:\nbob:x:1002:9999::/:\n'
const GROUP =
  'root:x:0:\nusers:x:100:\nallies:x:101:\nstaff:x:50:bob,alice\n#x:x:1:alice\n:x:7:alice\nbad:x:y:alice\n'

test.each([
  [1001, ['users', '100', 'allies', '101', 'staff', '50']],
  [1002, ['staff', '50', '9999']],
  [0, ['root', '0']],
  [4242, []],
])('the groups of user %i are %j', (userId, groups) => {
  expect(groupsOf(userId, { passwd: PASSWD, group: GROUP })).toEqual(groups)
})

test.each([
  ['staff', [1001, 1002]],
  ['50', [1001, 1002]],
  ['users', [1001]],
  ['9999', [1002]],
  ['root', [0]],
  ['bad', []],
  ['y', []],
  ['', []],
  ['nobody-here', []],
])(
  'the members of "%s" are those that it lists and those whose own group it is, listed or not',
  (group, members) => {
    const users = [0, 1001, 1002, 4242]
    const accounts = { passwd: PASSWD, group: GROUP }
    expect(users.filter((userId) => groupsOf(userId, accounts).includes(group))).toEqual(members)
  },
)

testWith(['linux'], 'on this system root is a member of its own group, and user 4000000000 of none', () => {
  const find = createFindGroups()
  expect(find(0)).toContain('root')
  expect(find(4_000_000_000)).toEqual([])
})

test('files of any content have groups with a name or a number', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), (passwd, group, userId) => {
      for (const name of groupsOf(userId, { passwd, group })) expect(name).not.toMatch(/[:\n]|^$/)
    }),
  )
})

test('files that were changed are read anew, and files that are gone hold nobody', () => {
  const folder = temporaryFolder()
  const files = { passwd: join(folder, 'passwd'), group: join(folder, 'group') }
  writeFileSync(files.passwd, PASSWD)
  writeFileSync(files.group, GROUP)
  const find = createFindGroups(files)
  expect(find(1001)).toContain('staff')
  writeFileSync(`${files.group}.new`, GROUP.replace('bob,alice', 'bob'))
  renameSync(`${files.group}.new`, files.group)
  expect(find(1001)).not.toContain('staff')
  rmSync(files.group)
  rmSync(files.passwd)
  expect(find(1001)).toEqual([])
})
