import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { testWith } from '../../test/privilege.ts'
import { findClientFolders } from '../client-folder.ts'
import type { FaultCell } from './fault-cell.ts'
import { runFaults } from './fault-run.ts'
import { lasting, type Trial } from './trials.ts'

const FOLDERS = findClientFolders(fileURLToPath(new URL('..', import.meta.url)))

/** What @azure/identity does about these. */
async function meet(trials: readonly Trial[], withIdentities: boolean): Promise<FaultCell[]> {
  const choices = FOLDERS.filter(({ language, system }) => language === 'JavaScript' && !system).map(
    (folder) => {
      const clients = folder.clients.filter(({ name }) => name === '@azure/identity')
      return { folder, clients: clients.map((client) => ({ ...client, isOlder: false })) }
    },
  )
  const ending = new AbortController().signal
  return await runFaults({ choices, trials, withIdentities, ending, progress: () => {} })
}

const told = ({ fault, style, part, outcome, requests }: FaultCell) => [fault, style, part, outcome, requests]

testWith(
  ['linux', 'namespaces', 'ip', 'setpriv'],
  'a client meets each fault twice, in the style where it happens, and what it did is told',
  async () => {
    const parts = ['once', 'always'] as const
    const cells = await meet(
      [
        { fault: '400', style: 'app-service', parts },
        { fault: '400', style: 'vm', parts: ['once'] },
        { fault: 'key-file-missing', style: 'arc', parts },
        { fault: 'throttled', style: 'vm', parts: ['scenario'] },
      ],
      false,
    )
    expect(cells.map(told)).toEqual([
      ['400', 'app-service', 'once', 'error', 1],
      ['400', 'app-service', 'always', 'error', 1],
      ['400', 'vm', 'once', 'error', 1],
      ['throttled', 'vm', 'scenario', 'token', 4],
      ['key-file-missing', 'arc', 'once', 'error', 0],
      ['key-file-missing', 'arc', 'always', 'error', 0],
    ])
    expect(cells[0]).toMatchObject({
      language: 'JavaScript',
      message: expect.stringContaining('Identity not found'),
    })
  },
)

testWith(
  ['linux', 'namespaces', 'ip', 'setpriv'],
  'a client asks for an identity that was taken away, and for one that is assigned after a refusal',
  async () => {
    expect((await meet([], true)).map(told)).toEqual([
      [expect.stringContaining('taken away'), 'app-service', 'identity', 'error', 1],
      [expect.stringContaining('until its first request is refused'), 'app-service', 'identity', 'error', 1],
      [expect.stringContaining('started anew'), 'app-service', 'identity', 'token', 1],
    ])
  },
)

test('a fault strikes one request or all, connections are refused for a time, and a scenario lasts as it says', () => {
  expect(lasting({ fault: '429' }, 'once')).toBe('429,times=1')
  expect(lasting({ fault: '429' }, 'always')).toBe('429,times=always')
  expect(lasting({ fault: 'connection-refused' }, 'once')).toBe('connection-refused,for=2')
  expect(lasting({ fault: 'throttled' }, 'scenario')).toBe('throttled')
})
