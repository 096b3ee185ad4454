import { expect, test } from 'vitest'
import { createPlaces } from './workload-places.ts'

test('a workload that fills its places keeps no other from one, and gets one back for each answer', () => {
  const take = createPlaces(2)
  const leave = take({ workload: 'shop' })
  take({ workload: 'shop' })
  const more = () => take({ workload: 'shop' })
  expect(more).toThrow(expect.objectContaining({ code: 'endpoint_throttled', retryAfterSeconds: 1 }))
  expect(() => take({ workload: 'bank' })).not.toThrow()
  leave()
  expect(more).not.toThrow()
  expect(more).toThrow(expect.objectContaining({ code: 'endpoint_throttled' }))
})
