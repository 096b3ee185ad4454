import { expect, test } from 'vitest'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import type { Caller } from '../caller/caller.ts'
import { createAskPolicy } from './admission.ts'
import { parsePolicy } from './policy-text.ts'

const PATH = '/etc/landfast/policy.yaml'
const ASKED = { style: 'vm', audience: 'a', identity: IDENTITY, isSystem: true } as const

function policyOf(rules: readonly object[]) {
  const current = parsePolicy(JSON.stringify({ rules }), PATH)
  return createAskPolicy({ path: PATH, current, reload: () => {}, check: () => {} })
}

/** A caller, and how often its groups were looked up. */
function callerIn(groups: readonly string[] | undefined) {
  const asked = { times: 0 }
  const caller: Caller = {
    userId: 1001,
    user: 'alice',
    program: undefined,
    findGroups: async () => {
      asked.times++
      return groups
    },
  }
  return { caller, asked }
}

const BY_GROUP = [
  { name: 'others', effect: 'deny', group: 'guests' },
  { name: 'the staff', effect: 'allow', group: 'staff' },
]

test('rules about groups see those of the caller, which are looked up once', async () => {
  const ask = policyOf(BY_GROUP)
  const { caller, asked } = callerIn(['staff'])
  expect(await ask({ ...ASKED, caller })).toEqual({ rule: 'the staff', denial: undefined })
  expect(asked.times).toBe(1)
  expect(await ask({ ...ASKED, caller: callerIn(['guests', 'staff']).caller })).toMatchObject({
    rule: 'others',
  })
  expect(await ask({ ...ASKED, caller: callerIn(undefined).caller })).toMatchObject({ rule: undefined })
})

test('a policy without such a rule looks up no groups', async () => {
  const { caller, asked } = callerIn(['staff'])
  await policyOf([{ name: 'all', effect: 'allow' }])({ ...ASKED, caller })
  expect(asked.times).toBe(0)
})

test('no name or audience brings the word into a denial that SDKs take for Docker Desktop', async () => {
  const ask = policyOf([{ name: 'Unreachable hosts', effect: 'deny' }])
  const { denial } = await ask({ ...ASKED, audience: 'api://unreachable', caller: callerIn([]).caller })
  expect(denial?.message).toContain('un-reachable hosts')
  expect(denial?.message).not.toMatch(/unreachable/i)
})
