import { afterEach, expect, test, vi } from 'vitest'
import { createGroupCommit } from './group-commit.ts'

afterEach(() => void vi.useRealTimers())

test('what arrives in one turn is settled together, and each entry gets its own outcome', async () => {
  const groups: number[][] = []
  const submit = createGroupCommit(async (entries: readonly number[]) => {
    groups.push([...entries])
    return entries.map((entry) => entry * 10)
  })
  expect(await Promise.all([1, 2, 3].map(submit))).toEqual([10, 20, 30])
  expect(await submit(4)).toBe(40)
  expect(groups).toEqual([[1, 2, 3], [4]])
})

test('what arrives while a group is settled waits for the next one, and none is larger than 256', async () => {
  const sizes: number[] = []
  const first = Promise.withResolvers<void>()
  const submit = createGroupCommit(async (entries: readonly number[]) => {
    sizes.push(entries.length)
    if (sizes.length === 1) await first.promise
    return entries
  })
  const one = submit(0)
  await new Promise(setImmediate)
  const others = Array.from({ length: 300 }, (_, index) => submit(index))
  first.resolve()
  await Promise.all([one, ...others])
  expect(sizes).toEqual([1, 256, 44])
})

test('groups are settled in as many lanes as there are, and a free lane takes what waits', async () => {
  const settled = new Map<number, PromiseWithResolvers<void>>()
  const groups: number[][] = []
  const submit = createGroupCommit(
    async (entries: readonly number[]) => {
      groups.push([...entries])
      const settling = Promise.withResolvers<void>()
      settled.set(entries[0] ?? 0, settling)
      await settling.promise
      return entries
    },
    { lanes: 2, nextLaneMilliseconds: 0 },
  )
  const turn = () => new Promise(setImmediate)
  const answers: Promise<number>[] = []
  for (const entry of [1, 2, 3, 4]) {
    answers.push(submit(entry))
    await turn()
  }
  expect(groups).toEqual([[1], [2]])
  settled.get(2)?.resolve()
  await turn()
  expect(groups).toEqual([[1], [2], [3, 4]])
  settled.get(1)?.resolve()
  settled.get(3)?.resolve()
  expect(await Promise.all(answers)).toEqual([1, 2, 3, 4])
})

test('what waits has another lane only once a group takes long, and then also if nothing more comes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  const settling = new Map<number | undefined, PromiseWithResolvers<void>>()
  const groups: number[][] = []
  const submit = createGroupCommit(
    async (entries: readonly number[]) => {
      groups.push([...entries])
      const one = Promise.withResolvers<void>()
      settling.set(entries[0], one)
      await one.promise
      return entries
    },
    { lanes: 2, nextLaneMilliseconds: 25 },
  )
  const turn = () => new Promise(setImmediate)
  const answers = [submit(1)]
  await turn()
  answers.push(submit(2), submit(3))
  await turn()
  vi.advanceTimersByTime(24)
  await turn()
  expect(groups).toEqual([[1]])
  vi.advanceTimersByTime(1)
  await turn()
  expect(groups).toEqual([[1], [2, 3]])
  // Both lanes are taken; the first that comes free takes what waits.
  answers.push(submit(4))
  vi.advanceTimersByTime(100)
  await turn()
  expect(groups).toHaveLength(2)
  settling.get(1)?.resolve()
  await turn()
  expect(groups).toEqual([[1], [2, 3], [4]])
  for (const { resolve } of settling.values()) resolve()
  expect(await Promise.all(answers)).toEqual([1, 2, 3, 4])
})

test('a group that follows a quick one waits for no other lane', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  const groups: number[][] = []
  const submit = createGroupCommit(
    async (entries: readonly number[]) => {
      groups.push([...entries])
      return entries
    },
    { lanes: 3 },
  )
  for (const entry of [1, 2, 3]) expect(await submit(entry)).toBe(entry)
  expect(groups).toEqual([[1], [2], [3]])
})

test('of lanes that come free together one waits for the entries on their way, and none settles an empty group', async () => {
  const settling = new Map<number | undefined, PromiseWithResolvers<void>>()
  const groups: number[][] = []
  const submit = createGroupCommit(
    async (entries: readonly number[]) => {
      groups.push([...entries])
      const one = Promise.withResolvers<void>()
      settling.set(entries[0], one)
      await one.promise
      return entries
    },
    {
      lanes: 2,
      nextLaneMilliseconds: 0,
      expected: { allCome: () => new Promise((resolve) => void setImmediate(resolve)) },
    },
  )
  const turns = async () => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
  }
  const answers: Promise<number>[] = []
  for (const entry of [1, 2, 3]) {
    answers.push(submit(entry))
    await turns()
  }
  settling.get(1)?.resolve()
  settling.get(2)?.resolve()
  await turns()
  expect(groups).toEqual([[1], [2], [3]])
  settling.get(3)?.resolve()
  expect(await Promise.all(answers)).toEqual([1, 2, 3])
})

test('a group that fails rejects each of its entries, and the next one goes on', async () => {
  const submit = createGroupCommit(async (entries: readonly string[]) => {
    if (entries.includes('bad')) throw new Error('the disk is full')
    return entries
  })
  const results = await Promise.allSettled([submit('good'), submit('bad')])
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await submit('good')).toBe('good')
})

test('an entry without an outcome is a failure, never an answer', async () => {
  const submit = createGroupCommit(async () => [])
  await expect(submit('x')).rejects.toThrow('without an outcome')
})
