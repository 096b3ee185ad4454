/**
 * A host where all is well as `landfast check` sees it, and how a test wants it otherwise.
 *
 * @module
 */

import { expect } from 'vitest'
import { runChecks } from '../../packages/cli/src/check/checks.ts'
import type { CheckCode, Finding } from '../../packages/cli/src/check/finding.ts'
import type {
  NetworkSeen,
  ShownCertificate,
  Surroundings,
  WorkloadPlaceSeen,
} from '../../packages/cli/src/check/surroundings.ts'

export const NOW = new Date('2026-03-01T12:00:00Z')

export const CERTIFICATE: ShownCertificate = {
  subject: 'id.example',
  issuer: 'Cellar CA',
  names: ['id.example'],
  validFrom: new Date('2026-01-01'),
  validTo: new Date('2026-12-01'),
}

export const TLS = { distrust: undefined, chain: [CERTIFICATE], helpfulFile: undefined, serverTime: NOW }

export const AUTHORITY = {
  authority: 'https://id.example:8443/tenant',
  tokenEndpoint: 'https://id.example:8443/tenant/oauth2/v2.0/token',
  issuers: ['https://id.example:8443/tenant/'],
}

export const NETWORK: NetworkSeen = {
  url: 'https://id.example:8443',
  host: 'id.example',
  way: { clause: 'directly, since no proxy is set' },
  spot: { host: 'id.example', port: 8443, isProxy: false },
  addresses: { value: ['192.0.2.1'] },
  connections: { value: [{ address: '192.0.2.1' }] },
  tls: { value: TLS },
  trustUnseen: undefined,
  authority: { value: AUTHORITY },
}

export const FOLDER = { isFolder: true, owner: 'himds', group: 'himds', mode: 0o710, openBecause: undefined }

export const PLACE: WorkloadPlaceSeen = {
  address: '10.88.0.1',
  port: 40343,
  isHere: true,
  holders: { value: ['himds'] },
}

export const WELL: Surroundings = {
  now: NOW,
  user: 'app',
  settings: { file: '/etc/landfast/agent.yaml', error: undefined },
  machine: {
    value: {
      authority: AUTHORITY.authority,
      identity: {
        tenantId: 't',
        clientId: 'c',
        principalId: 'p',
        resourceId: '/subscriptions/s/machines/web-1',
      },
      status: {
        status: 'Connected',
        lastHeartbeat: NOW.toISOString(),
        certificateEnd: '2026-05-01T00:00:00.000Z',
        refusal: undefined,
        reason: undefined,
      },
    },
  },
  entra: { value: undefined },
  network: NETWORK,
  host: {
    styles: ['arc'],
    keyFolder: { path: '/var/opt/azcmagent/tokens', folder: { value: FOLDER } },
    keyGroup: { name: 'himds', group: { value: { members: ['app'], hasUser: true, hasProcess: true } } },
    port: { number: 40342, holders: { value: ['himds'] }, answersAsAgent: true },
    workloads: { agentUser: 'himds', places: [PLACE] },
    aws: {
      ...{ roleArn: 'arn:aws:iam::1:role/shop', stsUrl: 'https://sts.amazonaws.com/', identity: undefined },
      secret: { file: '/etc/landfast/identity-header', endsWithBreak: { value: false } },
    },
    marker: 'ours',
    variables: { missing: [], competing: [] },
    unit: { value: { enabled: 'enabled', active: 'active' } },
    agent: { address: '/run/agent.sock', answer: { value: 'ready' } },
    tokenFiles: { entries: [], standings: { value: [] } },
  },
}

export const network = (changes: Partial<NetworkSeen>): Surroundings => ({
  ...WELL,
  network: { ...NETWORK, ...changes },
})

export const tls = (changes: { distrust?: string; helpfulFile?: string; serverTime?: Date }): Surroundings =>
  network({ tls: { value: { ...TLS, ...changes } } })

export const host = (changes: Partial<Surroundings['host']>): Surroundings => ({
  ...WELL,
  host: { ...WELL.host, ...changes },
})

export const group = (
  value: { members: string[]; hasUser: boolean | undefined; hasProcess: boolean | undefined } | undefined,
): Surroundings => host({ keyGroup: { name: 'himds', group: { value } } })

/** What one check is to find: its code, its status, in what case, there, and what it says with its cure. */
export type Case = [CheckCode, Finding['status'], string, Surroundings, RegExp]

export function expectFinding([code, status, , seen, text]: Case): void {
  const found = runChecks(seen).find((finding) => finding.code === code)
  if (!found) throw new TypeError(`no check "${code}"`)
  const { what, cure = '' } = found
  expect([found.status, `${what}; ${cure}`]).toEqual([status, expect.stringMatching(text)])
  expect(cure !== '').toBe(status === 'warn' || status === 'fail')
}
