import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runChecks } from './checks.ts'
import { LATE } from './deadline.ts'
import { CHECK_EXIT_CODES, type CheckCode, exitCodeOf, type Finding } from './finding.ts'
import type { NetworkSeen, ShownCertificate, Surroundings, WorkloadPlaceSeen } from './surroundings.ts'

const NOW = new Date('2026-03-01T12:00:00Z')

const CERTIFICATE: ShownCertificate = {
  subject: 'id.example',
  issuer: 'Cellar CA',
  names: ['id.example'],
  validFrom: new Date('2026-01-01'),
  validTo: new Date('2026-12-01'),
}

const TLS = { distrust: undefined, chain: [CERTIFICATE], helpfulFile: undefined, serverTime: NOW }

const AUTHORITY = {
  authority: 'https://id.example:8443/tenant',
  tokenEndpoint: 'https://id.example:8443/tenant/oauth2/v2.0/token',
  issuers: ['https://id.example:8443/tenant/'],
}

const NETWORK: NetworkSeen = {
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

const FOLDER = { isFolder: true, owner: 'himds', group: 'himds', mode: 0o710, openBecause: undefined }

const PLACE: WorkloadPlaceSeen = {
  address: '10.88.0.1',
  port: 40343,
  isHere: true,
  holders: { value: ['himds'] },
}

const WELL: Surroundings = {
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
    marker: 'ours',
    variables: { missing: [], competing: [] },
    unit: { value: { enabled: 'enabled', active: 'active' } },
    agent: { address: '/run/agent.sock', answer: { value: 'ready' } },
    tokenFiles: { entries: [], standings: { value: [] } },
  },
}

const network = (changes: Partial<NetworkSeen>): Surroundings => ({
  ...WELL,
  network: { ...NETWORK, ...changes },
})
const tls = (changes: { distrust?: string; helpfulFile?: string; serverTime?: Date }): Surroundings =>
  network({ tls: { value: { ...TLS, ...changes } } })
const host = (changes: Partial<Surroundings['host']>): Surroundings => ({
  ...WELL,
  host: { ...WELL.host, ...changes },
})
const folder = (changes: Partial<typeof FOLDER> | { openBecause: string }): Surroundings =>
  host({ keyFolder: { path: '/k', folder: { value: { ...FOLDER, ...changes } } } })
const group = (
  value: { members: string[]; hasUser: boolean | undefined; hasProcess: boolean | undefined } | undefined,
): Surroundings => host({ keyGroup: { name: 'himds', group: { value } } })
const machine = (status: object): Surroundings => {
  const known = 'value' in WELL.machine ? WELL.machine.value : undefined
  if (!known) throw new TypeError('a machine that is well is known')
  return { ...WELL, machine: { value: { ...known, status: { ...known.status, ...status } } } }
}
const waiting = (known: Surroundings['machine'], enabled: string): Surroundings => ({
  ...host({ unit: { value: { enabled, active: 'inactive' } } }),
  machine: known,
})
const at = (iso: string): Surroundings => ({ ...tls({ serverTime: new Date(iso) }) })

const workloads = (...places: Partial<WorkloadPlaceSeen>[]): Surroundings =>
  host({
    workloads: { agentUser: 'himds', places: places.map((changes) => ({ ...PLACE, ...changes })) },
  })

function findingOf(code: CheckCode, seen: Surroundings): Finding {
  const found = runChecks(seen).find((finding) => finding.code === code)
  if (!found) throw new TypeError(`no check "${code}"`)
  return found
}

test('where all is well, every check says so without a cure', () => {
  const findings = runChecks(WELL)
  expect(findings.map(({ code }) => code)).toEqual(Object.keys(CHECK_EXIT_CODES))
  expect(findings.filter(({ status, cure }) => status !== 'ok' || cure !== undefined)).toEqual([])
  expect(exitCodeOf(findings)).toBe(0)
})

test.each<[CheckCode, Finding['status'], string, Surroundings, RegExp]>([
  ['workloads', 'skip', 'no address for containers', workloads(), /"workload-listen" is not set/],
  [
    'workloads',
    'warn',
    'a bridge that is not there yet, beside one that is',
    workloads({}, { address: '172.18.0.1', isHere: false, holders: { value: [] } }),
    /himds listens at 10\.88\.0\.1 port 40343; this host does not have the address 172\.18\.0\.1 now/,
  ],
  [
    'workloads',
    'fail',
    'a place that another user has',
    workloads({ isHere: false }, { holders: { value: ['www-data'] } }),
    /10\.88\.0\.1 port 40343 is taken by a server of user www-data/,
  ],
  [
    'workloads',
    'fail',
    'an agent that was started before the setting',
    workloads({ holders: { value: [] } }),
    /runs and does not listen at 10\.88\.0\.1 port 40343.*systemctl restart/,
  ],
  [
    'settings',
    'fail',
    'refused settings',
    { ...WELL, settings: { file: 'f', error: 'f:1: unknown' } },
    /unknown/,
  ],
  [
    'settings',
    'skip',
    'settings that this user may not read',
    { ...WELL, settings: { file: 'f', error: 'EACCES: permission denied', isForbidden: true } },
    /permission denied/,
  ],
  [
    'settings',
    'warn',
    'a secret of the style aws that ends with a line break',
    { ...WELL, settings: { file: 'f', error: undefined, brokenLine: '/etc/landfast/identity-header' } },
    /line break.*truncate -s -1 \/etc\/landfast\/identity-header/,
  ],
  [
    'machine',
    'warn',
    'a host that is not connected',
    { ...WELL, machine: { value: undefined } },
    /connect --join-token-file/,
  ],
  [
    'machine',
    'fail',
    'a refused machine',
    machine({ status: 'Disconnected', reason: { code: 'MachineDisabled', message: 'it is disabled' } }),
    /it is disabled/,
  ],
  [
    'machine',
    'warn',
    'a machine before its agent ran',
    machine({ status: 'Disconnected', reason: { code: 'NoHeartbeat', message: 'none yet' } }),
    /start the agent/,
  ],
  [
    'machine',
    'skip',
    'a machine that this user may not see',
    { ...WELL, machine: { unseen: 'not yours' } },
    /not yours/,
  ],
  [
    'proxy',
    'fail',
    'a proxy that cannot be used',
    network({ way: { error: 'it is none' } }),
    /it is none.*proxy-url/,
  ],
  [
    'tcp',
    'fail',
    'a proxy that is away',
    network({
      spot: { host: 'p', port: 3128, isProxy: true },
      connections: { value: [{ address: 'p', error: 'ECONNREFUSED' }] },
    }),
    /port 3128 of the proxy/,
  ],
  [
    'dns',
    'fail',
    'a name without address',
    network({ addresses: { value: { error: 'ENOTFOUND' } } }),
    /ENOTFOUND.*getent hosts id\.example/,
  ],
  ['dns', 'skip', 'no control plane', { ...WELL, network: undefined }, /--url/],
  [
    'tcp',
    'fail',
    'a closed port',
    network({ connections: { value: [{ address: '192.0.2.1', error: 'ECONNREFUSED' }] } }),
    /192\.0\.2\.1: ECONNREFUSED.*firewall/,
  ],
  [
    'tcp',
    'warn',
    'one closed address of two',
    network({ connections: { value: [{ address: 'a', error: 'ETIMEDOUT' }, { address: 'b' }] } }),
    /some of its addresses \(a: ETIMEDOUT\)/,
  ],
  [
    'tls',
    'fail',
    'a CA that nothing trusts',
    tls({ distrust: 'SELF_SIGNED_CERT_IN_CHAIN' }),
    /"Cellar CA", for id\.example, until 2026-12-01.*copy ca\.pem/,
  ],
  [
    'tls',
    'fail',
    'a CA that a file has',
    tls({ distrust: 'SELF_SIGNED_CERT_IN_CHAIN', helpfulFile: '/x/ca.pem' }),
    /"\/x\/ca\.pem" has that CA/,
  ],
  [
    'tls',
    'fail',
    'a certificate of another name',
    tls({ distrust: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
    /not for "id\.example"/,
  ],
  [
    'tls',
    'fail',
    'a certificate that ended',
    tls({ distrust: 'CERT_HAS_EXPIRED' }),
    /renew it at the control plane/,
  ],
  [
    'tls',
    'fail',
    'a clock that says it ended',
    { ...tls({ distrust: 'CERT_HAS_EXPIRED', serverTime: new Date('2025-03-01') }) },
    /clock of this host is 366 days ahead of.*timedatectl/,
  ],
  [
    'tls',
    'skip',
    'a CA that only root knows',
    network({ tls: { value: { ...TLS, distrust: 'X' as never } }, trustUnseen: 'only root can see' }),
    /only root can see/,
  ],
  [
    'tls',
    'warn',
    'a certificate that ends in days',
    { ...WELL, now: new Date('2026-11-25'), network: NETWORK },
    /ends soon/,
  ],
  ['clock', 'ok', 'some seconds', at('2026-03-01T12:00:20Z'), /agrees/],
  ['clock', 'warn', 'a minute', at('2026-03-01T12:01:10Z'), /1 minute behind/],
  ['clock', 'fail', 'an hour', at('2026-03-01T11:00:00Z'), /1 hour ahead of.*timedatectl/],
  [
    'authority',
    'fail',
    'an authority that is away',
    network({ authority: { value: { error: 'no answer' } } }),
    /no answer/,
  ],
  [
    'authority',
    'skip',
    'a user who cannot see which CA the agent trusts',
    network({
      tls: { value: { ...TLS, distrust: 'SELF_SIGNED_CERT_IN_CHAIN' } },
      trustUnseen: 'only root can see',
      authority: { value: { error: 'self-signed certificate in certificate chain' } },
    }),
    /only root can see/,
  ],
  [
    'issuer',
    'warn',
    'an issuer of another name',
    network({ url: 'https://10.0.0.1:8443' }),
    /calls itself "https:\/\/id\.example:8443"/,
  ],
  [
    'certificate',
    'fail',
    'an ended certificate',
    machine({ certificateEnd: '2026-02-01T00:00:00Z' }),
    /renews it by itself/,
  ],
  [
    'certificate',
    'fail',
    'a clock that says it ended',
    { ...machine({ certificateEnd: '2026-02-01T00:00:00Z' }), network: at('2026-01-01T00:00:00Z').network },
    /not by that of the control plane.*timedatectl/,
  ],
  [
    'certificate',
    'warn',
    'a late renewal',
    machine({ certificateEnd: '2026-03-20T00:00:00Z' }),
    /renews it by itself/,
  ],
  [
    'key-folder',
    'fail',
    'a folder that others write',
    folder({ openBecause: 'others may write there' }),
    /mode 0710; others may write/,
  ],
  ['key-folder', 'fail', 'a link in its place', folder({ isFolder: false }), /symbolic link/],
  ['key-folder', 'fail', 'another group', folder({ group: 'root' }), /himds:root.*group himds/],
  ['key-folder', 'warn', 'another mode', folder({ mode: 0o750 }), /mode 0750/],
  ['key-folder', 'skip', 'no Arc style', host({ styles: ['vm'] }), /not served/],
  ['key-group', 'fail', 'no group', group(undefined), /groupadd --system himds/],
  [
    'key-group',
    'warn',
    'a user outside',
    group({ members: [], hasUser: false, hasProcess: false }),
    /nobody; "app" is not in it.*usermod -aG himds app/,
  ],
  [
    'key-group',
    'warn',
    'a user that is not there',
    group({ members: [], hasUser: undefined, hasProcess: undefined }),
    /there is no user "app".*SupplementaryGroups=himds/,
  ],
  [
    'key-group',
    'warn',
    'an old session',
    group({ members: ['app'], hasUser: true, hasProcess: false }),
    /this session is not/,
  ],
  [
    'key-group',
    'ok',
    'root, in no group',
    { ...group({ members: [], hasUser: false, hasProcess: false }), user: 'root' },
    /root needs no group/,
  ],
  [
    'port',
    'fail',
    'a port of another',
    host({ port: { number: 40342, holders: { value: ['eve'] }, answersAsAgent: false } }),
    /user eve.*ss -ltnp/,
  ],
  [
    'port',
    'ok',
    'a free port',
    host({ port: { number: 40342, holders: { value: [] }, answersAsAgent: false } }),
    /free/,
  ],
  ['marker', 'warn', 'no marker', host({ marker: 'missing' }), /landfast install/],
  ['marker', 'fail', 'the real agent', host({ marker: 'other' }), /Azure Connected Machine agent/],
  [
    'variables',
    'warn',
    'no variables',
    host({ variables: { missing: ['/etc/environment'], competing: [] } }),
    /\/etc\/environment/,
  ],
  [
    'variables',
    'warn',
    'variables that lead elsewhere',
    host({ variables: { missing: [], competing: ['MSI_ENDPOINT'] } }),
    /unset MSI_ENDPOINT/,
  ],
  [
    'unit',
    'warn',
    'no unit',
    host({ unit: { value: { enabled: 'not-found', active: 'inactive' } } }),
    /install the package/,
  ],
  [
    'unit',
    'fail',
    'a failed unit',
    host({ unit: { value: { enabled: 'enabled', active: 'failed' } } }),
    /journalctl/,
  ],
  [
    'unit',
    'fail',
    'a stopped unit',
    host({ unit: { value: { enabled: 'enabled', active: 'inactive' } } }),
    /enable --now/,
  ],
  [
    'unit',
    'ok',
    'a unit that waits for the host to be connected',
    waiting({ value: undefined }, 'enabled'),
    /starts once this host is connected/,
  ],
  [
    'unit',
    'warn',
    'a unit that waits, and would not start at boot',
    waiting({ value: undefined }, 'disabled'),
    /at boot/,
  ],
  [
    'unit',
    'skip',
    'a stopped unit, to a user who cannot see whether the host is connected',
    waiting({ unseen: 'this user may not' }, 'enabled'),
    /this user may not/,
  ],
  [
    'unit',
    'warn',
    'a unit not started at boot',
    host({ unit: { value: { enabled: 'disabled', active: 'active' } } }),
    /at boot/,
  ],
  [
    'agent',
    'fail',
    'an agent that is not ready',
    host({ agent: { address: 'a', answer: { value: { reason: 'the authority is away' } } } }),
    /the authority is away/,
  ],
  [
    'agent',
    'fail',
    'no agent',
    host({ agent: { address: '/a.sock', answer: { value: { error: 'ENOENT' } } } }),
    /"\/a\.sock": ENOENT.*systemctl start/,
  ],
  [
    'agent',
    'fail',
    'an agent that waits for its authority',
    host({ agent: { address: '/a.sock', answer: { value: { error: LATE } } } }),
    /does not say whether it is ready.*wait for an authority/,
  ],
])('%s says %s for %s', (code, status, _, seen, text) => {
  const { status: found, what, cure = '' } = findingOf(code, seen)
  expect([found, `${what}; ${cure}`]).toEqual([status, expect.stringMatching(text)])
  expect(cure !== '').toBe(status === 'warn' || status === 'fail')
})

test('the exit code is that of the first failure, the network before the host', () => {
  const seen = { ...network({ addresses: { value: { error: 'ENOTFOUND' } } }), host: group(undefined).host }
  expect(exitCodeOf(runChecks(seen))).toBe(26)
  expect(exitCodeOf(runChecks(group(undefined)))).toBe(69)
})

test('docs/check.md has every check with its exit code, in their order', () => {
  const page = readFileSync(new URL('../../../../docs/check.md', import.meta.url), 'utf8')
  const rows = Array.from(page.matchAll(/^\| `([a-z-]+)` \| (\d+) \|/gm), ([, code, exit]) => [
    code,
    Number(exit),
  ])
  expect(rows).toEqual(Object.entries(CHECK_EXIT_CODES))
})

const APPLICATION = {
  cloud: 'public',
  tenantId: 't',
  clientId: 'c',
  objectId: undefined,
  certificateEnd: '2026-12-01T00:00:00.000Z',
  nextSince: undefined,
  federatedIdentity: undefined,
  answer: { value: 'token' },
} as const

test.each([
  ['all is well', {}, 'ok', 'gives the application c'],
  ['the certificate ends soon', { certificateEnd: '2026-03-30T00:00:00.000Z' }, 'warn', '2026-03-30'],
  ['the next certificate is not taken yet', { nextSince: '2026-02-28T00:00:00.000Z' }, 'warn', '2026-02-28'],
  [
    'the next certificate is taken',
    { nextSince: '2026-02-28T00:00:00.000Z', answer: { value: 'token by the next certificate' as const } },
    'ok',
    'by its next certificate',
  ],
  ['Entra ID refuses it', { answer: { value: { error: 'AADSTS700016: no' } } }, 'fail', 'AADSTS700016: no'],
  [
    'a user-assigned identity proves it',
    { certificateEnd: undefined, federatedIdentity: '/s', answer: { unseen: 'the agent alone asks' } },
    'ok',
    'the agent alone asks',
  ],
])('of an application in Entra ID the check says that %s', (_, change, status, what) => {
  const [found] = runChecks({ ...WELL, entra: { value: { ...APPLICATION, ...change } } }).filter(
    ({ code }) => code === 'entra',
  )
  expect(found).toMatchObject({ status, what: expect.stringContaining(what) })
})

test('a host with an application alone is not told to connect', () => {
  const alone = { ...WELL, machine: { value: undefined }, entra: { value: APPLICATION } }
  const [machine] = runChecks(alone).filter(({ code }) => code === 'machine')
  expect(machine).toMatchObject({ status: 'ok' })
})
