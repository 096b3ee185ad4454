import { expect, test } from 'vitest'
import { MessageQueue } from './message-queue.ts'

const NOW = 1_800_000_000_000

function makeQueue(...messages: string[]): MessageQueue<string> {
  const queue = new MessageQueue<string>(() => NOW)
  for (const message of messages) queue.add(message)
  return queue
}

test('messages come in their order, each with its number', () => {
  const queue = makeQueue('one', 'two')
  expect(queue.take('a')).toMatchObject({ message: 'one', sequenceNumber: 1, enqueuedAt: NOW, deliveries: 0 })
  expect(queue.take('b')).toMatchObject({ message: 'two', sequenceNumber: 2 })
  expect(queue.take('c')).toBeUndefined()
})

test('an abandoned message comes again before later ones', () => {
  const queue = makeQueue('one', 'two', 'three')
  queue.take('a')
  queue.take('b')
  queue.abandon('b')
  queue.abandon('a')
  const messages = ['c', 'd', 'e'].map((lock) => queue.take(lock))
  expect(messages.map((queued) => [queued?.message, queued?.deliveries])).toEqual([
    ['one', 1],
    ['two', 1],
    ['three', 0],
  ])
})

test('a released message comes again before later ones, however often, as if it had not been delivered', () => {
  const queue = makeQueue('one', 'two')
  for (let times = 0; times < 12; times++) {
    expect(queue.take('a')).toMatchObject({ message: 'one', deliveries: 0 })
    queue.release('a')
  }
})

test('a completed message never comes again', () => {
  const queue = makeQueue('one')
  queue.take('a')
  queue.complete('a')
  queue.abandon('a')
  expect(queue.take('b')).toBeUndefined()
})

test('a message that was delivered ten times is dead', () => {
  const queue = makeQueue('one')
  for (let times = 0; times < 10; times++) {
    expect(queue.take('a')?.message).toBe('one')
    queue.abandon('a')
  }
  expect(queue.take('a')).toBeUndefined()
  const dead = queue.deadLetters?.take('b')
  expect(dead).toMatchObject({ message: 'one', deadLetter: { reason: 'MaxDeliveryCountExceeded' } })
})

test('a dead message stays in its queue, however often it is delivered', () => {
  const queue = makeQueue('one')
  queue.take('a')
  queue.bury('a', { reason: 'bad', description: 'because' })
  const { deadLetters } = queue
  for (let times = 0; times < 12; times++) {
    expect(deadLetters?.take('b')?.deadLetter).toEqual({ reason: 'bad', description: 'because' })
    deadLetters?.abandon('b')
  }
})

test('each of several receivers is the first to hear in turn', () => {
  const queue = makeQueue()
  const heard: string[] = []
  const stop = queue.watch(() => heard.push('a'))
  queue.watch(() => heard.push('b'))
  heard.length = 0
  queue.add('one')
  queue.add('two')
  expect(heard).toEqual(['a', 'b', 'b', 'a'])
  stop()
  queue.add('three')
  expect(heard.slice(4)).toEqual(['b'])
})
