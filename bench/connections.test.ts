import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { testWith } from '../test/privilege.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

testWith(['linux'], 'the price of new connections is measured beside sockets of each state', async () => {
  const args = ['--conditions=source', '--disable-warning=ExperimentalWarning', MAIN, 'connections']
  const effort = ['--rounds', '1', '--sockets', '200', '--json']
  const { stdout } = await promisify(execFile)(process.execPath, [...args, ...effort])
  const { tables } = JSON.parse(stdout)
  expect(tables.map(({ title }: { title: string }) => title.split(', ').slice(2).join(', '))).toEqual([
    'alone',
    'beside 200 more sockets, established',
    'beside 200 more sockets, time-wait',
  ])
  for (const { rows } of tables) {
    expect(rows).toHaveLength(5)
    for (const row of rows) expect(row['processor µs/token'].median).toBeGreaterThan(0)
  }
})
