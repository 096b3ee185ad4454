import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { controlPlaneAudit, readSince } from './control-plane-audit.ts'

const NOW = new Date('2026-01-31T12:00:00Z')

for (const [text, time] of [
  ['90s', '2026-01-31T11:58:30.000Z'],
  ['15m', '2026-01-31T11:45:00.000Z'],
  ['1h', '2026-01-31T11:00:00.000Z'],
  ['7d', '2026-01-24T12:00:00.000Z'],
  ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
] as const) {
  test(`--since ${text} is ${time}`, () => {
    expect(readSince(text, NOW).toISOString()).toBe(time)
  })
}

test('what is neither a time nor a span is refused', () => {
  for (const text of ['', 'yesterday', '1w', '-1h']) {
    expect(() => readSince(text, NOW)).toThrow(expect.objectContaining({ code: 'argument_invalid' }))
  }
})

test('in the state folder of a replica that has no administrator.json the hint says how to name another', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'landfast-audit-'))
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }))

  await expect(controlPlaneAudit({ since: '1h', stateDir })).rejects.toMatchObject({
    code: 'config_unreadable',
    hints: expect.arrayContaining([expect.stringContaining('--administrator')]),
  })
})
