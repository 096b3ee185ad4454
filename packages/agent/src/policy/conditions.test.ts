import { expect, test } from 'vitest'
import { type FieldName, meets, parseValue } from './conditions.ts'
import type { Facts } from './facts.ts'

/** A caller of whom everything is known. */
const KNOWN: Facts = {
  style: 'arc',
  audience: 'https://vault.azure.net',
  identityNames: ['system', 'shop'],
  userId: 1000,
  user: 'web2',
  groups: ['web2', '1000'],
  program: '/usr/bin/node',
  unit: 'web.service',
  container: { isHosts: true, id: 'ab'.repeat(32), pod: '11111111-2222-3333-4444-555555555555' },
  workload: null,
}

/** One of whom nothing can be seen. */
const UNKNOWN: Facts = {
  ...KNOWN,
  style: undefined,
  userId: undefined,
  user: undefined,
  groups: undefined,
  program: undefined,
  unit: undefined,
  container: undefined,
}

function compared(field: FieldName, value: string, facts: Partial<Facts> = {}) {
  return meets({ field, values: [parseValue(field, value)] }, { ...KNOWN, ...facts })
}

test.each([
  ['user', 'web2'],
  ['user', '1000'],
  ['user', '001000'],
  ['group', 'web2'],
  ['program', '/usr/bin/node'],
  ['unit', 'web.service'],
  ['container', 'any'],
  ['container', 'ABABABABABAB'],
  ['container', 'ab'.repeat(32)],
  ['container', '11111111-2222-3333-4444-555555555555'],
  ['identity', 'SHOP'],
  ['style', 'arc'],
  ['audience', 'https://VAULT.azure.net/'],
  ['audience', '*'],
  ['audience', 'https://vault.azure.net/*', { audience: 'https://vault.azure.net/a' }],
] as [FieldName, string, Partial<Facts>?][])('%s %s is true of the caller', (field, value, facts) => {
  expect(compared(field, value, facts)).toBe('yes')
})

test.each([
  ['user', 'web'],
  ['user', '100'],
  ['user', 'web2', { user: undefined }],
  ['group', 'web'],
  ['program', '/usr/bin/nod'],
  ['container', 'none'],
  ['container', 'b'.repeat(12)],
  ['container', 'any', { container: null }],
  ['container', 'any', { container: { isHosts: false, id: 'ab'.repeat(32), pod: undefined } }],
  ['audience', 'https://vault.azure.net/*', { audience: 'https://vault.azure.net.evil.example/' }],
] as [FieldName, string, Partial<Facts>?][])('%s %s is not', (field, value, facts) => {
  expect(compared(field, value, facts)).toBe('no')
})

test.each([
  ['user', 'web2'],
  ['user', '1000'],
  ['group', 'web2'],
  ['program', '/usr/bin/node'],
  ['unit', 'web.service'],
  ['container', 'any'],
  ['container', 'none'],
  ['style', 'arc'],
] as [FieldName, string][])('%s %s is unknown where nothing can be seen, not untrue', (field, value) => {
  expect(compared(field, value, UNKNOWN)).toBe('unknown')
})

test.each([
  ['user', 'a b'],
  ['user', '-x'],
  ['user', 'x$y'],
  ['user', '12345678901'],
  ['identity', '/elsewhere/subscriptions/x'],
  ['identity', '/subscriptions/'],
  ['identity', '/subscriptions/a b'],
  ['identity', 'a/subscriptions/b'],
  ['program', 'node'],
  ['program', '/usr/./node'],
  ['program', '/usr/../node'],
  ['program', '/usr//node'],
  ['program', '/usr/'],
  ['unit', 'web'],
  ['unit', 'web.service.d'],
  ['unit', '/web.service'],
  ['unit', 'web.timer'],
  ['container', 'ab'.repeat(5)],
  ['container', `${'ab'.repeat(32)}a`],
  ['container', 'xabababababab'],
  ['container', 'ababababababx'],
  ['container', 'x11111111-2222-3333-4444-555555555555'],
  ['container', '11111111-2222-3333-4444-555555555555x'],
  ['audience', 'https://vault*'],
  ['audience', '*x'],
  ['audience', 'a b'],
] as [FieldName, string][])(
  '%s "%s" could mean something else than its author thinks, and is refused',
  (field, value) => {
    expect(() => parseValue(field, value)).toThrow(TypeError)
  },
)

test('an ARM id is an identity, in whatever case', () => {
  expect(parseValue('identity', '/Subscriptions/s/x')).toBe('/subscriptions/s/x')
})

test('of several values one is enough, and what is unknown hides none that is true', () => {
  const values = ['web.service', 'other.service']
  expect(meets({ field: 'unit', values }, KNOWN)).toBe('yes')
  expect(meets({ field: 'unit', values }, { ...KNOWN, unit: null })).toBe('no')
  expect(meets({ field: 'user', values: ['1000', 'web2'] }, { ...KNOWN, userId: undefined })).toBe('yes')
})
