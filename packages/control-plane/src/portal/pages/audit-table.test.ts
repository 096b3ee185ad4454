import { expect, test } from 'vitest'
import { type AuditBody, auditTable, refusedByCallers } from './audit-table.ts'

const NOW = new Date('2030-01-01T00:00:00Z')

const GROUP = '/subscriptions/s/resourceGroups/shop/providers'
const IDENTITY = `${GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/backup`
const MACHINE = `${GROUP}/Microsoft.HybridCompute/machines/web-2`

const WEB = { clientId: 'c-web', clientName: 'web-2', principalId: 'p-web', principalName: 'web-2' }
const ALICE = { clientId: 'c-alice', clientName: 'alice' }

/** The row of an entry while it is closed, as it is read. */
function rowOf(entry: Partial<AuditBody>): string {
  const own = {
    id: 'i',
    time: NOW.toISOString(),
    correlationId: 'c',
    action: 'issue-token',
    outcome: 'done',
  } as const
  const [, row = ''] =
    /<summary>(.*?)<\/summary>/s.exec(auditTable([{ ...own, ...entry }], NOW).toString()) ?? []
  return row
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/\s+/g, ' ')
    .replace(` ${'2030-01-01 00:00:00 UTC (now)'}`, '')
    .trim()
}

test.each<[row: string, entry: Partial<AuditBody>]>([
  [
    'done issue-token × 3 web-2 as backup for https://storage.azure.com',
    {
      ...WEB,
      ...{ principalId: 'p-backup', principalName: 'backup', resourceId: IDENTITY, count: 3 },
      audience: 'https://storage.azure.com',
    },
  ],
  [
    'refused issue-token web-2 for https://vault.azure.net 7000112 the client is disabled',
    { ...WEB, resourceId: MACHINE, audience: 'https://vault.azure.net', outcome: 'refused', code: '7000112' },
  ],
  [
    'done disable-machine alice about web-2',
    {
      ...ALICE,
      action: 'disable-machine',
      principalId: 'p-web',
      principalName: 'web-2',
      resourceId: MACHINE,
    },
  ],
  [
    'refused Microsoft.HybridCompute/machines/delete alice at web-2 AuthorizationFailed no role of who asked allows this there',
    {
      ...ALICE,
      ...{
        action: 'Microsoft.HybridCompute/machines/delete',
        outcome: 'refused',
        code: 'AuthorizationFailed',
      },
      ...{ principalId: 'p-alice', principalName: 'alice', resourceId: MACHINE },
    },
  ],
  [
    'done assign-role alice about web-2 at /',
    { ...ALICE, action: 'assign-role', principalName: 'web-2', resourceId: '/' },
  ],
  [
    'done remove-role alice about web-2 (Reader at /subscriptions/s)',
    {
      ...{ ...ALICE, action: 'remove-role', principalName: 'web-2', detail: 'Reader at /subscriptions/s' },
      resourceId: '/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/68ba5e7a',
    },
  ],
  [
    'refused heartbeat × 40 web-2 MachineDisabled the machine is disabled; an administrator may enable it last at',
    {
      ...{ ...WEB, resourceId: MACHINE, action: 'heartbeat', outcome: 'refused', code: 'MachineDisabled' },
      ...{ count: 40, time: '2029-12-31T23:00:00Z', lastTime: NOW.toISOString() },
    },
  ],
  ['done trim-audit', { action: 'trim-audit' }],
])('a closed row says "%s"', (row, entry) => expect(rowOf(entry)).toBe(row))

test('refusals of one caller with one code are one row, and all callers that nothing here knows share one', () => {
  const own = { time: NOW.toISOString(), correlationId: 'c', outcome: 'refused' } as const
  const beat = { ...own, action: 'heartbeat', code: 'MachineCloned' }
  const strangers = { ...own, action: 'issue-token', code: '7000215' }
  const entries: AuditBody[] = [
    { ...beat, ...WEB, id: 'newest', count: 3 },
    { ...strangers, id: 'stranger', clientId: 'c-1', suppressed: 5 },
    { ...beat, ...WEB, id: 'older', count: 20 },
    { ...beat, ...ALICE, id: 'other' },
    { ...strangers, id: 'strange', clientId: 'c-2' },
    { ...beat, ...WEB, code: 'MachineDisabled', id: 'another code' },
  ]
  const rows = refusedByCallers(entries)
  expect(rows.map(({ id, count }) => [id, count])).toEqual([
    ['newest', 23],
    ['stranger', 7],
    ['other', undefined],
    ['another code', undefined],
  ])
  expect(rows.map(({ alike }) => alike)).toEqual([
    '/portal/audit?action=heartbeat&code=MachineCloned&caller=c-web&outcome=refused',
    '/portal/audit?action=issue-token&code=7000215&outcome=refused',
    undefined,
    undefined,
  ])
})

test('the opened row of a token leads to all of its audience, and that of a replaced machine to its join token', () => {
  const [token, maker] = ['68ba5e7a-0000-4000-8000-000000000001', '68ba5e7a-0000-4000-8000-000000000002']
  const own = { id: 'i', time: NOW.toISOString(), correlationId: 'c', outcome: 'done' } as const
  const entries: AuditBody[] = [
    { ...own, action: 'issue-token', audience: 'https://vault.azure.net/?a&b' },
    { ...own, action: 'replace-machine', detail: `by the join token ${token}, made by alice ${maker}` },
  ]
  const text = auditTable(entries, NOW).toString()
  expect(text).toContain('href="/portal/audit?audience=https%3A%2F%2Fvault.azure.net%2F%3Fa%26b">all of this')
  for (const id of [token, maker])
    expect(text).toContain(`<a href="/portal/find?q=${id}"><bdi>${id}</bdi></a>`)
})
