import { expect, test } from 'vitest'
import { createFindCallerGroups } from './caller-groups.ts'

const SOCKET = { userId: 1001, inode: 777, controlGroup: undefined }

const NAMES = {
  groupNames: async (groupId: number) => (groupId === 998 ? ['himds', 'tokens'] : []),
  groupsOf: async () => [998],
}

/** What is seen of processes. */
function holdersWith(groups: readonly number[] | undefined, common: readonly number[] = [77]) {
  return { findGroups: async () => groups, findCommonGroups: async () => common }
}

test('the groups are those of the processes that hold the connection, by every name and number', async () => {
  const find = createFindCallerGroups(holdersWith([998, 4242]), NAMES, 'whole')
  expect(await find(SOCKET)).toEqual(['himds', 'tokens', '998', '4242'])
})

test('groups that the processes gave up do not count because their user has them', async () => {
  const find = createFindCallerGroups(holdersWith([]), NAMES, 'owners')
  expect(await find(SOCKET)).toEqual([])
})

test('an agent that does not see the processes of others takes the groups of their user', async () => {
  const find = createFindCallerGroups(holdersWith(undefined), NAMES, 'some')
  expect(await find(SOCKET)).toEqual(['himds', 'tokens', '998'])
})

test('one that sees every process does not believe in what hides from it', async () => {
  const find = createFindCallerGroups(holdersWith(undefined), NAMES, 'whole')
  expect(await find(SOCKET)).toBeUndefined()
})

test('one that sees only whose processes there are adds the groups that all of the user’s have', async () => {
  const find = createFindCallerGroups(holdersWith(undefined, [54_399]), NAMES, 'owners')
  expect(await find(SOCKET)).toEqual(['himds', 'tokens', '54399', '998'])
})
