import { expect, onTestFinished, test, vi } from 'vitest'
import type { AuditEntry, AuditLog } from './audit.ts'
import { gatherGrants } from './gathered-grants.ts'

function start() {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const lines: AuditEntry[] = []
  const log: AuditLog = {
    write: (entry) => lines.push(entry),
    failing: false,
    reopen: () => {},
    close: async () => {},
  }
  return { lines, audit: gatherGrants(log) }
}

function grant(changes: Partial<AuditEntry> = {}): AuditEntry {
  const time = new Date().toISOString()
  return {
    time,
    correlationId: 'c',
    style: 'arc',
    userId: 1000,
    audience: 'a',
    outcome: 'granted',
    ...changes,
  }
}

const countsOf = (lines: readonly AuditEntry[]) => lines.map(({ count = 1 }) => count)

test('equal grants of a second are one line that counts them and says when the first and the last was', () => {
  const { lines, audit } = start()
  const first = new Date().toISOString()
  for (let count = 0; count < 50; count += 1) {
    audit.write(grant({ correlationId: `${count}`, processId: count }))
    vi.advanceTimersByTime(10)
  }
  vi.advanceTimersByTime(1_000)
  expect(countsOf(lines)).toEqual([1, 49])
  const [one, rest] = lines
  expect(one?.time).toBe(first)
  expect(Date.parse(rest?.time ?? '') - Date.parse(rest?.since ?? '')).toBe(480)
})

test('however long it goes on, there is a line a second, and none is lost from the count', async () => {
  const { lines, audit } = start()
  for (let count = 0; count < 10_500; count += 1) {
    audit.write(grant())
    vi.advanceTimersByTime(1)
  }
  // Half a second of them is in no line yet.
  expect(countsOf(lines).reduce((sum, count) => sum + count)).toBeLessThan(10_500)
  await audit.close()
  expect(lines.length).toBeLessThanOrEqual(12)
  expect(countsOf(lines).reduce((sum, count) => sum + count)).toBe(10_500)
})

test('who, what and by which rule keep grants apart', () => {
  const { lines, audit } = start()
  const kinds: Partial<AuditEntry>[] = [
    {},
    { style: 'vm' },
    { userId: 1001 },
    { user: 'u' },
    { unit: 'u.service' },
    { audience: 'b' },
    { identity: 'i' },
    { program: '/p' },
    { rule: 'r' },
    { container: 'k' },
  ]
  for (const kind of kinds) audit.write(grant(kind))
  expect(lines).toHaveLength(kinds.length)
})

test('grants that come now and then are each a line of their own, and refusals always are', () => {
  const { lines, audit } = start()
  for (let count = 0; count < 3; count += 1) {
    audit.write(grant())
    audit.write(grant({ outcome: 'refused', reason: 'key_rejected' }))
    vi.advanceTimersByTime(2_000)
  }
  const each = [
    ['granted', undefined],
    ['refused', undefined],
  ]
  expect(lines.map(({ outcome, count }) => [outcome, count])).toEqual([...each, ...each, ...each])
})

test('a refusal among grants of its kind is written at once, and none is counted with another', () => {
  const { lines, audit } = start()
  const refusal = grant({ outcome: 'refused', reason: 'policy_denied' })
  for (const entry of [grant(), refusal, refusal]) audit.write(entry)
  expect(lines.map(({ outcome }) => outcome)).toEqual(['granted', 'refused', 'refused'])
})

test('of more kinds than are gathered each grant is a line of its own, and none is lost', async () => {
  const { lines, audit } = start()
  const kinds = Array.from({ length: 1_001 }, (_, index) => grant({ audience: `a${index}` }))
  for (let round = 0; round < 3; round += 1) for (const entry of kinds) audit.write(entry)
  expect(lines).toHaveLength(1_003)
  await audit.close()
  expect(countsOf(lines).reduce((sum, count) => sum + count)).toBe(3_003)
})

test('grants of two workloads, or to one at two addresses, are lines of their own', () => {
  const { lines, audit } = start()
  const [shop, bank] = [{ workload: 'shop' }, { workload: 'bank' }]
  for (const who of [shop, bank, { ...shop, address: '10.88.0.2' }, shop]) audit.write(grant(who))
  expect(lines).toHaveLength(3)
})
