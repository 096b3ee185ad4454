import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatJson, formatText, type Node, walk } from './node.ts'

const DOCUMENT: Node = {
  compute: { location: 'westus', zone: '', publicKeys: null, tagsList: [{ name: 'a', value: 'b' }] },
  network: {},
}

test.each<[readonly string[], unknown]>([
  [[], DOCUMENT],
  [['compute', 'location'], 'westus'],
  [['compute', 'zone'], ''],
  [['compute', 'publicKeys'], null],
  [['compute', 'tagsList', '0', 'value'], 'b'],
  [['network'], {}],
])('the parts %j lead to %j', (parts, expected) => {
  expect(walk(DOCUMENT, parts)).toEqual(expected)
})

test.each([
  ['__proto__'],
  ['constructor'],
  ['compute', '__proto__'],
  ['compute', 'constructor', 'name'],
  ['compute', 'hasOwnProperty'],
  ['compute', 'toString'],
  ['compute', 'Location'],
  ['compute', ''],
  ['compute', 'location', 'length'],
  ['compute', 'location', '0'],
  ['compute', 'publicKeys', '0'],
  ['compute', 'tagsList', '1'],
  ['compute', 'tagsList', '-1'],
  ['compute', 'tagsList', '00'],
  ['compute', 'tagsList', '0.0'],
  ['compute', 'tagsList', '1e0'],
  ['compute', 'tagsList', '+0'],
  ['compute', 'tagsList', '99999999999999999999'],
  ['compute', 'tagsList', 'length'],
  ['compute', 'tagsList', 'at'],
  ['compute', 'tagsList', '__proto__'],
  ['compute', 'tagsList', '0', '__proto__', 'constructor'],
])('the parts %j … lead nowhere', (...parts) => {
  expect(walk(DOCUMENT, parts)).toBeUndefined()
})

/** Any document. */
const { node: documents } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.string(),
    fc.constant(null),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('node'), { maxKeys: 4, noNullPrototype: false }),
  ),
}))

/** Every way into a document, with what is there. */
function ways(node: Node, parts: readonly string[] = []): [parts: readonly string[], node: Node][] {
  const below = typeof node === 'string' ? [] : Object.entries(node ?? {})
  return [[parts, node], ...below.flatMap(([name, child]) => ways(child as Node, [...parts, name]))]
}

test('every part of any document is found by the names that lead to it', () => {
  fc.assert(
    fc.property(documents, (document) => {
      for (const [parts, node] of ways(document)) expect(walk(document, parts)).toBe(node)
    }),
  )
})

test('whatever the parts, what is found is a part of the document, and nothing else is', () => {
  const names = fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', 'length', 'toString', 'valueOf', '0', '1', '-1', ''),
  )
  fc.assert(
    fc.property(documents, fc.array(names, { maxLength: 5 }), (document, parts) => {
      const found = walk(document, parts)
      if (found === undefined) return
      expect(ways(document).map(([, node]) => node)).toContain(found)
    }),
  )
})

test('JSON is given of objects, lists and null, and of no single value', () => {
  expect(formatJson({ a: ['b', null] })).toBe('{"a":["b",null]}')
  expect(formatJson([])).toBe('[]')
  expect(formatJson(null)).toBe('null')
  expect(formatJson('westus')).toBeUndefined()
  expect(formatJson('')).toBeUndefined()
})

test('text is the value itself, or the names below, of which those with more below end with a slash', () => {
  expect(formatText('westus')).toBe('westus')
  expect(formatText('')).toBe('')
  expect(formatText(null)).toBe('')
  expect(formatText(DOCUMENT)).toBe('compute/\nnetwork/')
  expect(formatText({ a: '', b: null, c: [], d: {} })).toBe('a\nb\nc/\nd/')
  expect(formatText(['x', {}])).toBe('0\n1/')
})
