import { test } from 'vitest'
import {
  type Case,
  expectFinding,
  FOLDER,
  group,
  host,
  PLACE,
  WELL,
} from '../../../../test/connect/well-host.ts'
import { LATE } from './deadline.ts'
import type { Surroundings, WorkloadPlaceSeen } from './surroundings.ts'

const folder = (changes: Partial<typeof FOLDER> | { openBecause: string }): Surroundings =>
  host({ keyFolder: { path: '/k', folder: { value: { ...FOLDER, ...changes } } } })

const workloads = (...places: Partial<WorkloadPlaceSeen>[]): Surroundings =>
  host({
    workloads: { agentUser: 'himds', places: places.map((changes) => ({ ...PLACE, ...changes })) },
  })

function awsWith(endsWithBreak: { value: boolean } | { unseen: string }): Surroundings['host']['aws'] {
  const { aws } = WELL.host
  return aws && { ...aws, secret: { file: '/etc/landfast/identity-header', endsWithBreak } }
}

const waiting = (known: Surroundings['machine'], enabled: string): Surroundings => ({
  ...host({ unit: { value: { enabled, active: 'inactive' } } }),
  machine: known,
})

test.each<Case>([
  ['workloads', 'skip', 'no address for containers', workloads(), /"workload-listen" is not set/],
  [
    'aws',
    'ok',
    'the style',
    WELL,
    /credentials of "arn:aws:iam::1:role\/shop" for the identity of the machine/,
  ],
  ['aws', 'skip', 'a host without the style', host({ aws: undefined }), /not served/],
  [
    'aws',
    'warn',
    'a secret that ends with a line break',
    host({ aws: awsWith({ value: true }) }),
    /line break.*truncate -s -1 \/etc\/landfast\/identity-header/,
  ],
  [
    'aws',
    'skip',
    'a secret that this user may not read',
    host({ aws: awsWith({ unseen: 'EACCES' }) }),
    /EACCES/,
  ],
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
    /has no members; "app" is not in it.*usermod -aG himds app/,
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
])('%s says %s of %s', (...one) => expectFinding(one))
