import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type FilterTerm, parseFilter } from './odata-filter.ts'

test.each<[text: string, terms: FilterTerm[]]>([
  ['', []],
  ['atScope()', [{ name: 'atscope', form: 'call', value: '' }]],
  [" roleName  eq  'Owner' ", [{ name: 'rolename', form: 'equals', value: 'Owner' }]],
  ["assignedTo ( 'a' ) ", [{ name: 'assignedto', form: 'call', value: 'a' }]],
  ['atScope ( )', [{ name: 'atscope', form: 'call', value: '' }]],
  ["assignedTo('a')", [{ name: 'assignedto', form: 'call', value: 'a' }]],
  [
    "atScope() and principalId eq 'x'",
    [
      { name: 'atscope', form: 'call', value: '' },
      { name: 'principalid', form: 'equals', value: 'x' },
    ],
  ],
  ["startswith(displayName,'w e')", [{ name: 'displayname', form: 'starts', value: 'w e' }]],
  [" substringof( 'w' , name ) ", [{ name: 'name', form: 'contains', value: 'w' }]],
  ["servicePrincipalNames/any(c:c eq 'x')", [{ name: 'serviceprincipalnames', form: 'any', value: 'x' }]],
  ["roleName eq 'it''s and that'", [{ name: 'rolename', form: 'equals', value: "it's and that" }]],
])('"%s" is read', (text, terms) => expect(parseFilter(text)).toEqual(terms))

test.each([
  'atScope',
  'atScope() or atScope()',
  'atScope() and',
  'and atScope()',
  "roleName eq 'x",
  "roleName ne 'x'",
  'roleName eq x',
  "not roleName eq 'x'",
  "roleName eq 'x' atScope()",
  "startswith('x', name)",
  "names/any(c:d eq 'x')",
  "names/all(c:c eq 'x')",
])('"%s" is refused', (text) => expect(parseFilter(text)).toBeUndefined())

test('a value comes out as it went in, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const quoted = `'${value.replaceAll("'", "''")}'`
      expect(parseFilter(`a eq ${quoted} and b(${quoted})`)?.map((term) => term.value)).toEqual([
        value,
        value,
      ])
    }),
  )
})

/** Tried in every division of its spaces, each of them would take a minute. */
test.each(['a', 'a(', "a('b'", 'a eq'])(
  '%s and very many spaces are refused as soon as they are read',
  (text) => expect(parseFilter(`${text}${' '.repeat(200_000)}`)).toBeUndefined(),
)
