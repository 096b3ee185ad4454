import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { reasonsOf } from './error-field.ts'

test('the log says a reason once, also where an error repeats the words of its cause', () => {
  const cause = new Error('certificate has expired')
  const repeating = new Error('no answer from "x": certificate has expired', { cause })
  expect(reasonsOf(repeating)).toBe('no answer from "x": certificate has expired')
  expect(reasonsOf(new Error('the source failed', { cause: repeating }))).toBe(
    'the source failed: no answer from "x": certificate has expired',
  )
  expect(reasonsOf(new Error('alone', { cause: 'no error' }))).toBe('alone')
})

test('a circle of causes ends', () => {
  const error = new Error('first')
  error.cause = new Error('second', { cause: error })
  expect(reasonsOf(error)).toBe('first: second')
  const own = new Error('own')
  own.cause = own
  expect(reasonsOf(own)).toBe('own')
})

test('a line of the log hides nothing and stays the same JSON', () => {
  const text = 'a\u{202e}b\u{9b}c\n\u{2028}d'
  const program = `const { openLog } = await import(${JSON.stringify(new URL('log.ts', import.meta.url).href)})
    const log = await openLog('info')
    log.info({ text: ${JSON.stringify(text)}, err: new Error(${JSON.stringify(text)}) }, ${JSON.stringify(text)})`
  const args = ['--conditions=source', '--input-type=module', '--eval', program]
  const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stderr.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u)
  expect(JSON.parse(stderr)).toMatchObject({ text, msg: text, err: { message: text } })
})
