import { expect, test } from 'vitest'
import { codedError, withDetail } from './coded-error.ts'

const FIRES = {
  wet_wood: [1, 'the wood is wet'],
  no_match: [2, 'there is no match'],
} as const

class FireError extends codedError('FireError', FIRES, ([, sentence], known) => withDetail(sentence, known)) {
  readonly severity: number = FIRES[this.code][0]
}

test('an error has the name of its class, its code, and the sentence of its row as message', () => {
  const error = new FireError('wet_wood')
  expect(error).toMatchObject({ name: 'FireError', code: 'wet_wood', message: 'the wood is wet' })
})

test('a field of the class reads another column of the row of its code', () => {
  expect(new FireError('wet_wood').severity).toBe(1)
  expect(new FireError('no_match').severity).toBe(2)
})

test('an error is one of its class and an Error, and none of another class over the same table', () => {
  class OvenError extends codedError('OvenError', FIRES, ([, sentence]) => sentence) {}
  const error = new FireError('no_match')
  expect(error).toBeInstanceOf(FireError)
  expect(error).toBeInstanceOf(Error)
  expect(error).not.toBeInstanceOf(OvenError)
})

test('logs and stack traces show the name of the class, and begin where the error was made', () => {
  const error = new FireError('wet_wood')
  expect(error.constructor.name).toBe('FireError')
  const [, first] = error.stack?.split('\n') ?? []
  expect(first).toContain('coded-error.test.ts')
})

test('a class lists its codes in the order of the table', () => {
  expect(FireError.codes).toEqual(['wet_wood', 'no_match'])
})

test('a cause is kept, and is no part of what is written as JSON', () => {
  const cause = new Error('rain')
  const error = new FireError('wet_wood', { cause })
  expect(error.cause).toBe(cause)
  expect(JSON.parse(JSON.stringify(error))).toEqual({ name: 'FireError', code: 'wet_wood', severity: 1 })
})

test('a detail stands in parentheses behind the sentence, and an empty one leaves none', () => {
  expect(new FireError('wet_wood', { detail: 'birch' }).message).toBe('the wood is wet (birch)')
  expect(new FireError('wet_wood', { detail: '' }).message).toBe('the wood is wet')
})

test('a table may make its message of anything that is known beside the code', () => {
  class LogError extends codedError(
    'LogError',
    { heavy: 'the log weighs' },
    (sentence: string, { kilograms = 0 }: { kilograms?: number; cause?: unknown }) =>
      `${sentence} ${kilograms} kg`,
  ) {}
  expect(new LogError('heavy', { kilograms: 90 }).message).toBe('the log weighs 90 kg')
  expect(new LogError('heavy').message).toBe('the log weighs 0 kg')
})

test('classes of several tables may share a base, with what it has', () => {
  class Refusal extends Error {
    retried = false
  }
  class SmokeError extends codedError('SmokeError', FIRES, ([, sentence]) => sentence, Refusal) {}
  const error = new SmokeError('no_match')
  expect(error).toBeInstanceOf(Refusal)
  expect(error).toMatchObject({ name: 'SmokeError', message: 'there is no match', retried: false })
})

test('the types know the codes of the table, also of an error that is caught', () => {
  // @ts-expect-error: the table has no such code.
  expect(() => new FireError('no_wood')).toThrow(TypeError)
  const caught: unknown = new FireError('no_match')
  if (!(caught instanceof FireError)) throw new Error('not of its class')
  const code: 'wet_wood' | 'no_match' = caught.code
  const name: 'FireError' = caught.name
  expect([name, code]).toEqual(['FireError', 'no_match'])
})
