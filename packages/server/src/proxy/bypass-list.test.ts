import { expect, test } from 'vitest'
import { parseBypassList } from './bypass-list.ts'

const find = (list: string, host: string, port = 443) => parseBypassList(list).find({ host, port })

test.each([
  ['example.com', 'example.com', 'example.com'],
  ['example.com', 'a.example.com', 'example.com'],
  ['.example.com', 'example.com', '.example.com'],
  ['.example.com', 'a.b.example.com', '.example.com'],
  ['*.example.com', 'a.example.com', '*.example.com'],
  ['example.com.', 'EXAMPLE.com', 'example.com.'],
  ['EXAMPLE.com', 'example.com.', 'EXAMPLE.com'],
  ['other, example.com', 'example.com', 'example.com'],
  ['other example.com', 'example.com', 'example.com'],
  ['*', 'anything', '*'],
  ['other,*', '10.0.0.1', '*'],
  ['10.0.0.1', '10.0.0.1', '10.0.0.1'],
  ['10.0.0.0/8', '10.200.3.4', '10.0.0.0/8'],
  ['2001:db8::1', '2001:db8:0::1', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1', '[2001:db8::1]'],
  ['2001:db8::/32', '2001:db8:1::1', '2001:db8::/32'],
  ['b\u00fccher.example', 'xn--bcher-kva.example', 'b\u00fccher.example'],
])('the list "%s" has "%s"', (list, host, entry) => {
  expect(find(list, host)).toBe(entry)
})

test.each([
  ['example.com', 'notexample.com'],
  ['example.com', 'example.com.evil.test'],
  ['a.example.com', 'example.com'],
  ['10.0.0.1', '10.0.0.10'],
  ['0.0.1', '10.0.0.1'],
  ['10.0.0.0/8', '11.0.0.1'],
  ['10.0.0.0/8', 'host-in-it.test'],
  ['10.0.0.0/33', '10.0.0.1'],
  ['10.0.0.0/', '10.0.0.1'],
  ['2001:db8::/32', '10.0.0.1'],
  ['', 'example.com'],
  [' , ', 'example.com'],
])('the list "%s" has no "%s"', (list, host) => {
  expect(find(list, host)).toBeUndefined()
})

test.each([
  ['example.com:8443', 'a.example.com'],
  ['10.0.0.1:8443', '10.0.0.1'],
  ['[2001:db8::1]:8443', '2001:db8::1'],
])('the entry "%s" is for that port alone', (entry, host) => {
  expect(find(entry, host, 8443)).toBe(entry)
  expect(find(entry, host, 443)).toBeUndefined()
})

test('entries that mean nothing are named', () => {
  expect(parseBypassList('a, 10.0.0.0/33, http://x, 1::/129, a*b').unusable).toEqual([
    '10.0.0.0/33',
    'http://x',
    '1::/129',
    'a*b',
  ])
})
