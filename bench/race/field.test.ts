import { expect, test } from 'vitest'
import { inRounds, type Telling, withEach } from './field.ts'

const telling = (): Telling & { said: string[] } => {
  const said: string[] = []
  return { said, say: (line) => said.push(line), failures: [] }
}

test('one that fails is out with its last words, and the others go on', async () => {
  const told = telling()
  const dead = {
    name: 'dead',
    refuseEnded: () => {
      throw new Error('its last words')
    },
  }
  const left = await withEach([{ name: 'first' }, dead, { name: 'third' }], told, async ({ name }) => {
    if (name === 'dead') throw new Error('read ECONNRESET')
  })
  expect(left.map(({ name }) => name)).toEqual(['first', 'third'])
  expect(told.failures).toEqual([{ part: 'dead', message: 'dead: its last words' }])
  expect(told.said).toEqual(['it is out: dead: its last words'])
})

test('one that still runs is out with what went wrong', async () => {
  const told = telling()
  const field = [{ name: 'alive', refuseEnded: () => {} }]
  await withEach(field, told, async () => {
    throw new Error('it answered 500')
  })
  expect(told.failures).toEqual([{ part: 'alive', message: 'alive: it answered 500' }])
  const talking = { ...field[0], name: 'talking', lastWords: () => 'out of memory' }
  await withEach([talking], told, async () => {
    throw new Error('it answered 500')
  })
  expect(told.failures.at(-1)?.message).toContain('out of memory')
})

test('rounds go forwards and backwards, without those that are out', async () => {
  const asked: string[] = []
  const field = ['a', 'b', 'c'].map((name) => ({ name }))
  const left = await inRounds(field, 3, telling(), async ({ name }, round) => {
    asked.push(`${name}${round}`)
    if (name === 'b' && round === 1) throw new Error('out')
  })
  expect(asked).toEqual(['a0', 'b0', 'c0', 'c1', 'b1', 'a1', 'a2', 'c2'])
  expect(left.map(({ name }) => name)).toEqual(['a', 'c'])
})
