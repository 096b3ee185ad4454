import { expect, test } from 'vitest'
import { type AuditBody, auditTable } from './audit-table.ts'

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
  ['done trim-audit', { action: 'trim-audit' }],
])('a closed row says "%s"', (row, entry) => expect(rowOf(entry)).toBe(row))
