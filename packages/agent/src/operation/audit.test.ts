import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { asOrdinaryUser, testWith } from '../../../../test/privilege.ts'
import { type AuditEntry, openAuditLog } from './audit.ts'

function entry(audience = 'https://vault.azure.net'): AuditEntry {
  return {
    time: new Date().toISOString(),
    correlationId: randomUUID(),
    style: 'arc',
    audience,
    outcome: 'granted',
  }
}

function audiences(file: string): unknown[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) => JSON.parse(line).audience)
}

test('each entry is one line of JSON, without what is unknown', async () => {
  const file = join(temporaryFolder(), 'audit.jsonl')
  const audit = openAuditLog(file)
  const written = entry('a "quoted"\nresource')
  audit.write({ ...written, user: undefined })
  await audit.close()
  expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(written)}\n`)
})

test('the file and its folder are for their owner alone, and what is there stays', async () => {
  const file = join(temporaryFolder(), 'log', 'audit.jsonl')
  for (const audience of ['first', 'second']) {
    const audit = openAuditLog(file)
    audit.write(entry(audience))
    await audit.close()
  }
  expect(audiences(file)).toEqual(['first', 'second'])
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700)
})

test('lines come without anybody closing the log', async () => {
  const file = join(temporaryFolder(), 'audit.jsonl')
  const audit = openAuditLog(file)
  audit.write(entry())
  await expect.poll(() => readFileSync(file, 'utf8')).toContain('vault')
  await audit.close()
})

test('a log that cannot be opened says so', () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'audit.jsonl'))
  expect(() => openAuditLog(join(folder, 'audit.jsonl'))).toThrow(
    expect.objectContaining({ code: 'audit_unwritable', message: expect.stringContaining('EISDIR') }),
  )
})

test('after the log was rotated away, lines go to the new file and none is lost', async () => {
  const file = join(temporaryFolder(), 'audit.jsonl')
  const audit = openAuditLog(file)
  audit.write(entry('before'))
  renameSync(file, `${file}.1`)
  audit.reopen()
  audit.write(entry('after'))
  await audit.close()
  expect(audiences(`${file}.1`)).toEqual(['before'])
  expect(audiences(file)).toEqual(['after'])
})

test('a log that cannot be reopened goes on in the old file', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'log', 'audit.jsonl')
  const lost: number[] = []
  const audit = openAuditLog(file, (lines) => lost.push(lines))
  renameSync(file, join(folder, 'moved'))
  mkdirSync(file)
  audit.reopen()
  audit.write(entry('still'))
  await audit.close()
  expect(audiences(join(folder, 'moved'))).toEqual(['still'])
  expect(lost).toEqual([0])
})

testWith(['linux'], 'on a full disk lines are lost, counted and shown, and nothing fails', async () => {
  const lost: unknown[] = []
  const audit = openAuditLog('/dev/full', (lines, cause) =>
    lost.push([lines, (cause as { code: string }).code]),
  )
  expect(audit.failing).toBe(false)
  audit.write(entry())
  audit.write(entry())
  await expect.poll(() => lost).toEqual([[2, 'ENOSPC']])
  expect(audit.failing).toBe(true)
  await audit.close()
})

test('when space returns, lines go on, whole, after one that was cut off', async () => {
  const file = join(temporaryFolder(), 'audit.jsonl')
  const { writeSync } = await import('node:fs')
  let space = 20
  const lost: number[] = []
  const audit = openAuditLog(
    file,
    (lines) => lost.push(lines),
    async (descriptor, text, offset) => {
      if (space === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      const bytesWritten = writeSync(descriptor, text, offset, Math.min(space, text.length - offset))
      space -= bytesWritten
      return { bytesWritten }
    },
  )
  audit.write(entry('cut off'))
  await expect.poll(() => lost).toEqual([1])
  space = 10_000
  audit.write(entry('whole'))
  await audit.close()
  expect(audit.failing).toBe(false)
  const lines = readFileSync(file, 'utf8').split('\n')
  expect(lines[0]).toHaveLength(20)
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ outcome: 'lost', lines: 1 })
  expect(JSON.parse(lines[2] ?? '')).toMatchObject({ audience: 'whole' })
})

test('lines that wait for a slow disk are bounded', async () => {
  const disk = Promise.withResolvers<void>()
  let lost = 0
  const audit = openAuditLog(
    join(temporaryFolder(), 'audit.jsonl'),
    (lines) => {
      lost += lines
    },
    async (_, text, offset) => {
      await disk.promise
      return { bytesWritten: text.length - offset }
    },
  )
  const long = 'x'.repeat(100_000)
  for (let index = 0; index < 50; index += 1) audit.write(entry(long))
  expect(lost).toBe(9)
  disk.resolve()
  await audit.close()
})

test('a line after the end is lost, not written to whatever has the descriptor by then', async () => {
  let lost = 0
  const audit = openAuditLog(join(temporaryFolder(), 'audit.jsonl'), (lines) => {
    lost += lines
  })
  await audit.close()
  audit.write(entry())
  expect(lost).toBe(1)
})

test('a folder that this user may not write is said so', () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o555)
  onTestFinished(() => chmodSync(folder, 0o700))
  asOrdinaryUser(() =>
    expect(() => openAuditLog(join(folder, 'audit.jsonl'))).toThrow(
      expect.objectContaining({ code: 'audit_unwritable' }),
    ),
  )
})

test('a log that failed is tried again by itself, and tells how many lines it lost', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const file = join(temporaryFolder(), 'audit.jsonl')
  const { writeSync } = await import('node:fs')
  let full = true
  const audit = openAuditLog(
    file,
    () => {},
    async (descriptor, text, offset) => {
      if (full) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      return { bytesWritten: writeSync(descriptor, text, offset) }
    },
  )
  audit.write(entry())
  await vi.advanceTimersByTimeAsync(100)
  expect(audit.failing).toBe(true)
  full = false
  await vi.advanceTimersByTimeAsync(5000)
  expect(audit.failing).toBe(false)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ outcome: 'lost', lines: 1 })
  await audit.close()
})

test('lines beyond what is gathered are lost, and that is a failure too', async () => {
  const audit = openAuditLog(join(temporaryFolder(), 'audit.jsonl'))
  const large = entry('x'.repeat(100_000))
  for (let index = 0; index < 50; index += 1) audit.write(large)
  expect(audit.failing).toBe(true)
  await audit.close()
})

test('a file that would become too large takes the place of the one before it, and no line is torn or lost', async () => {
  const file = join(temporaryFolder(), 'audit.jsonl')
  const lost: number[] = []
  const audit = openAuditLog(file, (lines) => lost.push(lines), undefined, 3_000)
  const names = Array.from({ length: 30 }, (_, index) => `${index} `.repeat(20))
  for (const name of names) {
    audit.write(entry(name))
    // Each is written by itself.
    audit.reopen()
  }
  await audit.close()
  const seen = [`${file}.1`, file].flatMap(audiences)
  expect(seen).toEqual(names.slice(-seen.length))
  expect(seen.length).toBeGreaterThan(10)
  for (const name of [`${file}.1`, file]) {
    expect(statSync(name).size).toBeLessThanOrEqual(3_000)
    expect(statSync(name).mode & 0o777).toBe(0o600)
  }
  expect(lost).toEqual([])
})

test('the size of a file that is there counts, and a log that is no file has none', async () => {
  const file = join(temporaryFolder(), 'audit.jsonl')
  writeFileSync(file, `${'x'.repeat(3_000)}\n`)
  const audit = openAuditLog(file, undefined, undefined, 3_000)
  audit.write(entry())
  await audit.close()
  expect([statSync(`${file}.1`).size, audiences(file)]).toEqual([3_001, ['https://vault.azure.net']])
  const none = openAuditLog('/dev/null', undefined, undefined, 1)
  none.write(entry())
  none.write(entry())
  await none.close()
  expect(none.failing).toBe(false)
})
