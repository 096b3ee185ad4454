import { expect, test } from 'vitest'
import { Turns, type Work } from './turns.ts'

/** Work of as many steps, each of which takes a millisecond of a clock that is played. */
function start() {
  const clock = { now: 0 }
  const took: string[] = []
  function* work(name: string, steps: number): Work<string> {
    for (let step = 0; step < steps; step++) {
      clock.now++
      took.push(name)
      yield
    }
    return name
  }
  return { clock, took, work, turns: new Turns({ turn: 2, whole: 50 }, () => clock.now) }
}

test('owners take turns, and short work does not wait for the end of long work', async () => {
  const { took, work, turns } = start()
  const done: (string | undefined)[] = []
  const all = [
    turns.do(1, work('long', 10)),
    turns.do(2, work('a', 1)),
    turns.do(3, work('b', 3)),
    turns.do(2, work('c', 1)),
  ]
  for (const one of all) one.then((name) => done.push(name))
  await Promise.all(all)
  expect(took.join(' ')).toBe('long long long long a b b long long c b long long long long')
  expect(done).toEqual(['a', 'c', 'b', 'long'])
})

test('what is done within a turn is done at once', () => {
  const { took, work, turns } = start()
  void turns.do(1, work('short', 1))
  expect(took).toEqual(['short'])
})

test('work that takes too long is given up, and tidied', async () => {
  const { clock, turns } = start()
  let isTidy = false
  function* endless(): Work<string> {
    try {
      for (;;) {
        clock.now++
        yield
      }
    } finally {
      isTidy = true
    }
  }
  expect(await turns.do(1, endless())).toBeUndefined()
  expect(isTidy).toBe(true)
})

test('work that fails keeps nobody from his turn', async () => {
  const { work, turns } = start()
  // biome-ignore lint/correctness/useYield: it fails before
  function* broken(): Work<string> {
    throw new Error('broken')
  }
  const [first, second] = [turns.do(1, broken()), turns.do(1, work('next', 1))]
  await expect(first).rejects.toThrow('broken')
  expect(await second).toBe('next')
})

test('work may take the whole of its time in however many turns, and no more', async () => {
  const { work, turns } = start()
  expect(await turns.do(1, work('long', 50))).toBe('long')
  expect(await turns.do(1, work('too long', 52))).toBeUndefined()
  // What another took is not counted, nor what the same owner took before.
  expect(await Promise.all([turns.do(1, work('a', 50)), turns.do(1, work('b', 50))])).toEqual(['a', 'b'])
})
