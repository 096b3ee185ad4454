import { expect, test } from 'vitest'
import { FakeClock } from '../../../../test/agent/fake-clock.ts'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import type { Caller } from '../caller/caller.ts'
import { createAskPolicy } from './admission.ts'
import { parsePolicy } from './policy-text.ts'

const RULES = [
  { name: 'others', effect: 'deny', group: 'guests' },
  { name: 'the staff', effect: 'allow', group: 'staff' },
]

function start() {
  const clock = new FakeClock()
  const groups = { now: ['staff'], asked: 0 }
  const path = '/etc/landfast/policy.yaml'
  const current = parsePolicy(JSON.stringify({ rules: RULES }), path)
  const ask = createAskPolicy(
    { path, current, reload: () => {}, check: () => {} },
    () => {
      groups.asked++
      return groups.now
    },
    () => clock.monotonic(),
  )
  const isAllowed = (caller: Caller) =>
    ask({ style: 'vm', audience: 'a', identity: IDENTITY, isSystem: true, caller }).denial === undefined
  return { clock, groups, isAllowed }
}

const newConnection = (): Caller => ({ userId: 1001, user: 'alice', program: undefined })

test('the groups of a connection are looked up once a second, however many rules and requests', () => {
  const { clock, groups, isAllowed } = start()
  const caller = newConnection()
  expect([isAllowed(caller), isAllowed(caller), groups.asked]).toEqual([true, true, 1])
  groups.now = []
  clock.pass(0.999)
  expect([isAllowed(caller), groups.asked]).toEqual([true, 1])
  clock.pass(0.001)
  expect([isAllowed(caller), groups.asked]).toEqual([false, 2])
})

test('no name or audience brings the word into a denial that SDKs take for Docker Desktop', () => {
  const path = '/etc/landfast/policy.yaml'
  const current = parsePolicy(
    JSON.stringify({ rules: [{ name: 'Unreachable hosts', effect: 'deny' }] }),
    path,
  )
  const ask = createAskPolicy(
    { path, current, reload: () => {}, check: () => {} },
    () => [],
    () => 0,
  )
  const asked = { style: 'vm', audience: 'api://unreachable', identity: IDENTITY, isSystem: true } as const
  const { denial } = ask({ ...asked, caller: newConnection() })
  expect(denial?.message).toContain('un-reachable hosts')
  expect(denial?.message).not.toMatch(/unreachable/i)
})

test('a new connection has the groups that its user has now', () => {
  const { groups, isAllowed } = start()
  expect(isAllowed(newConnection())).toBe(true)
  groups.now = []
  expect(isAllowed(newConnection())).toBe(false)
})
