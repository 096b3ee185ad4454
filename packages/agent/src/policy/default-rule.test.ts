import { expect, test } from 'vitest'
import type { Caller } from '../caller/caller.ts'
import { createAdmission, isAdmitted } from './default-rule.ts'

const RULE = { ownUserId: 500, isMember: (userId: number) => userId === 1000 }

test.each([
  ['root', 0, true],
  ['the agent’s own user', 500, true],
  ['a member of the group', 1000, true],
  ['anybody else', 1001, false],
  ['a user that the system does not tell', undefined, false],
])('without a policy %s may ask: %j is %j', (_, userId, expected) => {
  expect(isAdmitted(RULE, userId)).toBe(expected)
})

test('where the agent has no user id, the rule is for root and the group alone', () => {
  const rule = { ...RULE, ownUserId: undefined }
  expect([0, 500, 1000, undefined].map((userId) => isAdmitted(rule, userId))).toEqual([
    true,
    false,
    true,
    false,
  ])
})

test('the membership is read once a connection', () => {
  const read: number[] = []
  const admit = createAdmission({ ...RULE, isMember: (userId) => read.push(userId) < 2 })
  const [first, second] = [caller(7), caller(7)]
  admit(first)
  admit(first)
  expect(read).toEqual([7])
  for (let again = 0; again < 2; again += 1) {
    expect(() => admit(second)).toThrow(expect.objectContaining({ code: 'caller_denied' }))
  }
  expect(read).toEqual([7, 7])
})

function caller(userId: number): Caller {
  return { userId, user: undefined, program: undefined }
}
