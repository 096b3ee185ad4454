import { expect, test } from 'vitest'
import { checkFault } from './fault.ts'

test.each<[object, string]>([
  [{ kind: 'status' }, '"status" needs "status"'],
  [{ kind: 'status', status: 200 }, '"status" must be a whole number from 400 to 599'],
  [{ kind: 'status', status: 429, retryAfter: 1 }, '"status" has no "retryAfter", but times, forSeconds'],
  [{ kind: 'slow' }, '"slow" is none of latency, timeout'],
  [{ kind: 'toString' }, '"toString" is none of'],
  [{}, '"undefined" is none of'],
  [null as never, 'a fault is an object such as'],
  ['timeout' as never, 'a fault is an object such as'],
  [{ kind: 'status', status: 429.5 }, '"status" must be a whole number from 400 to 599'],
  [{ kind: 'timeout', times: 1.5 }, '"times" must be a whole number'],
  [{ kind: 'timeout', resource: '' }, '"resource" must be an audience'],
  [{ kind: 'timeout', resource: 'api://orders/.default' }, 'write "api://orders"'],
  [{ kind: 'timeout', times: 0 }, '"times" must be'],
  [{ kind: 'status', status: 429, forSeconds: 0 }, '"forSeconds" must be a number from 0.001'],
  [{ kind: 'latency', delaySeconds: 0 }, '"delaySeconds" must be a number from 0.001'],
  [{ kind: 'clock-off', offsetSeconds: 0 }, '"offsetSeconds" must be another number than 0'],
  [{ kind: 'timeout', times: Number.NaN }, '"times" must be'],
  [{ kind: 'timeout', step: 'answer' }, '"step" must be "challenge" or "token"'],
  [{ kind: 'key-file-missing', step: 'token' }, 'is about the challenge alone'],
  [{ kind: 'connection-refused' }, 'needs "forSeconds"'],
  [{ kind: 'connection-refused', forSeconds: 1, resource: 'x' }, 'no other reach'],
])('%j is no fault', (fault, reason) => {
  expect(() => checkFault(fault)).toThrow(
    expect.objectContaining({ code: 'fault_invalid', message: expect.stringContaining(reason) }),
  )
})
