import { expect, test } from 'vitest'
import { KeyQueue, type Queued } from './key-queue.ts'

interface Item extends Queued<Item> {
  name: string
}

function queueOf(names: string): { queue: KeyQueue<Item>; items: Item[] } {
  const queue = new KeyQueue<Item>()
  const items = [...names].map((name): Item => ({ name, older: undefined, newer: undefined }))
  for (const item of items) queue.add(item)
  return { queue, items }
}

/** Takes out the oldest until none is left. */
function drain(queue: KeyQueue<Item>): string {
  let names = ''
  for (let item = queue.oldest; item; item = queue.oldest) {
    queue.remove(item)
    names += item.name
  }
  return names
}

test('what came first is the oldest, what came last the newest', () => {
  const { queue } = queueOf('abc')
  expect([queue.oldest?.name, queue.newest?.name, queue.size]).toEqual(['a', 'c', 3])
  expect(drain(queue)).toBe('abc')
  expect([queue.oldest, queue.newest, queue.size]).toEqual([undefined, undefined, 0])
})

test.each([
  [0, 'bc'],
  [1, 'ac'],
  [2, 'ab'],
])('number %d may leave and the others keep their order', (which, left) => {
  const { queue, items } = queueOf('abc')
  for (const item of items.slice(which, which + 1)) queue.remove(item)
  expect(queue.newest?.name).toBe(left.at(-1))
  expect(queue.size).toBe(2)
  expect(drain(queue)).toBe(left)
})

test('who left joins another queue, or the same one at its end', () => {
  const { queue, items } = queueOf('abc')
  const other = new KeyQueue<Item>()
  const [a, b] = items
  for (const item of [a, b]) if (item) queue.remove(item)
  if (a) queue.add(a)
  if (b) other.add(b)
  expect([drain(queue), drain(other)]).toEqual(['ca', 'b'])
})
