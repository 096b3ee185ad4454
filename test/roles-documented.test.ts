import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ROLE_DEFINITIONS } from '../packages/control-plane/src/authorization/role-definitions.ts'
import { ROLE_WORDS } from '../packages/control-plane/src/portal/pages/role-words.ts'

test('docs/roles.md has every role with its id and what the portal says of it, in the order of the table', () => {
  const page = readFileSync(new URL('../docs/roles.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| ([^|]+) \| `([\da-f-]{36})` \| ([^|]+) \|/gm)]
  expect(rows.map(([, name, id, words]) => [name, id, words])).toEqual(
    ROLE_DEFINITIONS.map(({ roleName, id }) => [roleName, id, ROLE_WORDS.get(id)]),
  )
})
