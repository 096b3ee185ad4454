import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startAuthority } from '../../../../test/agent/authority.ts'
import { AGENT_SETTINGS } from '../settings/agent-settings.ts'
import { parseSettings } from '../settings/settings-table.ts'
import { nameOfUser } from './account-looks.ts'
import { withinDeadline } from './deadline.ts'
import { listenersIn } from './port-look.ts'
import { runProgram } from './program-run.ts'
import { lookAtTls } from './tls-look.ts'
import { lookAtWorkloads } from './workload-look.ts'

const NOBODY_TRUSTED = { ca: undefined, usesSystemCa: false }

test('a look that never answers ends as late, whether it hears its signal or not', async () => {
  const looks = [
    () => new Promise<string>(() => {}),
    (signal: AbortSignal) =>
      new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(new Error('x')))),
  ]
  for (const look of looks) {
    expect(await withinDeadline(look, { late: 'late', failed: () => 'failed', milliseconds: 1 })).toBe('late')
  }
})

test('the error of a look is made something of', async () => {
  const look = async () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))
  expect(await withinDeadline(look, { late: 'late', failed: ({ code }) => `${code}` })).toBe('ENOTFOUND')
})

test('a server’s certificate is shown, with whether it is believed and which file has its CA', async () => {
  const { registration } = await startAuthority()
  const { origin } = new URL(registration.authority)
  const folder = mkdtempSync(join(tmpdir(), 'check-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [other, right] = [join(folder, 'other.pem'), join(folder, 'right.pem')]
  writeFileSync(other, 'none')
  writeFileSync(right, registration.ca ?? '')
  const signal = AbortSignal.timeout(30_000)
  const candidates = [join(folder, 'missing.pem'), other, right]
  const distrusted = await lookAtTls(origin, {
    trust: NOBODY_TRUSTED,
    candidates,
    choice: { proxy: undefined, reason: 'none' },
    signal,
  })
  expect(distrusted).toMatchObject({
    helpfulFile: right,
    distrust: expect.stringMatching(/SELF_SIGNED|VERIFY|ISSUER/),
  })
  expect(distrusted).toMatchObject({ serverTime: expect.any(Date) })
  const trust = { ca: registration.ca, usesSystemCa: false }
  const trusted = await lookAtTls(origin, {
    trust,
    candidates,
    choice: { proxy: undefined, reason: 'none' },
    signal,
  })
  expect(trusted).toMatchObject({ distrust: undefined, helpfulFile: undefined })
  expect('chain' in trusted && trusted.chain[0]?.names.length).toBeGreaterThan(0)
})

test('listeners are those of the port at loopback or every address, in both families', () => {
  const row = (local: string, state: string, user: number) =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${user}        0 1 1 x`
  const table = [
    '  sl  local_address rem_address   st',
    row('0100007F:9D96', '0A', 11),
    row('00000000:9D96', '0A', 12),
    row('0100007F:9D97', '0A', 13),
    row('0100007F:9D96', '01', 14),
    row('0200000A:9D96', '0A', 15),
    row('00000000000000000000000001000000:9D96', '0A', 16),
    row('00000000000000000000000000000000:9D96', '0A', 17),
    row('0000000000000000FFFF00000100007F:9D96', '0A', 18),
  ].join('\n')
  expect(listenersIn(table, 40342)).toEqual([11, 12, 16, 17, 18])
  expect(listenersIn(table, 40342, ['10.0.0.2'])).toEqual([12, 15, 17])
})

test('an address of IPv6 is found as the kernel prints it', () => {
  const row = '0: 000000FD000000000000000001000000:9D97 0:0 0A 0:0 00:0 0  21 0 1'
  expect(listenersIn(row, 40343, ['fd00::1'])).toEqual([21])
  expect(listenersIn(row, 40343, ['fd00::2'])).toEqual([])
})

test('addresses for containers are seen with who listens there, and one that the host lacks as missing', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const settings = parseSettings(AGENT_SETTINGS)
  const seen = await lookAtWorkloads({
    ...settings,
    'workload-listen': [
      { address: '127.0.0.1', port },
      { address: 'fd00:6c61::1', port },
    ],
  })
  const [here, missing] = seen.places
  expect(here).toMatchObject({
    isHere: true,
    holders: { value: [await nameOfUser(process.geteuid?.() ?? 0)] },
  })
  expect(missing).toMatchObject({ isHere: false, holders: { value: [] } })
})

test('a program that is not there, or does not end, is told by its missing code', async () => {
  expect(await runProgram('landfast-no-such-program', [])).toEqual({ code: undefined, output: '' })
  expect(await runProgram('sleep', ['60'], 1)).toMatchObject({ code: undefined })
  expect(await runProgram('sh', ['-c', 'echo x; exit 3'])).toEqual({ code: 3, output: 'x\n' })
})
