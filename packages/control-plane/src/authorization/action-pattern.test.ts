import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesAction, permits } from './action-pattern.ts'
import { findRoleDefinition, ROLE, ROLE_DEFINITIONS } from './role-definitions.ts'

const MACHINES = 'Microsoft.HybridCompute/machines'
const IDENTITIES = 'Microsoft.ManagedIdentity/userAssignedIdentities'
const ASSIGNMENTS = 'Microsoft.Authorization/roleAssignments'

const part = fc.stringMatching(/^[A-Za-z.]{1,8}$/)
const action = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'))

/** The same by trying every end of every star, as slow as it is plain. */
function matchesSlowly(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  const rest = pattern.slice(1)
  if (pattern.startsWith('/*/') && matchesSlowly(pattern.slice(2), text)) return true
  if (pattern[0] !== '*') return text[0] === pattern[0] && matchesSlowly(rest, text.slice(1))
  return [...`${text} `].some((_, index) => matchesSlowly(rest, text.slice(index)))
}

test('a pattern without a star means one action, whatever its case', () => {
  fc.assert(
    fc.property(action, action, (one, other) => {
      expect(matchesAction(one.toUpperCase(), one.toLowerCase())).toBe(true)
      expect(matchesAction(one, other)).toBe(one.toLowerCase() === other.toLowerCase())
    }),
  )
})

test('a star stands for any characters, and a part of its own for none as well', () => {
  const letter = fc.constantFrom('a', 'b', '/', '.')
  const text = fc.array(letter, { maxLength: 8 }).map((letters) => letters.join(''))
  const pattern = fc
    .array(fc.oneof(letter, fc.constantFrom('*', '/*/')), { maxLength: 6 })
    .map((parts) => parts.join('').replaceAll(/\*+/g, '*'))
    .filter((made) => !made.includes('/*/*/'))
  fc.assert(
    fc.property(pattern, text, (made, asked) => {
      expect(matchesAction(made, asked)).toBe(matchesSlowly(made, asked))
    }),
    { numRuns: 1000 },
  )
})

test('signs of regular expressions have no meaning in a pattern', () => {
  expect(matchesAction('Microsoft.Compute/(read|write)', 'Microsoft.Compute/read')).toBe(false)
  expect(matchesAction('Microsoft.Compute/read', 'MicrosoftXCompute/read')).toBe(false)
  expect(matchesAction('*/read', 'a/read\n')).toBe(false)
})

test('what notActions means is not allowed, however wide actions is', () => {
  fc.assert(
    fc.property(action, (one) => {
      expect(permits({ actions: ['*'], notActions: [] }, one)).toBe(true)
      expect(permits({ actions: ['*'], notActions: [one] }, one)).toBe(false)
    }),
  )
})

const ALLOWED: [role: keyof typeof ROLE, allowed: string[], refused: string[]][] = [
  ['owner', [`${MACHINES}/delete`, `${ASSIGNMENTS}/write`, 'Landfast/joinTokens/write'], []],
  [
    'contributor',
    [`${MACHINES}/delete`, `${ASSIGNMENTS}/read`, `${IDENTITIES}/assign/action`],
    [`${ASSIGNMENTS}/write`, `${ASSIGNMENTS}/delete`],
  ],
  [
    'reader',
    [`${MACHINES}/read`, `${ASSIGNMENTS}/read`],
    [`${MACHINES}/write`, `${IDENTITIES}/assign/action`],
  ],
  [
    'userAccessAdministrator',
    [`${ASSIGNMENTS}/write`, `${ASSIGNMENTS}/delete`, `${MACHINES}/read`],
    [`${MACHINES}/write`, `${IDENTITIES}/write`],
  ],
  [
    'connectedMachineOnboarding',
    [`${MACHINES}/read`, `${MACHINES}/write`],
    [`${MACHINES}/delete`, `${IDENTITIES}/read`, `${ASSIGNMENTS}/read`],
  ],
  [
    'connectedMachineResourceAdministrator',
    [`${MACHINES}/read`, `${MACHINES}/write`, `${MACHINES}/delete`],
    [`${IDENTITIES}/assign/action`, `${ASSIGNMENTS}/write`],
  ],
  [
    'managedIdentityContributor',
    [`${IDENTITIES}/write`, `${IDENTITIES}/delete`, `${IDENTITIES}/federatedIdentityCredentials/write`],
    [`${IDENTITIES}/assign/action`, `${MACHINES}/read`, `${ASSIGNMENTS}/write`],
  ],
  [
    'managedIdentityOperator',
    [`${IDENTITIES}/read`, `${IDENTITIES}/assign/action`, `${IDENTITIES}/federatedIdentityCredentials/read`],
    [`${IDENTITIES}/write`, `${IDENTITIES}/delete`, `${IDENTITIES}/federatedIdentityCredentials/write`],
  ],
]

describe.each(ALLOWED)('the role %s', (name, allowed, refused) => {
  const role = findRoleDefinition(ROLE[name].toUpperCase())

  test.each(allowed)('allows %s', (one) => expect(role && permits(role, one)).toBe(true))

  test.each(refused.map((one) => [one]))('does not allow %s', (one) => {
    expect(role && permits(role, one)).toBe(false)
  })
})

test('every role has an id and a name of its own', () => {
  expect(new Set(ROLE_DEFINITIONS.map(({ id }) => id))).toEqual(new Set(Object.values(ROLE)))
  expect(new Set(ROLE_DEFINITIONS.map(({ roleName }) => roleName)).size).toBe(ROLE_DEFINITIONS.length)
})
