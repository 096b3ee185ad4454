import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FieldName } from './conditions.ts'
import type { Facts } from './facts.ts'
import { asksForGroups, decide, explain, type Policy } from './policy.ts'
import { parsePolicy } from './policy-text.ts'

const CONTAINER = { id: '3f4e5d6c7b8a'.padEnd(64, '0'), isHosts: true } as const
const POD = '0b8f1c1e-6a0e-4f0a-9d0c-00000000000a'

const FACTS: Facts = {
  style: 'arc',
  audience: 'https://vault.azure.net',
  identityNames: ['system', '0b8f1c1e-6a0e-4f0a-9d0c-00000000000b'],
  userId: 1001,
  user: 'alice',
  groups: ['alice', '1001', 'staff', '50'],
  program: '/usr/bin/python3.13',
  unit: 'web.service',
  container: null,
  workload: null,
}

/** Whether a rule that allows with one condition does so. */
function allows(field: FieldName, value: string | string[], facts: Partial<Facts> = {}): boolean {
  const text = JSON.stringify({ rules: [{ name: 'a', effect: 'allow', [field]: value }] })
  return decide(parsePolicy(text, 'policy'), { ...FACTS, ...facts }).effect === 'allow'
}

const policyOf = (...rules: object[]): Policy =>
  parsePolicy(
    JSON.stringify({ rules: rules.map((rule, index) => ({ name: `${index}`, ...rule })) }),
    'policy',
  )

describe('a rule is for', () => {
  test.each<[FieldName, string | string[], Partial<Facts>?]>([
    ['user', 'alice'],
    ['user', '1001'],
    ['user', ['bob', 'alice']],
    ['user', '0', { userId: 0, user: 'root' }],
    ['group', 'staff'],
    ['group', '50'],
    ['program', '/usr/bin/python3.13'],
    ['unit', 'web.service'],
    ['container', 'none'],
    ['container', 'any', { container: CONTAINER }],
    ['container', '3F4E5D6C7B8A', { container: CONTAINER }],
    ['container', POD, { container: { ...CONTAINER, pod: POD } }],
    ['style', 'arc'],
    ['identity', 'SYSTEM'],
    ['identity', '0B8F1C1E-6A0E-4F0A-9D0C-00000000000B'],
    ['audience', 'https://vault.azure.net/'],
    ['audience', 'HTTPS://VAULT.azure.net', { audience: 'https://vault.azure.net/' }],
    ['audience', 'https://*'],
    ['audience', 'https://vault.azure.net/*', { audience: 'https://vault.azure.net/a' }],
    ['audience', '*'],
  ])('%s %j', (field, value, facts) => {
    expect(allows(field, value, facts)).toBe(true)
  })
})

describe('a rule is not for', () => {
  test.each<[FieldName, string | string[], Partial<Facts>?]>([
    ['user', 'bob'],
    ['user', '100'],
    ['user', 'alice', { user: undefined }],
    ['user', 'alice', { userId: undefined, user: undefined }],
    ['user', '1001', { userId: undefined, user: undefined }],
    ['group', 'wheel'],
    ['group', 'staff', { groups: undefined }],
    ['program', '/usr/bin/python3'],
    ['program', '/usr/bin/python3.13', { program: undefined }],
    ['unit', 'web.service', { unit: null }],
    ['unit', 'web.service', { unit: undefined }],
    ['container', 'none', { container: undefined }],
    ['container', 'none', { container: CONTAINER }],
    ['container', 'none', { container: { ...CONTAINER, isHosts: false } }],
    ['container', 'any'],
    ['container', 'any', { container: undefined }],
    ['container', 'any', { container: { ...CONTAINER, isHosts: false } }],
    ['container', '3f4e5d6c7b8a', { container: { ...CONTAINER, isHosts: false } }],
    ['container', '000000000000', { container: CONTAINER }],
    ['style', 'app-service'],
    ['identity', 'web'],
    ['audience', 'https://vault.azure.net', { audience: 'https://vault.azure.net//' }],
    ['audience', 'https://vault.azure.net', { audience: 'https://vault.azure.net.evil.example' }],
    ['audience', 'https://vault.azure.net/*', { audience: 'https://vault.azure.net.evil.example' }],
    ['audience', 'https://vault.azure.net/*'],
  ])('%s %j when %j', (field, value, facts) => {
    expect(allows(field, value, facts)).toBe(false)
  })
})

test('the first rule whose every condition is fulfilled decides', () => {
  const policy = policyOf(
    { effect: 'deny', user: 'alice', unit: 'other.service' },
    { effect: 'allow', user: 'alice', group: 'staff' },
    { effect: 'deny', user: 'alice' },
  )
  expect(decide(policy, FACTS)).toMatchObject({ effect: 'allow', rule: { name: '1' } })
  expect(decide(policy, { ...FACTS, groups: [] })).toMatchObject({ effect: 'deny', rule: { name: '2' } })
})

test('where no rule is for the request it is denied, by no rule', () => {
  expect(decide(policyOf({ effect: 'allow', user: 'bob' }), FACTS)).toEqual({
    effect: 'deny',
    rule: undefined,
  })
  expect(decide(policyOf(), FACTS)).toEqual({ effect: 'deny', rule: undefined })
})

test('an explanation ends with the rule that decides, and says what was unknown', () => {
  const policy = policyOf(
    { effect: 'allow', user: 'bob' },
    { effect: 'allow', user: 'alice', program: '/usr/bin/restic' },
    { effect: 'deny', user: 'alice' },
    { effect: 'allow' },
  )
  const traces = explain(policy, { ...FACTS, program: undefined })
  expect(traces.map(({ answers, decides }) => [answers.map(({ answer }) => answer), decides])).toEqual([
    [['no'], false],
    [['yes', 'unknown'], false],
    [['yes'], true],
  ])
})

test('a rule that names a program, a unit or a container is for nobody of whom they are unknown', () => {
  const seen = fc.constantFrom<object>(
    { program: '/usr/bin/python3.13' },
    { program: ['/a', '/usr/bin/python3.13'] },
    { unit: 'web.service' },
    { container: 'none' },
    { container: 'any' },
    { container: '3f4e5d6c7b8a' },
  )
  const others = fc.record({ user: fc.constant('alice'), style: fc.constant('arc') }, { requiredKeys: [] })
  const unseen = { ...FACTS, program: undefined, unit: undefined, container: undefined }
  fc.assert(
    fc.property(seen, others, fc.constantFrom('allow', 'deny'), (one, more, effect) => {
      expect(decide(policyOf({ effect, ...one, ...more }), unseen).rule).toBeUndefined()
    }),
  )
})

test('an explanation and the decision agree on every policy', () => {
  const value = { user: ['alice', 'bob'], unit: ['web.service', 'b.service'], style: ['arc', 'app-service'] }
  const field = fc.record(
    {
      effect: fc.constantFrom('allow', 'deny'),
      user: fc.constantFrom(...value.user),
      unit: fc.constantFrom(...value.unit),
      style: fc.constantFrom(...value.style),
    },
    { requiredKeys: ['effect'] },
  )
  const unit = fc.constantFrom('web.service', null, undefined)
  fc.assert(
    fc.property(fc.array(field, { maxLength: 5 }), unit, (rules, found) => {
      const policy = policyOf(...rules)
      const facts = { ...FACTS, unit: found }
      const last = explain(policy, facts).at(-1)
      expect(decide(policy, facts).rule).toBe(last?.decides ? last.rule : undefined)
    }),
  )
})

test('the groups of a caller are looked up if any rule compares them, and not otherwise', () => {
  const allow = { effect: 'allow', user: 'a' }
  expect(asksForGroups(policyOf(allow, { effect: 'allow', group: 'b' }, allow))).toBe(true)
  expect(asksForGroups(policyOf({ effect: 'allow', unit: 'a.service', group: 'b' }))).toBe(true)
  expect(asksForGroups(policyOf(allow, { effect: 'deny', unit: 'a.service' }))).toBe(false)
})
