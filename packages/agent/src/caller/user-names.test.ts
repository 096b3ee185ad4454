import { utimesSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import { parsePasswd, userIdOf, userName } from './user-names.ts'

test('the first name of each user id counts, and lines of another form do not', () => {
  const text =
    'root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:\n\n# a comment\nbad:x:1x:0::/:\n:x:7:0::/:\nhimds:x:998:998::/:\n'
  expect([...parsePasswd(text)]).toEqual([
    [0, 'root'],
    [998, 'himds'],
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
