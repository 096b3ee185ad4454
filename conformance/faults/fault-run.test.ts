import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { testWith } from '../../test/privilege.ts'
import { findClientFolders } from '../client-folder.ts'
import { formatTable } from './fault-page.ts'
import { runFaults } from './fault-run.ts'
import { lasting, TRIALS } from './trials.ts'

const FOLDERS = findClientFolders(fileURLToPath(new URL('..', import.meta.url)))

testWith(
  ['linux', 'namespaces', 'ip'],
  'a client meets each fault twice, and what it did is told',
  async () => {
    const folder = FOLDERS.find(({ language }) => language === 'JavaScript')
    const clients = folder?.clients.filter(({ name }) => name === '@azure/identity') ?? []
    const choices = folder
      ? [{ folder, clients: clients.map((client) => ({ ...client, isOlder: false })) }]
      : []
    const trials = TRIALS.filter(({ fault }) => ['400', 'key-file-missing'].includes(fault))
    const ending = new AbortController().signal
    const cells = await runFaults({ choices, trials, ending, progress: () => {} })
    const told = cells.map(({ fault, duration, outcome, requests }) => [fault, duration, outcome, requests])
    expect(told).toEqual([
      ['400', 'once', 'error', 1],
      ['400', 'always', 'error', 1],
      ['key-file-missing', 'once', 'error', 0],
      ['key-file-missing', 'always', 'error', 0],
    ])
    expect(cells[0]?.message).toContain('Identity not found')
  },
)

test('a table has a line for each fault and a column for each client', () => {
  const cell = {
    version: '1',
    fault: '429',
    duration: 'once',
    requests: 2,
    seconds: 1.04,
    message: '',
  } as const
  const cells = [
    { ...cell, client: 'a', outcome: 'token' },
    { ...cell, client: 'b', outcome: 'error' },
    { ...cell, client: 'a', fault: '500', outcome: 'not run' },
  ] as const
  expect(formatTable(cells, 'once').split('\n').slice(2)).toEqual([
    '| fault | a 1 | b 1 |',
    '|---|---|---|',
    '| `429` | token, 2, 1.0 s | error, 2, 1.0 s |',
    '| `500` | - | - |',
  ])
})

test('a fault strikes one request or all, and connections are refused for a time', () => {
  expect(lasting({ fault: '429', style: 'arc' }, 'once')).toBe('429,times=1')
  expect(lasting({ fault: '429', style: 'arc' }, 'always')).toBe('429,times=always')
  expect(lasting({ fault: 'connection-refused', style: 'arc' }, 'once')).toBe('connection-refused,for=2')
})
