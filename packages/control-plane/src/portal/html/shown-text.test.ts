import fc from 'fast-check'
import { expect, test } from 'vitest'
import { html } from './html.ts'
import { plain, shown } from './shown-text.ts'

const text = (value: string) => html`${shown(value)}`.toString()

test('markup is text', () => {
  expect(text(`<script>alert("1")</script>&'`)).toBe(
    '<bdi>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;</bdi>',
  )
})

test.each([
  ['\u202e', 'U+202E'],
  ['\u2066', 'U+2066'],
  ['\u200b', 'U+200B'],
  ['\u0000', 'U+0000'],
  ['\u001b', 'U+001B'],
  ['\n', 'U+000A'],
  ['\ud800', 'U+D800'],
  ['\u{e0041}', 'U+E0041'],
])('%j is shown by its number', (character, name) => {
  expect(text(`a${character}b`)).toBe(`<bdi>a<span class="mark">[${name}]</span>b</bdi>`)
  expect(plain(`a${character}b`)).toBe(`a[${name}]b`)
})

test('other alphabets are shown as they are', () => {
  expect(text('Büro 東京 שלום 👍')).toBe('<bdi>Büro 東京 שלום 👍</bdi>')
})

test('of a text of 10,000 characters the first 400 are shown, and how many more there are', () => {
  expect(text('x'.repeat(10_000))).toBe(
    `<bdi>${'x'.repeat(400)} <span class="mark">and 9600 characters more</span></bdi>`,
  )
  expect(plain('x'.repeat(10_000))).toBe(`${'x'.repeat(400)}…`)
})

test('no character is cut in half', () => {
  expect(text(`${'x'.repeat(399)}👍y`)).not.toContain('U+D8')
})

test('no text whatever brings an element, and none hides a character', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 600 })
  fc.assert(
    fc.property(anything, (value) => {
      const inner = text(value).replaceAll(/<\/?bdi>|<span class="(mark|none)">|<\/span>/g, '')
      expect(inner).not.toMatch(/[<>"']|[\p{Cc}\p{Cf}\p{Cs}]/u)
    }),
  )
})
