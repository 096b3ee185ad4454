import { expect, test } from 'vitest'
import { wholeAnswer } from './http-answer.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'

test('an answer is whole with as many bytes as it said', () => {
  const text = `${HEAD}content-length: 4\r\n\r\nabc`
  expect(wholeAnswer(text.slice(0, 20))).toBeUndefined()
  expect(wholeAnswer(text)).toBeUndefined()
  expect(wholeAnswer(`${text}d`)).toMatchObject({ status: 200, body: 'abcd' })
})

test('an answer in chunks is whole with the last one', () => {
  const text = `HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`
  expect(wholeAnswer(text)).toBeUndefined()
  expect(wholeAnswer(`${text}0\r\n\r\n`)).toMatchObject({ status: 401 })
})
