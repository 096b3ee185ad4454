import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseScope } from './scope.ts'

const SUBSCRIPTION = '/subscriptions/11111111-2222-3333-4444-555555555555'
const GROUP = `${SUBSCRIPTION}/resourceGroups/Servers`
const MACHINE = `${GROUP}/providers/Microsoft.HybridCompute/machines/M1`
const CHILD = `${MACHINE}/extensions/e`

test.each([
  ['', ['/']],
  ['/', ['/']],
  [SUBSCRIPTION, [SUBSCRIPTION, '/']],
  [GROUP, [GROUP, SUBSCRIPTION, '/']],
  [MACHINE, [MACHINE, GROUP, SUBSCRIPTION, '/']],
  [CHILD, [CHILD, MACHINE, GROUP, SUBSCRIPTION, '/']],
  ['/providers/A.B/c/d', ['/providers/A.B/c/d', '/']],
  [
    `${MACHINE}/providers/E/f/g`,
    [`${MACHINE}/providers/E/f/g`, `${MACHINE}/providers/E`, MACHINE, GROUP, SUBSCRIPTION, '/'],
  ],
  [`${SUBSCRIPTION}/providers/A.B/c/d`, [`${SUBSCRIPTION}/providers/A.B/c/d`, SUBSCRIPTION, '/']],
])('roles on "%s" and above it count there', (scope, expected) => {
  const keys = expected.map((one) => one.toLowerCase())
  expect(parseScope(scope)).toMatchObject({ key: keys[0], keys })
})

test('case and a slash at the end make no other scope', () => {
  for (const scope of [SUBSCRIPTION, GROUP, MACHINE]) {
    expect(parseScope(`${scope.toUpperCase()}/`)?.keys).toEqual(parseScope(scope)?.keys)
    expect(parseScope(`${scope}/`)?.id).toBe(scope)
  }
})

test.each([
  'x',
  '//',
  SUBSCRIPTION.slice(1),
  `x${SUBSCRIPTION.slice(1)}`,
  '/subscriptions',
  '/subscriptions/everything',
  `/${SUBSCRIPTION}`,
  `${SUBSCRIPTION}//`,
  `${SUBSCRIPTION}/resourceGroups`,
  `${SUBSCRIPTION}/elsewhere/a`,
  `${GROUP}/providers`,
  `${GROUP}/providers/Microsoft.HybridCompute`,
  `${GROUP}/providers/Microsoft.HybridCompute/machines`,
  `${CHILD}/more`,
  `${GROUP}/elsewhere/Microsoft.HybridCompute/machines/m1`,
  `${SUBSCRIPTION}/resourceGroups/..`,
  `${GROUP}/../../..`,
  `${GROUP}%2f`,
  `${GROUP}?x`,
  `${GROUP} `,
])('"%s" is no scope', (text) => expect(parseScope(text)).toBeUndefined())

test('whatever is read is below every scope that it names', () => {
  const segment = fc.constantFrom(
    'subscriptions',
    '11111111-2222-3333-4444-555555555555',
    'resourceGroups',
    'providers',
    'a',
    '',
    '..',
  )
  const text = fc.array(segment, { maxLength: 9 }).map((parts) => `/${parts.join('/')}`)
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), (one) => {
      const { key, keys } = parseScope(one) ?? { key: '', keys: [] }
      for (const above of keys) expect(`${key}/`.startsWith(above === '/' ? '/' : `${above}/`)).toBe(true)
    }),
    { numRuns: 2000 },
  )
})
