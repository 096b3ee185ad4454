/**
 * A machine that is an application of Entra ID by a user-assigned identity of its control plane: a real control plane and
 * the strict stand-in, which reads the control plane's keys as Entra ID would.
 */

import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { createAgent } from '@landfast/agent'
import { openEntraApplication } from '@landfast/agent/entra'
import type { Membership } from '@landfast/agent/upstream'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { makeCommand } from '../cli/command.ts'
import { startEntra } from '../entra/server.ts'
import { APPLICATION } from '../entra/trial-client.ts'
import { startSite, type TestSite } from './connected-site.ts'
import { connectMachine, giveIdentity, openMachine } from './machine.ts'

const SECRET = 'a-secret-of-thirty-two-characters'
const AUDIENCE = 'api://AzureADTokenExchange'
const VAULT = 'https://vault.azure.net'

/** A machine with the identity "cloud". */
async function machineWithIdentity(site: TestSite) {
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  const { resourceId } = machine.membership.identity
  return { folder, machine, resourceId, ...(await giveIdentity(site, machine, 'cloud')) }
}

async function issuerOf(site: TestSite): Promise<string> {
  const { authority } = JSON.parse(readFileSync(join(site.folder, 'web', 'registration.json'), 'utf8'))
  const { createHttpsClient } = await import('@landfast/agent/upstream')
  const client = createHttpsClient(readFileSync(site.caFile, 'utf8'))
  const url = `${authority}/.well-known/openid-configuration`
  const { body } = await client.send(url, { signal: AbortSignal.timeout(60_000) })
  client.close()
  return String(body?.issuer)
}

async function start() {
  const site = await startSite()
  const known = await machineWithIdentity(site)
  const { folder, machine, identity } = known
  const { membership } = machine
  const trust = { issuer: await issuerOf(site), subject: identity.principalId, audience: AUDIENCE }
  const entra = await startEntra({
    application: APPLICATION,
    credentials: { federated: [trust] },
    issuerCa: readFileSync(site.caFile, 'utf8'),
    clock: () => site.clock.now().getTime(),
  })
  onTestFinished(() => entra.stop())
  const application = openEntraApplication({
    folder,
    registration: {
      ...{ cloud: 'public', authorityHost: entra.authorityHost, ca: entra.ca },
      ...{ tenantId: APPLICATION.tenantId, clientId: APPLICATION.clientId },
      proof: { kind: 'federation', identity: identity.resourceId },
    },
    plane: {
      source: membership.source,
      tenantId: membership.identity.tenantId,
      identities: () => membership.identities,
      look: () => membership.look(),
    },
    now: () => site.clock.now().getTime(),
  })
  const ask = await serve(membership, application)
  return { ...known, site, entra, trust, ask }
}

async function serve(membership: Membership, application: ReturnType<typeof openEntraApplication>) {
  const agent = createAgent({
    endpoints: [{ style: 'app-service', secret: SECRET }],
    ...{ identity: membership.identity, source: membership.source, membership },
    entra: { ...application, isControlPlaneAudience: (audience) => audience === 'api://ours' },
  })
  onTestFinished(() => agent.stop())
  await agent.start()
  const url = agent.locations[0]?.url ?? ''
  return (audience: string): Promise<{ status: number; body: Record<string, string> }> => {
    const target = `${url}?api-version=2019-08-01&resource=${encodeURIComponent(audience)}`
    return new Promise((resolve, reject) => {
      request(target, { agent: false, headers: { 'X-IDENTITY-HEADER': SECRET } }, async (response) => {
        const body = (await json(response)) as Record<string, string>
        resolve({ status: response.statusCode ?? 0, body })
      })
        .on('error', reject)
        .end()
    })
  }
}

test('one federated credential for the identity gives the machine the tokens of the application, with no key there', async () => {
  const { ask, entra, identity } = await start()
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
  const [first] = entra.requests
  expect(first?.claims).toMatchObject({ aud: AUDIENCE, sub: identity.principalId })
  expect(await ask('https://graph.microsoft.com')).toMatchObject({ status: 200 })
  const [, second] = entra.requests
  expect(second?.form.client_assertion).not.toBe(first?.form.client_assertion)
})

test.each([
  ['federation-missing', 503, 'AADSTS70025'],
  ['federation-new', 503, 'AADSTS70021'],
  ['federation-case', 400, 'AADSTS7002138'],
  ['issuer-unreachable', 503, 'AADSTS'],
  ['issuer-stale', 503, 'AADSTS'],
] as const)('the fault "%s" is answered %i, with what to do', async (fault, status, code) => {
  const { ask, entra } = await start()
  entra.setFault(fault)
  const answer = await ask(VAULT)
  expect([answer.status, answer.body.message]).toEqual([status, expect.stringContaining(code)])
})

test('a machine that is disabled gets nothing of either authority, and gets it again once it is enabled', async () => {
  const { ask, site, machine, resourceId } = await start()
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
  await site.client.call('POST', '/landfast/v1/machines/disable', { body: { resourceId } })
  await machine.membership.look()
  const refused = await ask(VAULT)
  expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining('disabled') } })
  await site.client.call('POST', '/landfast/v1/machines/enable', { body: { resourceId } })
  await machine.membership.look()
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
})

test('an identity that is taken away takes the tokens of the application with it', async () => {
  const { ask, assign, id, machine } = await start()
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
  await assign({ [id]: null })
  await machine.membership.look()
  const refused = await ask(VAULT)
  expect(refused).toMatchObject({ status: 400, body: { message: expect.stringContaining('does not have') } })
})

let command: Awaited<ReturnType<typeof makeCommand>>

beforeAll(async () => {
  command = await makeCommand()
  return () => command.remove()
})

test('connect prints the federated credential that serves every machine with the identity', async () => {
  const site = await startSite()
  const { machine, folder, identity } = await machineWithIdentity(site)
  await machine.membership.stop()
  const { tenantId, clientId } = APPLICATION
  const connected = await command.run([
    ...['connect', '--authority', 'entra', '--state-dir', folder, '--json'],
    ...['--tenant-id', tenantId, '--client-id', clientId, '--cloud', 'AzureUSGovernment'],
    ...[
      '--federated-identity',
      identity.resourceId.toUpperCase().replace('/SUBSCRIPTIONS', '/subscriptions'),
    ],
  ])
  expect(connected).toMatchObject({ code: 0 })
  const { commands } = JSON.parse(connected.stdout)
  const [, parameters = ''] = /--parameters '(.*)'$/.exec(commands.az.at(-1)) ?? []
  expect(JSON.parse(parameters)).toEqual({
    name: 'landfast-cloud',
    issuer: await issuerOf(site),
    subject: identity.principalId,
    audiences: ['api://AzureADTokenExchangeUSGov'],
  })
  expect(JSON.parse(readFileSync(join(folder, 'entra.json'), 'utf8'))).toMatchObject({
    cloud: 'usgov',
    proof: { kind: 'federation', identity: identity.resourceId },
  })
  const ended = await command.run(['disconnect', '--authority', 'entra', '--state-dir', folder])
  expect(ended.stderr).toContain(`az ad app federated-credential list --id ${clientId}`)
})

test('an application by certificate stays one when the host is connected to a control plane, and when it is disconnected', async () => {
  const site = await startSite()
  const state = join(site.folder, 'state')
  const { tenantId, clientId } = APPLICATION
  const place = ['--state-dir', state]
  const asked = [
    'connect',
    '--authority',
    'entra',
    '--tenant-id',
    tenantId,
    '--client-id',
    clientId,
    ...place,
  ]
  expect(await command.run(asked)).toMatchObject({ code: 0 })
  const token = await site.joinToken()
  const joined = await command.run(['connect', '--join-token-file', '-', '-n', 'web', ...place], {
    input: token,
  })
  expect(joined).toMatchObject({ code: 0 })
  const shown = await command.run(['show', '--json', ...place])
  expect(JSON.parse(shown.stdout)).toMatchObject({ entraClientId: clientId, resourceName: 'web' })
  const machineOnly = ['disconnect', '--authority', 'control-plane', '--force-local-only', ...place]
  expect(await command.run(machineOnly)).toMatchObject({ code: 0 })
  const left = JSON.parse((await command.run(['show', '--json', ...place])).stdout)
  expect(left).toMatchObject({ entraClientId: clientId, resourceName: '', status: 'Connected' })
})
