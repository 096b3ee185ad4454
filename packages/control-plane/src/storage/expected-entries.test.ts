import { expect, test } from 'vitest'
import { createExpectedEntries } from './expected-entries.ts'
import { createGroupCommit } from './group-commit.ts'

/** Longer than any test: what resolves before has not waited for the limit. */
const NEVER = 600_000

const turn = () => new Promise(setImmediate)

/** A group commit that notes its groups, and what it expects. */
function recorded(waitMilliseconds = NEVER) {
  const groups: number[][] = []
  const expected = createExpectedEntries(waitMilliseconds)
  const settle = async (entries: readonly number[]) => {
    groups.push([...entries])
    return entries
  }
  return {
    groups,
    expect: expected.expect,
    submit: createGroupCommit(settle, { lanes: 3, nextLaneMilliseconds: 0, expected }),
  }
}

test('an entry waits for those that are on their way, and one commit has them all', async () => {
  const { groups, expect: onTheWay, submit } = recorded()
  const [first, second] = [onTheWay(), onTheWay()]
  const one = submit(1)
  first()
  await turn()
  const two = submit(2)
  await turn()
  expect(groups).toEqual([])
  second()
  expect(await Promise.all([one, two])).toEqual([1, 2])
  expect(groups).toEqual([[1, 2]])
})

test('what is expected later keeps nobody waiting', async () => {
  const { groups, expect: onTheWay, submit } = recorded()
  const first = onTheWay()
  const one = submit(1)
  await turn()
  onTheWay()
  first()
  expect(await one).toBe(1)
  expect(groups).toEqual([[1]])
})

test('what never comes is waited for no longer than the limit', async () => {
  const { expect: onTheWay, submit } = recorded(1)
  onTheWay()
  expect(await submit(1)).toBe(1)
})

test('an entry that is alone waits for nothing', async () => {
  const { expect: onTheWay, submit } = recorded()
  const come = onTheWay()
  come()
  come()
  expect(await submit(1)).toBe(1)
})

test('a group that fails while others are on their way does not keep the next from going on', async () => {
  const expected = createExpectedEntries(NEVER)
  const submit = createGroupCommit(
    async (entries: readonly string[]) => {
      if (entries.includes('bad')) throw new Error('the disk is full')
      return entries
    },
    { expected },
  )
  const come = expected.expect()
  const bad = submit('bad')
  come()
  await expect(bad).rejects.toThrow('the disk is full')
  expect(await submit('good')).toBe('good')
})
