import { expect, test } from 'vitest'
import { stopParts } from './started-parts.ts'

test('parts are stopped in reverse, once', async () => {
  const stopped: string[] = []
  const parts = ['first', 'second'].map((name) => ({ stop: async () => void stopped.push(name) }))
  await stopParts(parts)
  await stopParts(parts)
  expect(stopped).toEqual(['second', 'first'])
})

test('a part that fails to stop does not keep the others running, and all failures are told', async () => {
  let stopped = 0
  const broken = async () => {
    stopped += 1
    throw new AggregateError([new Error('no space'), new Error('no folder')], 'the agent did not stop')
  }
  const silent = async () => {
    stopped += 1
    throw new Error('the socket is gone')
  }
  await expect(stopParts([{ stop: silent }, { stop: broken }])).rejects.toMatchObject({
    message: 'the agent did not stop: no space, no folder; the socket is gone',
    errors: [expect.any(AggregateError), expect.any(Error)],
  })
  expect(stopped).toBe(2)
})
