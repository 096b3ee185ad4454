import { expect, test } from 'vitest'
import type { Caller } from '../caller/caller.ts'
import { createAdmission, isAdmitted } from './default-rule.ts'

const RULE = { ownUserId: 500, group: 'himds' }

function caller(userId: number | undefined, groups?: readonly string[]): Caller {
  return { userId, user: undefined, program: undefined, findGroups: async () => groups }
}

test.each([
  ['root', 0, undefined, true],
  ['the agent’s own user', 500, undefined, true],
  ['a member of the group', 1000, ['users', 'himds', '998'], true],
  ['anybody else', 1001, ['users', '100'], false],
  ['a user whose groups cannot be seen', 1001, undefined, false],
  ['a user that the system does not tell', undefined, ['himds'], false],
])('without a policy %s may ask: %j in %j is %j', async (_, userId, groups, expected) => {
  expect(await isAdmitted(RULE, caller(userId, groups))).toBe(expected)
})

test('the group may be a number, and there may be none', async () => {
  const member = caller(1000, ['himds', '998'])
  expect(await isAdmitted({ ...RULE, group: '998' }, member)).toBe(true)
  expect(await isAdmitted({ ...RULE, group: undefined }, member)).toBe(false)
})

test('where the agent has no user id, the rule is for root and the group alone', async () => {
  const rule = { ...RULE, ownUserId: undefined }
  const callers = [caller(0), caller(500), caller(1000, ['himds']), caller(undefined)]
  expect(await Promise.all(callers.map((one) => isAdmitted(rule, one)))).toEqual([true, false, true, false])
})

test('the groups are looked up once a connection, and not for who needs none', async () => {
  let asked = 0
  const counted = (userId: number): Caller => ({
    ...caller(userId),
    findGroups: async () => {
      asked++
      return asked === 1 ? ['himds'] : []
    },
  })
  const admit = createAdmission(RULE)
  await admit(counted(0))
  const [first, second] = [counted(7), counted(7)]
  await admit(first)
  await admit(first)
  expect(asked).toBe(1)
  for (let again = 0; again < 2; again += 1) {
    await expect(admit(second)).rejects.toMatchObject({ code: 'caller_denied' })
  }
  expect(asked).toBe(2)
})
