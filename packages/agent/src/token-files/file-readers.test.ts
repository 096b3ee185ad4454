import { expect, test } from 'vitest'
import type { NameService } from '../caller/name-service.ts'
import { findReaders } from './file-readers.ts'

const SELF = process.geteuid?.()

/** A system with the user "web" (1000) in the groups 1000 and 50, and the group "tokens" (998). */
const NAMES: NameService = {
  userName: async (id) => (id === 1000 ? 'web' : undefined),
  userIdOf: async (name) => (name === 'web' ? 1000 : undefined),
  groupNames: async (id) => ({ 998: ['tokens'], 1000: ['web'] })[id] ?? [],
  groupIdOf: async (name) => (name === 'tokens' ? 998 : undefined),
  groupsOf: async (id) => (id === 1000 ? [1000, 50] : []),
}

const ENTRY = { path: '/run/token', audience: 'x', identity: 'system', mode: 0o400 }

async function readersOf(owner?: string, group?: string) {
  const { userId, groupId, caller } = await findReaders({ ...ENTRY, owner, group }, NAMES)
  const { userId: asked, user, program } = caller
  return { userId, groupId, caller: { asked, user, program }, groups: await caller.findGroups() }
}

test.each(['web', '1000'])('the owner "%s" is compared as that user with all its groups', async (owner) => {
  expect(await readersOf(owner)).toEqual({
    userId: 1000,
    groupId: undefined,
    caller: { asked: 1000, user: 'web', program: undefined },
    groups: ['web', '1000', '50'],
  })
})

test.each(['tokens', '998'])('the group "%s" that may read the file is one of the owner’s', async (group) => {
  const { groupId, groups } = await readersOf('web', group)
  expect(groupId).toBe(998)
  expect(groups).toEqual(['web', 'tokens', '1000', '50', '998'])
})

test('without an owner it is the agent’s own user, which need not be changed', async () => {
  const { userId, groupId, caller, groups } = await readersOf()
  expect([userId, groupId, caller.asked, groups]).toEqual([undefined, undefined, SELF, []])
})

test.each([
  ['nobody', undefined, 'user "nobody"'],
  ['web', 'none', 'group "none"'],
  ['1000x', undefined, 'user "1000x"'],
])('the owner "%s" with the group "%s" is said not to be there', async (owner, group, what) => {
  await expect(readersOf(owner, group)).rejects.toMatchObject({
    code: 'token_file_owner',
    message: expect.stringContaining(`there is no ${what}`),
  })
})
