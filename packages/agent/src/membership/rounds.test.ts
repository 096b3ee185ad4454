import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Round, Rounds } from './rounds.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Rounds that end when the test says so. */
function setUp() {
  const begun: { at: number; end: (round: Partial<Round>) => Promise<void> }[] = []
  const run = () => {
    const { promise, resolve } = Promise.withResolvers<Round>()
    begun.push({
      at: Date.now() - startedAt,
      end: async (round) => {
        resolve({ nextSeconds: 300, isAnswered: true, ...round })
        await vi.advanceTimersByTimeAsync(0)
      },
    })
    return promise
  }
  const startedAt = Date.now()
  const rounds = new Rounds(run, () => Date.now())
  return { rounds, begun, pass: (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000) }
}

test('rounds follow each other as each of them says', async () => {
  const { rounds, begun, pass } = setUp()
  rounds.start()
  await pass(0)
  await begun[0]?.end({ nextSeconds: 60 })
  await pass(59)
  expect(begun).toHaveLength(1)
  await pass(1)
  expect(begun.map(({ at }) => at)).toEqual([0, 60_000])
})

test('who demands a round has one at once, and the schedule goes on from there', async () => {
  const { rounds, begun, pass } = setUp()
  rounds.start()
  await pass(0)
  await begun[0]?.end({})
  await pass(100)
  const demanded = rounds.demand()
  await pass(0)
  expect(begun.map(({ at }) => at)).toEqual([0, 100_000])
  await begun[1]?.end({ isAnswered: false })
  expect(await demanded).toBe(false)
  await pass(299)
  expect(begun).toHaveLength(2)
  await pass(1)
  expect(begun).toHaveLength(3)
})

test('a round that is under way does not answer a question that came after it began', async () => {
  const { rounds, begun, pass } = setUp()
  rounds.start()
  await pass(10)
  let answer: boolean | undefined
  void rounds.demand().then((given) => {
    answer = given
  })
  await begun[0]?.end({})
  await pass(0)
  expect([begun.length, answer]).toEqual([2, undefined])
  await begun[1]?.end({})
  expect(answer).toBe(true)
})

test('however many demand, and however often, rounds are one at a time and two seconds apart', async () => {
  const { rounds, begun, pass } = setUp()
  const answers: Promise<boolean>[] = []
  for (let tenth = 0; tenth < 100; tenth += 1) {
    answers.push(rounds.demand(), rounds.demand())
    await pass(0.1)
    for (const round of begun) await round.end({})
  }
  await pass(2)
  for (const round of begun) await round.end({})
  expect(await Promise.all(answers)).toEqual(answers.map(() => true))
  expect(begun.map(({ at }) => at)).toEqual([0, 2000, 4000, 6000, 8000, 10_000])
})

test('who waits at the end is told that there is no answer, and who comes later too', async () => {
  const { rounds, begun, pass } = setUp()
  rounds.start()
  await pass(0)
  const waiting = rounds.demand()
  const stopped = rounds.stop()
  await begun[0]?.end({})
  await stopped
  expect([await waiting, await rounds.demand()]).toEqual([false, false])
  await pass(1000)
  expect(begun).toHaveLength(1)
})
