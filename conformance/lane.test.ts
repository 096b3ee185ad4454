import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, vi } from 'vitest'
import { testWith } from '../test/privilege.ts'
import { type Lane, runLane } from './lane.ts'

function commandLines(): string[] {
  return globSync('/proc/[0-9]*/cmdline').map((file) => {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return ''
    }
  })
}

testWith(['linux', 'namespaces', 'ip'], 'nothing of a lane is left when it is ended early', async () => {
  const base = mkdtempSync(join(tmpdir(), 'lane-test-'))
  onTestFinished(() => {
    vi.unstubAllEnvs()
    rmSync(base, { recursive: true })
  })
  vi.stubEnv('TMPDIR', base)
  const started = join(base, 'started')
  const lane: Lane = {
    // A client that would wait for minutes, and would rather not be ended.
    program: {
      folder: base,
      run: ['sh', '-c', `trap "" INT TERM; touch "${started}"; sleep 300; true`],
      env: {},
    },
    places: [
      {
        client: 'c',
        version: '1',
        credential: 'managed-identity',
        style: 'app-service',
        name: 'system-assigned',
      },
    ],
  }
  const ending = new AbortController()
  const cells: unknown[] = []
  const running = runLane(lane, (cell) => cells.push(cell), ending.signal)
  await vi.waitFor(() => expect(existsSync(started)).toBe(true), { timeout: 60_000 })
  ending.abort('SIGINT')
  await running
  expect(cells).toEqual([])
  expect(readdirSync(base)).toEqual(['started'])
  expect(commandLines().filter((line) => line.includes(started))).toEqual([])
})
