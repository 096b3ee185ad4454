import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WireError } from './errors.ts'
import { PARAMETER_MAX_CHARACTERS } from './limits.ts'
import { parseQuery } from './query.ts'
import { type Identity, readSelector, type SelectorName, selects } from './selector.ts'

const IDENTITY = {
  tenantId: '11111111-aaaa-4000-8000-000000000001',
  clientId: '22222222-bbbb-4000-8000-000000000002',
  principalId: '33333333-cccc-4000-8000-000000000003',
  resourceId:
    '/subscriptions/44444444-dddd-4000-8000-000000000004/resourceGroups/g/providers/Microsoft.HybridCompute/machines/m',
} satisfies Identity

const BY: Record<SelectorName, keyof typeof IDENTITY> = {
  client_id: 'clientId',
  clientid: 'clientId',
  object_id: 'principalId',
  principal_id: 'principalId',
  principalid: 'principalId',
  msi_res_id: 'resourceId',
  mi_res_id: 'resourceId',
  'msi-res-id': 'resourceId',
}
const NAMES = Object.keys(BY) as SelectorName[]

const read = (query: string) => readSelector(parseQuery(query))

test('without a selector the machine’s own identity is wanted', () => {
  expect(read('')).toBeUndefined()
  expect(read('api-version=2020-06-01&resource=a&clientId2=b')).toBeUndefined()
})

test.each(NAMES)('%s without a value selects nothing, and leaves another selector alone', (name) => {
  expect(read(`${name}=`)).toBeUndefined()
  expect(read(name)).toBeUndefined()
  const other = name === 'client_id' ? 'object_id' : 'client_id'
  expect(read(`${name}=&${other}=a`)).toEqual({ name: other, value: 'a' })
})

test.each(NAMES)('%s is read as it was asked, under its lower-case name', (name) => {
  expect(read(`resource=a&${name.toUpperCase()}=Some%2FValue`)).toEqual({ name, value: 'Some/Value' })
})

test.each([
  ['client_id=a%00', 'parameter_malformed'],
  ['msi_res_id=a%0Ab', 'parameter_malformed'],
  [`msi_res_id=${'a'.repeat(PARAMETER_MAX_CHARACTERS + 1)}`, 'parameter_malformed'],
  ['client_id=a&client_id=a', 'parameter_repeated'],
  ['client_id=a&Client_Id=b', 'parameter_repeated'],
  ['client_id=a&clientid=a', 'selector_repeated'],
  ['msi_res_id=a&mi_res_id=a', 'selector_repeated'],
  ['client_id=a&object_id=b&msi-res-id=c', 'selector_repeated'],
])('the selector in %j is refused: %s', (query, code) => {
  expect(() => read(query)).toThrow(expect.objectContaining({ code }))
})

test.each(NAMES)('%s is refused where it is not honoured, never passed over', (name) => {
  const honoured = NAMES.filter((other) => other !== name)
  expect(() => readSelector(parseQuery(`${name}=a`), honoured)).toThrow(
    expect.objectContaining({
      code: 'selector_unsupported',
      message: expect.stringContaining(`("${name}"); give `),
    }),
  )
  expect(readSelector(parseQuery(`${name}=a`), [name])).toEqual({ name, value: 'a' })
})

test.each(NAMES)('%s selects by one field of an identity and no other, in any case', (name) => {
  const wanted = IDENTITY[BY[name]]
  for (const value of [wanted, wanted.toUpperCase()]) expect(selects({ name, value }, IDENTITY)).toBe(true)
  const others = Object.values(IDENTITY).filter((value) => value !== wanted)
  for (const value of [...others, '', ` ${wanted}`, `${wanted}/`, wanted.slice(1)]) {
    expect(selects({ name, value }, IDENTITY)).toBe(false)
  }
})

test('whatever is asked, one selector is read or a WireError says why not', () => {
  const query = fc
    .array(
      fc.tuple(
        fc.constantFrom(...NAMES, 'CLIENT_ID', 'resource'),
        fc.string({ unit: 'binary', maxLength: 6 }),
      ),
      {
        maxLength: 4,
      },
    )
    .map((pairs) => new Map(pairs.map(([name, value]) => [name.toLowerCase(), [value]])))
  fc.assert(
    fc.property(query, (values) => {
      try {
        const selector = readSelector(values)
        if (selector) expect(values.get(selector.name)).toEqual([selector.value])
        else expect(NAMES.some((name) => values.get(name)?.[0])).toBe(false)
      } catch (error) {
        expect(error).toBeInstanceOf(WireError)
      }
    }),
  )
})

test('whatever is asked, no identity is selected but the one that was named', () => {
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), fc.string({ unit: 'binary' }), (name, value) => {
      expect(selects({ name, value }, IDENTITY)).toBe(
        value.toLowerCase() === IDENTITY[BY[name]].toLowerCase(),
      )
    }),
  )
})

test.each(NAMES)('%s selects no identity whose id is not known', (name) => {
  expect(selects({ name, value: '' }, { ...IDENTITY, [BY[name]]: '' })).toBe(false)
})
