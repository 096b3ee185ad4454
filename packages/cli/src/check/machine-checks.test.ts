import { expect, test } from 'vitest'
import { type Case, expectFinding, tls, WELL } from '../../../../test/connect/well-host.ts'
import { runChecks } from './checks.ts'
import type { Surroundings } from './surroundings.ts'

const machine = (status: object): Surroundings => {
  const known = 'value' in WELL.machine ? WELL.machine.value : undefined
  if (!known) throw new TypeError('a machine that is well is known')
  return { ...WELL, machine: { value: { ...known, status: { ...known.status, ...status } } } }
}

test.each<Case>([
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
    {
      ...machine({ certificateEnd: '2026-02-01T00:00:00Z' }),
      network: tls({ serverTime: new Date('2026-01-01T00:00:00Z') }).network,
    },
    /not by that of the control plane.*timedatectl/,
  ],
  [
    'certificate',
    'warn',
    'a late renewal',
    machine({ certificateEnd: '2026-03-20T00:00:00Z' }),
    /renews it by itself/,
  ],
])('%s says %s of %s', (...one) => expectFinding(one))

const APPLICATION = {
  cloud: 'public',
  tenantId: 't',
  clientId: 'c',
  objectId: undefined,
  certificateEnd: '2026-12-01T00:00:00.000Z',
  certificateFrom: 'self-signed',
  nextSince: undefined,
  federatedIdentity: undefined,
  answer: { value: 'token' },
} as const

test.each([
  ['all is well', {}, 'ok', 'gives the application c'],
  [
    'the control plane has signed',
    { certificateFrom: 'control-plane' as const },
    'ok',
    'of the control plane',
  ],
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
    {
      certificateEnd: undefined,
      certificateFrom: undefined,
      federatedIdentity: '/s',
      answer: { unseen: 'the agent alone asks' },
    },
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
