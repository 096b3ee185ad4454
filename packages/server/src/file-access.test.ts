import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AccessLine, accessListBytes, setAccessList } from '../../../test/access-list.ts'
import { temporaryFolder } from '../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../test/privilege.ts'
import { parseAccessList } from './access-list.ts'
import { hasOthers, whyListOpens, whyOthersWrite } from './file-access.ts'

const USER = 54_321

function fileOf(mode: number): string {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  chmodSync(file, mode)
  return file
}

/** A list with one line for somebody in particular. */
function listWith(line: AccessLine, mask = 6): AccessLine[] {
  return [
    ['owner', undefined, 6],
    line,
    ['group', undefined, 0],
    ['mask', undefined, mask],
    ['others', undefined, 0],
  ]
}

test.each([
  [0o600, undefined],
  [0o644, undefined],
  [0o640, undefined],
  [0o666, 'is writable by others'],
  [0o602, 'is writable by others'],
])('a file of mode %o is %s', (mode, reason) => {
  const why = whyOthersWrite(fileOf(mode))
  if (reason === undefined) expect(why).toBeUndefined()
  else expect(why).toContain(reason)
})

testWith(['root'], 'a file of root that its group may write is open, the group of root too', () => {
  const file = fileOf(0o660)
  expect(whyOthersWrite(file)).toContain('is writable by its group, 0')
  chownSync(file, 0, USER)
  chmodSync(file, 0o660)
  expect(whyOthersWrite(file)).toContain(`is writable by its group, ${USER}`)
})

testWith(['root'], 'so is one in a folder that the group of root may write', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'below', 'file')
  mkdirSync(join(folder, 'below'))
  writeFileSync(file, '')
  expect(whyOthersWrite(file)).toBeUndefined()
  chmodSync(folder, 0o770)
  expect(whyOthersWrite(file)).toContain(`"${folder}" is writable by its group, 0`)
})

testWith(['root'], 'a file, a folder or a link of somebody else is open', () => {
  const folder = temporaryFolder()
  const [file, link] = [join(folder, 'file'), join(folder, 'link')]
  writeFileSync(file, '')
  symlinkSync(file, link)
  expect(whyOthersWrite(link)).toBeUndefined()
  chownSync(file, USER, USER)
  expect(whyOthersWrite(link)).toContain(`"${file}" belongs to user id ${USER}`)
})

testWith(['linux', 'python3'], 'a user or group that the access list lets write is named', () => {
  for (const [kind, said] of [
    ['user', 'user'],
    ['named group', 'group'],
  ] as const) {
    const file = fileOf(0o600)
    setAccessList(file, listWith([kind, USER, 6]))
    expect(whyOthersWrite(file)).toContain(`is writable by ${said} id ${USER}, by its access list`)
    const folder = temporaryFolder()
    setAccessList(folder, [['owner', undefined, 7], ...listWith([kind, USER, 7], 7).slice(1)])
    writeFileSync(join(folder, 'file'), '')
    expect(whyOthersWrite(join(folder, 'file'))).toContain(`"${folder}" is writable by ${said} id ${USER}`)
  }
})

testWith(['linux', 'python3'], 'a list that lets nobody else write opens nothing', () => {
  const own = process.geteuid?.() ?? 0
  for (const list of [
    listWith(['user', USER, 4]),
    listWith(['user', USER, 6], 4),
    listWith(['user', own, 6]),
    listWith(['user', 0, 6]),
  ]) {
    const file = fileOf(0o600)
    setAccessList(file, list)
    expect(whyOthersWrite(file)).toBeUndefined()
  }
})

testWith(
  ['linux', 'python3'],
  'a list may open a file to readers, and a folder’s list what is made in it',
  () => {
    const file = fileOf(0o600)
    expect(whyListOpens(file, 4)).toBeUndefined()
    setAccessList(file, listWith(['user', USER, 4]))
    expect(whyListOpens(file, 4)).toContain(`is open to user id ${USER}, by its access list`)
    expect(whyListOpens(file, 2)).toBeUndefined()
    const folder = temporaryFolder()
    setAccessList(folder, listWith(['named group', USER, 4]), 'default')
    expect(whyListOpens(folder, 6)).toBeUndefined()
    writeFileSync(join(folder, 'file'), '', { mode: 0o640 })
    expect(whyListOpens(join(folder, 'file'), 6)).toContain(`is open to group id ${USER}`)
  },
)

test('a group is no private one if it lists members, or is the first group of another user', () => {
  const own = { group: 'agent:x:990:\nother:x:99:bob\n', passwd: 'agent:x:990:990::/:\nbob:x:99:99::/:\n' }
  expect(hasOthers(990, own)).toBe(false)
  expect(hasOthers(990, { ...own, group: 'agent:x:990:bob\n' })).toBe(true)
  expect(hasOthers(990, { ...own, passwd: `${own.passwd}eve:x:1001:990::/:\n` })).toBe(true)
})

test('the mask takes permissions from all but the owner and others', () => {
  const list = parseAccessList(
    accessListBytes([
      ['owner', undefined, 6],
      ['user', 7, 6],
      ['group', undefined, 6],
      ['named group', 8, 7],
      ['mask', undefined, 4],
      ['others', undefined, 2],
    ]),
  )
  expect(list?.map(({ kind, id, permissions }) => [kind, id, permissions])).toEqual([
    ['owner', undefined, 6],
    ['user', 7, 4],
    ['group-of-file', undefined, 4],
    ['group', 8, 4],
    ['others', undefined, 2],
  ])
})

test('bytes of another form are no list', () => {
  expect(parseAccessList(Buffer.alloc(0))).toBeUndefined()
  expect(parseAccessList(Buffer.from('0100000001000600ffffffff', 'hex'))).toBeUndefined()
  expect(parseAccessList(Buffer.from('020000000100', 'hex'))).toBeUndefined()
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseAccessList(Buffer.from(bytes))))
})
