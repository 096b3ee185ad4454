import { styleOf } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { formatStatus } from './status-answer.ts'

const bodyIn = (style: 'app-service' | 'service-fabric' | 'vm') =>
  JSON.parse(formatStatus({ status: 429 }, styleOf(style)).text)

test('an error is written as the style writes its own, so that clients show it', () => {
  expect(bodyIn('app-service')).toMatchObject({
    error: 'too_many_requests',
    statusCode: '429',
    message: 'Too many requests',
  })
  expect(bodyIn('service-fabric')).toEqual({
    error: {
      code: 'too_many_requests',
      message: 'Too many requests',
      correlationId: expect.stringMatching(/^[\da-f-]{36}$/),
    },
  })
  expect(bodyIn('vm')).toEqual({
    error: 'too_many_requests',
    error_description: 'Too many requests',
    correlation_id: expect.any(String),
  })
})
