/**
 * A machine of a control plane that is an application of Entra ID by a certificate of the control plane's CA: real commands,
 * a real control plane, and the strict stand-in.
 */

import { createPublicKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findRegistration } from '@landfast/agent'
import { certifyForEntra, newMachineKey, publishMachine } from '@landfast/agent/upstream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { makeCommand, OTHER_USER, type TestCommand } from '../cli/command.ts'
import { APPLICATION } from '../entra/trial-client.ts'
import { kept, startSite, type TestSite } from './connected-site.ts'
import { announced, proofIn, register, startStandIn, withEntraAgent } from './entra-host.ts'
import { connectMachine, copyOf, openMachine } from './machine.ts'

let command: TestCommand

beforeAll(async () => {
  command = await makeCommand()
})

afterAll(() => command.remove())

async function start() {
  const site = await startSite()
  const state = await connectMachine(site, 'web')
  const { entra, connectFlags } = await startStandIn()
  const flags = ['--authority', 'entra', '--state-dir', state]
  const connect = ['connect', ...flags, ...connectFlags, '--certificate-from', 'control-plane']
  const rotate = ['connect', ...flags, '--rotate']
  const serves = () =>
    withEntraAgent(command, state, async (ask) => expect(await ask()).toMatchObject({ status: 200 }))
  return { site, state, entra, flags, connect, rotate, serves }
}

function isOf({ caFile }: TestSite, certificate: string): boolean {
  const { publicKey } = new X509Certificate(readFileSync(caFile))
  return new X509Certificate(certificate).verify(publicKey)
}

/** What the audit trail of the control plane has of such certificates. */
async function audited({ client }: TestSite): Promise<Record<string, unknown>[]> {
  const entries = await client.list('/landfast/v1/audit?action=certify-entra')
  return entries as Record<string, unknown>[]
}

test('a machine is an application by a certificate of its control plane, and says so until it is none', async () => {
  const { site, state, entra, flags, connect, serves } = await start()
  const { certificate, certificateFrom, commands } = await announced(command, connect)
  expect([certificateFrom, isOf(site, certificate)]).toEqual(['control-plane', true])
  expect(commands.az.at(-1)).toContain('az ad app credential reset')
  const { clientId } = (kept(state, 'registration.json') as { identity: { clientId: string } }).identity
  expect(new X509Certificate(certificate).subject).toBe(
    `O=Landfast\nCN=${clientId}\nOU=Entra ${APPLICATION.clientId}`,
  )
  expect(await audited(site)).toMatchObject([{ outcome: 'done', clientId, audience: APPLICATION.clientId }])

  register(entra, certificate)
  await serves()
  const taken = entra.requests.filter(({ status }) => status === 200)
  expect(taken.map(({ header }) => Object.keys(header).sort())).toEqual([['alg', 'typ', 'x5t#S256']])

  const shown = await command.run(['show', 'entraCertificateFrom', '--state-dir', state])
  expect(shown.stdout).toBe('Entra Certificate From : control-plane\n')
  const checked = await command.run(['check', '--state-dir', state, '--json'])
  expect(checked.stdout).toContain('its certificate is of the control plane and ends')
  const ended = await command.run(['disconnect', ...flags])
  expect(ended.stderr).toContain('does not revoke')
  const written = [shown, checked, ended].map(({ stdout, stderr }) => stdout + stderr).join()
  expect(written).not.toContain('PRIVATE KEY')
})

test('the next certificate is of the same issuer, with overlap, and of another one where a flag says so', async () => {
  const { site, state, entra, connect, rotate, serves } = await start()
  const old = await announced(command, connect)
  register(entra, old.certificate)
  const young = await announced(command, rotate)
  expect([young.certificateFrom, isOf(site, young.certificate)]).toEqual(['control-plane', true])
  expect((await announced(command, rotate)).thumbprint).toBe(young.thumbprint)
  await serves()
  expect(proofIn(state)).toMatchObject({
    certificate: old.certificate,
    next: { certificate: young.certificate },
  })
  register(entra, young.certificate)
  await serves()
  expect(proofIn(state)).toMatchObject({
    ...{ certificate: young.certificate, issuer: 'control-plane' },
    former: { certificate: old.certificate, issuer: 'control-plane' },
  })
  const own = await announced(command, [...rotate, '--certificate-from', 'self-signed'])
  expect([own.certificateFrom, isOf(site, own.certificate)]).toEqual(['self-signed', false])
  const again = await announced(command, [...rotate, '--certificate-from', 'control-plane'])
  expect(proofIn(state)).toMatchObject({
    certificate: young.certificate,
    next: { certificate: again.certificate, issuer: 'control-plane' },
  })
  expect(await audited(site)).toHaveLength(3)
})

test('a user who may not enter the state folder sees the application too', async () => {
  const { state, connect } = await start()
  await announced(command, connect)
  const file = join(command.folder, 'public', 'machine.json')
  const status = { certificateEnd: '2100-01-01T00:00:00.000Z', lastHeartbeat: undefined, refusal: undefined }
  const registration = await findRegistration(state)
  if (!registration) throw new TypeError('the machine is registered')
  await publishMachine(registration, status, { file, folder: state })
  const asked = ['show', 'entraClientId', 'entraCertificateFrom', '--json', '--state-dir', state]
  const shown = await command.run(asked, {
    env: { LANDFAST_PUBLIC_FILE: file },
    prefix: process.getuid?.() === 0 ? ['setpriv', ...OTHER_USER] : [],
  })
  expect({ ...shown }).toMatchObject({ code: 0 })
  const { clientId: entraClientId } = APPLICATION
  expect(JSON.parse(shown.stdout)).toEqual({ entraClientId, entraCertificateFrom: 'control-plane' })
})

/** The command fails so, and what the machine had is as it was, and serves. */
async function expectUnchanged(
  { state, rotate, serves }: Awaited<ReturnType<typeof start>>,
  code: number,
  ...texts: string[]
): Promise<void> {
  const before = readFileSync(join(state, 'entra.json'), 'utf8')
  const failed = await command.run(rotate)
  for (const text of [...texts, 'stays so']) expect(failed.stderr).toContain(text)
  expect([failed.code, failed.stdout]).toEqual([code, ''])
  expect(readFileSync(join(state, 'entra.json'), 'utf8')).toBe(before)
  await serves()
}

test('while the control plane cannot be reached there is no next certificate, and the present one goes on', async () => {
  const host = await start()
  register(host.entra, (await announced(command, host.connect)).certificate)
  await host.site.stop()
  await expectUnchanged(host, 26, 'see whether the control plane runs')
})

test('a machine that is disabled gets none, and one that is enabled again does', async () => {
  const host = await start()
  const { site, state } = host
  register(host.entra, (await announced(command, host.connect)).certificate)
  const { identity } = kept(state, 'registration.json') as { identity: { resourceId: string } }
  const { resourceId } = identity
  await site.client.call('POST', '/landfast/v1/machines/disable', { body: { resourceId } })
  const before = readFileSync(join(state, 'entra.json'), 'utf8')
  const refused = await command.run(host.rotate)
  expect([refused.code, refused.stdout]).toEqual([62, ''])
  for (const text of ['the machine is disabled', 'landfast machine enable', 'stays so']) {
    expect(refused.stderr).toContain(text)
  }
  expect(readFileSync(join(state, 'entra.json'), 'utf8')).toBe(before)
  await site.client.call('POST', '/landfast/v1/machines/enable', { body: { resourceId } })
  expect((await announced(command, host.rotate)).certificateFrom).toBe('control-plane')
  // The clock of the control plane stands still, so they have no order.
  const outcomes = (await audited(site)).map(({ outcome, code = '' }) => `${outcome} ${code}`)
  expect(outcomes.sort()).toEqual(['done ', 'done ', 'refused MachineDisabled'])
})

test('a machine that leaves its control plane keeps the application, and is told where the next certificate is from', async () => {
  const host = await start()
  register(host.entra, (await announced(command, host.connect)).certificate)
  const left = await command.run([
    ...['disconnect', '--authority', 'control-plane', '--force-local-only', '--state-dir', host.state],
  ])
  expect(left).toMatchObject({ code: 0, stderr: expect.stringContaining('--certificate-from self-signed') })
  await expectRefused(host.rotate, 'connected to none')
  await host.serves()
  const own = await announced(command, [...host.rotate, '--certificate-from', 'self-signed'])
  expect(own.certificateFrom).toBe('self-signed')
})

async function expectRefused(args: readonly string[], text: string): Promise<void> {
  const refused = await command.run(args)
  expect([refused.code, refused.stdout]).toEqual([23, ''])
  expect(refused.stderr).toContain(text)
}

test.each([
  ['without a control plane', ['--certificate-from', 'control-plane'], 'landfast connect --join-token-file'],
  ['by an unknown issuer', ['--certificate-from', 'mars'], 'Allowed choices are self-signed, control-plane'],
  [
    'beside an identity',
    [
      ...['--certificate-from', 'control-plane', '--federated-identity'],
      '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cloud',
    ],
    'exclude',
  ],
])('a certificate %s is refused with what to do, and nothing is written', async (_, more, text) => {
  const state = join(temporaryFolder(), 'state')
  const { connectFlags } = await startStandIn()
  await expectRefused(
    ['connect', '--authority', 'entra', '--state-dir', state, ...connectFlags, ...more],
    text,
  )
  expect(existsSync(join(state, 'entra.json'))).toBe(false)
})

/** Asks for a certificate as the command does, at the moment of the control plane. */
async function certify({ clock }: TestSite, folder: string): Promise<string> {
  const privateKey = await newMachineKey()
  const asked = { folder, applicationId: APPLICATION.clientId, privateKey }
  const now = () => clock.now().getTime()
  const certificate = await certifyForEntra({ ...asked, now, signal: AbortSignal.timeout(60_000) })
  expect(new X509Certificate(certificate).publicKey.equals(createPublicKey(privateKey))).toBe(true)
  return certificate
}

const NEXT = 'next-key.json'

test('the key that is to follow counts where it has replaced the present one, and is no hindrance where it has not', async () => {
  const site = await startSite()
  const folder = await connectMachine(site, 'web')
  const former = copyOf(folder, 'former')
  const other = await connectMachine(site, 'other')
  const { privateKey, certificate } = kept(other, 'registration.json')
  writeFileSync(join(folder, NEXT), JSON.stringify({ privateKey, certificate }), { mode: 0o600 })
  await certify(site, folder)
  expect(kept(folder, NEXT)).toEqual({ privateKey, certificate })

  writeFileSync(join(folder, NEXT), JSON.stringify({ privateKey: await newMachineKey() }), { mode: 0o600 })
  site.clock.advance(46 * 86_400)
  const machine = await openMachine(site, folder)
  await machine.round()
  const young = kept(folder, 'registration.json')
  await expect(certify(site, former)).rejects.toMatchObject({ code: 'KeyRetired' })
  writeFileSync(
    join(former, NEXT),
    JSON.stringify({ privateKey: young.privateKey, certificate: young.certificate }),
    { mode: 0o600 },
  )
  expect(isOf(site, await certify(site, former))).toBe(true)
})
