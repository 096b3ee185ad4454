/** A host as an application of Entra ID, from `connect` to `disconnect`, by real processes against a strict stand-in. */

import { X509Certificate } from 'node:crypto'
import { chmodSync, chownSync, existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import type { EntraOptions } from '../entra/service.ts'
import { APPLICATION } from '../entra/trial-client.ts'
import { testWith } from '../privilege.ts'
import {
  type AgentWork,
  announced,
  proofIn,
  register,
  startStandIn,
  VAULT,
  withEntraAgent,
} from './entra-host.ts'

let command: TestCommand

beforeAll(async () => {
  command = await makeCommand()
})

afterAll(() => command.remove())

async function start(options: Partial<EntraOptions> = {}) {
  const { entra, connectFlags } = await startStandIn(options)
  const state = join(temporaryFolder(), 'state')
  const flags = ['--authority', 'entra', '--state-dir', state]
  return { entra, state, flags, connect: ['connect', ...flags, ...connectFlags] }
}

const run = (args: readonly string[]) => announced(command, args)

const withAgent = (state: string, work: AgentWork) => withEntraAgent(command, state, work)

test('a host becomes an application by a certificate, serves its tokens, and is one no more after disconnect', async () => {
  const { entra, state, flags, connect } = await start()
  const { certificate, commands } = await run(connect)
  expect(statSync(join(state, 'entra.json')).mode & 0o777).toBe(0o600)
  expect(commands.az.at(-1)).toBe(
    `az ad app credential reset --id ${APPLICATION.clientId} --cert '@${commands.az.at(-1)?.match(/@([^']+)/)?.[1]}' --append`,
  )
  expect(commands.graph.join()).toContain(`applications(appId='\\''${APPLICATION.clientId}'\\'')`)
  expect(await command.run(connect)).toMatchObject({ code: 67, stderr: expect.stringContaining('--rotate') })

  const early = await command.run(['check', '--state-dir', state, '--json'])
  expect(early.stdout).toContain('AADSTS700027')
  register(entra, certificate)
  const log = await withAgent(state, async (ask) => {
    expect(await ask()).toMatchObject({ status: 200, body: { resource: VAULT } })
    expect(await ask('https://graph.microsoft.com')).toMatchObject({ status: 200 })
  })
  expect(entra.requests.filter(({ status }) => status === 200)).toHaveLength(2)

  const shown = await command.run(['show', 'Agent Status', 'entraClientId', '--state-dir', state])
  expect(shown.stdout).toBe(`Agent Status    : Connected\nEntra Client ID : ${APPLICATION.clientId}\n`)
  const checked = await command.run(['check', '--state-dir', state, '--json'])
  expect(checked.stdout).toContain('its certificate ends')

  const ended = await command.run(['disconnect', ...flags])
  expect(ended).toMatchObject({
    code: 0,
    stdout: `disconnected from Entra ID: application ${APPLICATION.clientId}\n`,
  })
  expect(ended.stderr).toContain('az ad app credential delete')
  expect(existsSync(join(state, 'entra.json'))).toBe(false)
  expect(await command.run(['disconnect', ...flags])).toMatchObject({ code: 0 })
  const written = [early, shown, checked, ended].map(({ stdout, stderr }) => stdout + stderr).join() + log
  expect(written).not.toContain('PRIVATE KEY')
})

test('a certificate is replaced with overlap: the old one goes on until Entra ID takes the new one', async () => {
  const { entra, state, flags, connect } = await start()
  const old = await run(connect)
  register(entra, old.certificate)
  const young = await run(['connect', ...flags, '--rotate'])
  expect(young.thumbprint).not.toBe(old.thumbprint)
  expect((await run(['connect', ...flags, '--rotate'])).thumbprint).toBe(young.thumbprint)
  await withAgent(state, async (ask) => expect(await ask()).toMatchObject({ status: 200 }))
  expect(proofIn(state)).toMatchObject({
    certificate: old.certificate,
    next: { certificate: young.certificate },
  })
  const told = await command.run(['connect', ...flags, '--rotate'])
  expect(told.stderr).toContain('goes on with the present one')
  register(entra, old.certificate, young.certificate)
  const checked = await command.run(['check', '--state-dir', state, '--json'])
  expect(checked.stdout).toContain('tokens by its next certificate')
  await withAgent(state, async (ask) => expect(await ask()).toMatchObject({ status: 200 }))
  expect(proofIn(state)).toMatchObject({
    certificate: young.certificate,
    former: { certificate: old.certificate },
  })
  register(entra, young.certificate)
  await withAgent(state, async (ask) => expect(await ask()).toMatchObject({ status: 200 }))
  const { stderr } = await command.run(['disconnect', ...flags])
  for (const { certificate } of [old, young]) {
    expect(stderr).toContain(new X509Certificate(certificate).fingerprint.replaceAll(':', ''))
  }
})

test('disconnect of a host that is an application alone asks for no right', async () => {
  const { state, connect } = await start()
  await run(connect)
  const ended = await command.run(['disconnect', '--state-dir', state])
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining(APPLICATION.clientId) })
  expect(existsSync(join(state, 'entra.json'))).toBe(false)
})

test.each([
  ['unregistered', 503, 'AADSTS700027'],
  ['other-application', 503, 'AADSTS700027'],
  ['tenant-disabled', 400, 'AADSTS5000225'],
  ['application-disabled', 400, 'AADSTS7000112'],
  ['5xx', 503, ''],
  ['throttled-json', 429, ''],
  ['throttled-text', 429, ''],
  ['proxy-page', 503, ''],
] as const)('the fault "%s" is answered %i with what to do', async (fault, status, code) => {
  const { entra, state, connect } = await start()
  register(entra, (await run(connect)).certificate)
  entra.setFault(fault)
  await withAgent(state, async (ask) => {
    const answer = await ask()
    expect(answer.status).toBe(status)
    expect(answer.body.message).toContain(code)
    entra.setFault(undefined)
  })
})

test('a wrong clock is corrected by that of Entra ID', async () => {
  const { entra, state, connect } = await start()
  register(entra, (await run(connect)).certificate)
  entra.setFault('clock')
  await withAgent(state, async (ask) => expect(await ask()).toMatchObject({ status: 200 }))
})

test.each([
  ['no tenant', ['--client-id', APPLICATION.clientId], 16, '--tenant-id'],
  ['a tenant by its name', ['--tenant-id', 'contoso.com', '--client-id', APPLICATION.clientId], 23, 'GUID'],
  ['an unknown cloud', [...ids(), '--cloud', 'mars'], 23, 'mars'],
  ['a host without https', [...ids(), '--authority-host', 'http://localhost'], 23, 'https://HOST'],
  ['a host with a path', [...ids(), '--authority-host', 'https://localhost/x'], 23, 'https://HOST'],
  ['an identity that is no ARM id', [...ids(), '--federated-identity', 'cloud'], 23, 'ARM id'],
  ['an identity without a control plane', [...ids(), '--federated-identity', armId()], 23, 'control plane'],
  ['an identity and a new certificate', ['--rotate', '--federated-identity', armId()], 23, 'exclude'],
  ['a new certificate for none', ['--rotate'], 23, 'no application of Entra ID'],
])('%s is refused with what is wrong, and nothing is written', async (_, more, code, what) => {
  const state = join(temporaryFolder(), 'state')
  const refused = await command.run(['connect', '--authority', 'entra', '--state-dir', state, ...more])
  expect(refused.stderr).toContain(what)
  expect(refused.code).toBe(code)
  expect(existsSync(join(state, 'entra.json'))).toBe(false)
})

function ids(): string[] {
  return ['--tenant-id', APPLICATION.tenantId, '--client-id', APPLICATION.clientId]
}

function armId(): string {
  return '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cloud'
}

testWith(['root'], 'root sees the application of an agent that is another user', async () => {
  const { state, connect } = await start()
  await run(connect)
  chmodSync(dirname(state), 0o711)
  for (const name of ['.', ...readdirSync(state)]) chownSync(join(state, name), 65534, 65534)
  const { stdout } = await command.run(['show', '--json', '--state-dir', state])
  expect(JSON.parse(stdout)).toMatchObject({ entraClientId: APPLICATION.clientId, status: 'Connected' })
})
