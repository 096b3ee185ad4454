import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import { describeFile, describeProcess } from './ownership.ts'

const [name = '', , id = ''] = readFileSync('/etc/group', 'utf8').split('\n')[0]?.split(':') ?? []

testWith(
  ['linux', 'root'],
  'a file has its mode, its owner, and its group with the name that it has',
  async () => {
    const { chmodSync, chownSync } = await import('node:fs')
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    chownSync(file, 54_321, Number(id))
    chmodSync(file, 0o040)
    expect(describeFile(file)).toBe(`mode 0040, owner 54321, group "${name}" (${id})`)
    chownSync(file, 0, 2_000_000_001)
    expect(describeFile(file)).toBe('mode 0040, owner 0, group 2000000001')
  },
)

test('of a file that is not there the folder is described, and what cannot be seen is said', () => {
  const folder = temporaryFolder()
  expect(describeFile(join(folder, 'gone.key'))).toMatch(/^its folder has mode 0700, owner \d+, group /)
  expect(describeFile(join(folder, 'gone', 'gone.key'))).toBe(`"${join(folder, 'gone')}" cannot be seen`)
})

testWith(['linux'], 'the process has its user and its groups', () => {
  const groups = process.getgroups?.() ?? []
  const said = describeProcess()
  expect(said).toMatch(new RegExp(`^this process is user id ${process.geteuid?.()} in the groups `))
  for (const group of groups) expect(said).toMatch(new RegExp(`[ (]${group}\\b`))
  if (groups.length === 0) expect(said).toMatch(/ none$/)
  if (groups.includes(Number(id))) expect(said).toContain(`"${name}" (${id})`)
})
