import { expect, test } from 'vitest'
import { readTraceparent, traceGuid } from './traceparent.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const GOOD = `00-${TRACE}-00f067aa0ba902b7-01`

test.each([GOOD, `cc-${TRACE}-00f067aa0ba902b7-01-what-comes`])('a trace is named: %s', (traceparent) => {
  expect(readTraceparent(traceparent)).toEqual({ traceId: TRACE, traceparent })
})

test.each([
  undefined,
  '',
  ['00'],
  `${GOOD}-more`,
  GOOD.replace('00-', 'ff-'),
  GOOD.toUpperCase(),
  GOOD.replace(TRACE, '0'.repeat(32)),
  GOOD.replace('00f067aa0ba902b7', '0'.repeat(16)),
  `${GOOD}, ${GOOD}`,
  ` ${GOOD}`,
  `${GOOD}\n`,
  `cc-${TRACE}-00f067aa0ba902b7-01-${'x'.repeat(1000)}`,
])('what is not of the form names none: %j', (text) => {
  expect(readTraceparent(text)).toBeUndefined()
})

test('a trace is a GUID to Azure', () => {
  expect(traceGuid(TRACE)).toBe('4bf92f35-77b3-4da6-a3ce-929d0e0e4736')
})
