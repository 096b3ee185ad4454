import { expect, test } from 'vitest'
import { fieldTime, spanIn, spanQuery, usualSpans } from './audit-span.ts'

const NOW = new Date('2026-03-01T10:20:30.400Z')
/** What happens now is within it. */
const END = new Date('2026-03-01T10:20:30.401Z')
/** At a whole minute, as a person would type it. */
const DAY_BEFORE = '2026-02-28T10:20:00.000Z'

test.each([
  [{}, DAY_BEFORE, END.toISOString()],
  [{ from: '2026-02-27' }, '2026-02-27T00:00:00.000Z', END.toISOString()],
  [{ to: '2026-02-27T08:00' }, '2026-02-26T08:00:00.000Z', '2026-02-27T08:00:00.000Z'],
  [
    { from: ' 2026-02-27 08:00 ', to: '2026-02-27T09:00:01Z' },
    '2026-02-27T08:00:00.000Z',
    '2026-02-27T09:00:01.000Z',
  ],
  [{ id: 'x' }, new Date(0).toISOString(), END.toISOString()],
  [{ correlationId: 'x', to: '2026-02-27' }, new Date(0).toISOString(), '2026-02-27T00:00:00.000Z'],
  [{ id: 'x', from: '2026-02-27' }, '2026-02-27T00:00:00.000Z', END.toISOString()],
  [{ from: '2026-02-27T08:00:00.123' }, '2026-02-27T08:00:00.123Z', END.toISOString()],
])('%j is from %s to %s', (query, from, to) => {
  const span = spanIn(query, NOW)
  expect([span.from.toISOString(), span.to.toISOString()]).toEqual([from, to])
})

test.each([
  '-271821-04-20T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  'yesterday',
  '2026-13-01',
  '2026-02-27T08:00+02:00',
  '1e9',
  '%00',
])('%j is no time, so it is not asked for', (text) => {
  expect(spanIn({ from: text, to: text }, NOW)).toEqual({ from: new Date(DAY_BEFORE), to: END })
})

test('yesterday ends where today begins, at midnight of UTC, also over the end of a month', () => {
  const spans = new Map(usualSpans(NOW).map(([name, query]) => [name, spanIn({ ...query }, NOW)]))
  expect(spans.get('Yesterday')).toEqual({ from: new Date('2026-02-28'), to: new Date('2026-03-01') })
  expect(spans.get('Today')).toEqual({ from: new Date('2026-03-01'), to: END })
  expect(spans.get('Last hour')).toEqual({ from: new Date('2026-03-01T09:20:00Z'), to: END })
  expect(spans.get('7 days')?.from).toEqual(new Date('2026-02-23'))
})

test('the addresses of the usual times stay the same while the day goes on', () => {
  const later = new Date(NOW.getTime() + 3_661_001)
  expect(usualSpans(later)).toEqual(usualSpans(NOW))
})

test('a time that is named counts more than the last hour', () => {
  const named = { from: '2026-02-27T08:00:00.000Z', span: 'hour' }
  expect(spanIn(named, NOW)).toEqual({ from: new Date(named.from), to: END })
  expect(spanQuery(named)).toEqual({ from: '2026-02-27T08:00', to: '', span: '' })
  expect(spanQuery({ from: 'x', span: 'hour' })).toEqual({ from: '', to: '', span: 'hour' })
  expect(spanQuery({ span: 'aeon' })).toEqual({ from: '', to: '', span: '' })
})

test('what a field shows is read as the same time', () => {
  for (const time of ['2026-03-01T00:00:00.000Z', '2026-03-01T10:20:30.000Z', NOW.toISOString()]) {
    const shown = fieldTime(new Date(time))
    expect(shown).not.toContain('Z')
    expect(spanIn({ from: shown }, NOW).from.toISOString()).toBe(time)
  }
  expect(fieldTime(new Date('2026-03-01T10:20:00Z'))).toBe('2026-03-01T10:20')
})
