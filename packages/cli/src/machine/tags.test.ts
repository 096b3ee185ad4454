import { expect, test } from 'vitest'
import { parseTags } from './tags.ts'

test.each([
  ['', {}],
  ['a=b', { a: 'b' }],
  ['a=b,c=d', { a: 'b', c: 'd' }],
  ['a=', { a: '' }],
  ['owner=x\\,y,path=a\\=b\\\\c', { owner: 'x,y', path: 'a=b\\c' }],
])('%j are %j', (text, tags) => {
  expect(parseTags(text)).toEqual(tags)
})

test.each(['a', '=b', ',', 'a=b=c'])('%j are no tags', (text) => {
  expect(() => parseTags(text)).toThrow(expect.objectContaining({ code: 'argument_invalid' }))
})
