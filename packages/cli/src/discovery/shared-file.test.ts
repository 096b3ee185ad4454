import { expect, test } from 'vitest'
import { assignedNames, hasLines, hasSomeOf, withLines, withoutLines } from './shared-file.ts'

const OURS = '# ours\nA=1\n# end\n'

test.each(['', 'LANG=C\n', '# a comment\n\nLANG=C\n'])('lines put into %j come out again', (text) => {
  const both = withLines(text, OURS, undefined)
  expect(hasLines(both, OURS)).toBe(true)
  expect(withoutLines(both, OURS)).toBe(text)
})

test('a last line without its end is given one', () => {
  expect(withLines('LANG=C', OURS, undefined)).toBe(`LANG=C\n${OURS}`)
})

test('lines of a former version are replaced where they are', () => {
  expect(withLines('B=2\n# ours\nA=0\nC=3\n', OURS, '# ours\nA=0\n')).toBe(`B=2\n${OURS}C=3\n`)
})

test('what stands in a line is not read as a pattern', () => {
  expect(withLines('A=0\n', 'A=$&\n', 'A=0\n')).toBe('A=$&\n')
})

test('lines that somebody changed are no longer there as a whole, but something of them is', () => {
  const changed = '# ours\nA=2\n# end\n'
  expect(hasLines(changed, OURS)).toBe(false)
  expect(hasSomeOf(changed, OURS)).toBe(true)
  expect(hasSomeOf('B=1\n', OURS)).toBe(false)
  expect(hasLines('x# ours\nA=1\n# end\n', OURS)).toBe(false)
})

test('variables are found as PAM reads them', () => {
  expect(assignedNames('A=1\n  B="2"\nexport C=3\n# D=4\nnothing\n')).toEqual(['A', 'B', 'C'])
})
