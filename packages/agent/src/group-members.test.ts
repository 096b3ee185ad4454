import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testWith } from '../../../test/privilege.ts'
import { isGroupMember, membersOf } from './group-members.ts'

const FILES = {
  group: 'root:x:0:\nhimds:x:990:web,db,ghost\nempty:x:991:\nbroken\n',
  passwd:
    'root:x:0:0::/root:/bin/sh\nweb:x:1000:100::/:/bin/sh\ndb:x:1001:100::/:/bin/sh\nown:x:1002:990::/:/bin/sh\nodd:x:y:990\n',
}

test.each([
  ['himds', [1000, 1001, 1002]],
  ['990', [1000, 1001, 1002]],
  ['root', [0]],
  ['empty', []],
  ['broken', []],
  ['nobody-here', []],
  ['', []],
])('the members of "%s" are those that it names and those whose own group it is', (group, expected) => {
  expect([...membersOf(FILES, group)].sort()).toEqual(expected)
})

test('whatever the files hold, membership is of users that are in them', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('himds:x:1:a,b', 'a:x:7:1', ':::', 'b:x:-1:1', 'c:x:1e3:1'),
  )
  const text = fc.array(line).map((lines) => lines.join('\n'))
  fc.assert(
    fc.property(text, text, (group, passwd) => {
      for (const id of membersOf({ group, passwd }, 'himds')) expect(passwd).toContain(String(id))
    }),
  )
})

testWith(['linux'], 'on this system root is a member of its own group, and user 4000000000 is not', () => {
  expect(isGroupMember('root', 0)).toBe(true)
  expect(isGroupMember('root', 4_000_000_000)).toBe(false)
})
