import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type MeasurePart, measureParts } from './measured-parts.ts'
import { startMeasured } from './measured-process.ts'
import { formatReport } from './report.ts'

const GROWTH = { machines: 1, minutes: 1, heartbeatsPerSecond: 1, tokensPerSecond: 1, entries: 1 }
const EFFORT = { rounds: 1, measureMs: 1, sockets: 1, scale: 1, growth: GROWTH }

const works: MeasurePart = async () => [{ title: 'Whole', rows: [{ figure: 1 }] }]

/** Ends as a program does that cannot start. */
const fails: MeasurePart = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-bench-test-'))
  const program = join(folder, 'fails.mjs')
  writeFileSync(program, "process.stderr.write('its last words'); process.exit(3)")
  const process = startMeasured([program])
  try {
    for (;;) {
      process.refuseEnded()
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    await process.end()
    rmSync(folder, { recursive: true })
  }
}

test('a part that fails is told with the last words of its process, and costs no other part its figures', async () => {
  const said: string[] = []
  const parts = new Map([
    ['first', works],
    ['second', fails],
    ['third', works],
  ])
  const { tables, failures } = await measureParts(parts, EFFORT, {
    say: (line) => said.push(line),
    isFinal: () => false,
  })
  expect(tables).toHaveLength(2)
  expect(failures).toEqual([{ part: 'second', message: expect.stringContaining('its last words') }])
  expect(said).toContainEqual(expect.stringMatching(/^second failed: .*its last words/))
  const machine = { date: '', processor: '', cores: 1, memoryGiB: 1, kernel: '', node: '', load: 0 }
  expect(formatReport({ command: '', machine, tables, failures })).toContain('its last words')
})

test('what keeps every part from being measured is thrown', async () => {
  const refused = async () => {
    throw new Error('refused')
  }
  const parts = new Map([['first', refused]])
  const options = { say: () => {}, isFinal: () => true }
  await expect(measureParts(parts, EFFORT, options)).rejects.toThrow('refused')
})
