/** What packages have in files, and this program does by itself on other hosts, is the same. */

import { expect, test } from 'vitest'
import { ACCOUNTS } from './accounts.ts'
import { keptFolders } from './kept-folders.ts'
import { servicePlaces } from './service-places.ts'
import { shippedFile } from './shipped-files.ts'

test('the users that are made are those of sysusers.d', () => {
  const lines = shippedFile('sysusers.d/landfast.conf').split('\n')
  const users = lines.flatMap((line) => {
    const [, name, words, home] = /^u (\S+)\s+- "([^"]+)"\s+(\S+)$/.exec(line) ?? []
    return name === undefined ? [] : [{ name, words, home }]
  })
  expect(users).toEqual(ACCOUNTS)
})

test('every folder that is made has a user that is made, and nobody else may write in it', () => {
  const folders = keptFolders()
  expect(folders.map(({ path }) => path)).toContain('/var/opt/azcmagent/tokens')
  for (const { mode, owner } of folders) {
    expect(['root', ...ACCOUNTS.map(({ name }) => name)]).toContain(owner)
    expect(mode & 0o022).toBe(0)
  }
})

test('the units run the copy of the program, and nothing else of a package', () => {
  const places = servicePlaces('/opt/landfast', true)
  const units = places.filter(({ path }) => path.endsWith('.service'))
  expect(units.map(({ content }) => content.match(/^ExecStart=(\S+)/m)?.[1])).toEqual([
    '/opt/landfast/landfast',
    '/opt/landfast/landfast',
  ])
  expect(units.map(({ content }) => content).join('')).not.toMatch(/\/usr\/(bin|lib)\/landfast/)
})
