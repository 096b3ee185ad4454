import { expect, test } from 'vitest'
import { withPort } from './reserved-port.ts'

test.each([
  ['', '40342'],
  ['8080', '8080,40342'],
  ['8080,9000-9010', '8080,9000-9010,40342'],
])('the port is put beside what others reserved: "%s"', (list, wanted) => {
  expect(withPort(list, 40_342)).toBe(wanted)
})

test.each(['40342', '1,40342', '40000-41000', '8080,40000-40342'])(
  'a list that has it stays as it is: "%s"',
  (list) => {
    expect(withPort(list, 40_342)).toBe(list)
  },
)
