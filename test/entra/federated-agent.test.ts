/** A machine of our control plane that proves itself at the stand-in by the token of a user-assigned identity. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAgent } from '@landfast/agent'
import { openEntraApplication } from '@landfast/agent/entra'
import { openMembership } from '@landfast/agent/upstream'
import { expect, onTestFinished, test } from 'vitest'
import { exchange, get } from '../agent/raw-http.ts'
import { logTo, SECRET } from '../agent/running-agent.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { startSite, type TestSite } from '../connect/connected-site.ts'
import { connectMachine } from '../connect/machine.ts'
import { type Entra, startEntra } from './server.ts'
import { APPLICATION } from './trial-client.ts'

const VAULT = 'https://vault.azure.net'
const STORAGE = 'https://storage.azure.com'
const AUDIENCE = 'api://AzureADTokenExchange'

interface FederatedMachine {
  site: TestSite
  entra: Entra
  /** What "landfast trust entra" tells the administrator there. */
  credential: { issuer: string; subject: string; audience: string }
  ask(resource: string): Promise<{ status: number; body: Record<string, unknown> }>
  rotate(urgency: 'planned' | 'compromised'): Promise<void>
}

async function start(): Promise<FederatedMachine> {
  const site = await startSite()
  const folder = await connectMachine(site, 'web')
  const logged: string[] = []
  const now = () => site.clock.now().getTime()
  const membership = await openMembership({
    folder,
    now,
    hostName: () => 'host-a',
    random: () => 0,
    log: logTo(logged),
  })
  const { resourceId, tenantId } = membership.identity
  const id = `${resourceId.split('/providers/')[0]}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cloud`
  const made = await site.client.call('PUT', id, { apiVersion: '2023-01-31', body: { location: 'cellar' } })
  const identity = { type: 'SystemAssigned, UserAssigned', userAssignedIdentities: { [id]: {} } }
  await site.client.call('PATCH', resourceId, { apiVersion: '2024-07-10', body: { identity } })
  await membership.look()
  const { principalId = '' } = made.body.properties as Record<string, string>
  const credential = { issuer: `${site.url}/${tenantId}/`, subject: principalId, audience: AUDIENCE }
  const entra = await startEntra({
    clock: now,
    application: APPLICATION,
    credentials: { federated: [credential] },
    issuerCa: readFileSync(site.caFile, 'utf8'),
  })
  onTestFinished(() => entra.stop())
  const plane = {
    source: membership.source,
    tenantId,
    identities: () => membership.identities,
    look: () => membership.look(),
  }
  const registration = {
    ...{ cloud: 'public' as const, authorityHost: entra.authorityHost, ca: entra.ca },
    ...{ tenantId: APPLICATION.tenantId, clientId: APPLICATION.clientId },
    proof: { kind: 'federation' as const, identity: id },
  }
  const agent = createAgent({
    endpoints: [{ style: 'app-service', secret: SECRET }],
    identity: membership.identity,
    source: membership.source,
    membership,
    entra: {
      ...openEntraApplication({ folder, registration, plane, now }),
      isControlPlaneAudience: () => false,
    },
    admin: { socket: join(temporaryFolder(), 'agent.sock') },
    clock: { now, monotonic: now },
    log: logTo(logged),
  })
  onTestFinished(() => agent.stop())
  await agent.start()
  const port = Number(new URL(agent.locations[0]?.url ?? '').port)
  return {
    ...{ site, entra, credential },
    ask: async (resource) => {
      const target = `/msi/token?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`
      const asked = get(target, 'Host: 127.0.0.1', `X-IDENTITY-HEADER: ${SECRET}`)
      const { status, body } = await exchange({ port }, asked)
      return { status, body: JSON.parse(body) }
    },
    rotate: async (urgency) => {
      const client = await site.newClient()
      await client.call('POST', '/landfast/v1/signing-keys/rotate', { body: { urgency } })
    },
  }
}

function answersOf(entra: Entra): unknown[] {
  return entra.requests.map(({ code, status }) => code ?? status)
}

test('a federated credential with another issuer, subject or audience is told as such', async () => {
  const { ask, entra, credential } = await start()
  const changes = [
    [{ issuer: credential.issuer.replace(/\/$/, '') }, 700211, /each character/],
    [{ subject: '00000000-0000-0000-0000-000000000000' }, 700213, /object id/],
    [{ audience: `${AUDIENCE}USGov` }, 700212, /audience/],
  ] as const
  for (const [change, code, sentence] of changes) {
    entra.setCredentials({ federated: [{ ...credential, ...change }] })
    const { status, body } = await ask(VAULT)
    expect([status, answersOf(entra).at(-1)]).toEqual([400, code])
    expect(body.error_description).toMatch(sentence)
  }
  entra.setCredentials({ federated: [credential] })
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
})

test('a planned rotation of our keys goes unnoticed by an Entra ID that keeps them for an hour', async () => {
  const { ask, entra, site, rotate } = await start()
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
  await rotate('planned')
  for (const hours of [23.5, 0.75, 24]) {
    site.clock.advance(hours * 3600)
    expect(await ask(`api://after-${hours}`)).toMatchObject({ status: 200 })
  }
  const [before, , after] = entra.requests.map(({ header }) => header.kid)
  expect(after).not.toBe(before)
})

test('after a key was withdrawn Entra ID takes the next one within an hour, and no token is thrown away meanwhile', async () => {
  const { ask, entra, site, rotate } = await start()
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
  await rotate('compromised')
  expect(await ask(STORAGE)).toMatchObject({ status: 503 })
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
  expect(answersOf(entra)).toEqual([200, 7000272])
  site.clock.advance(3600)
  expect(await ask(STORAGE)).toMatchObject({ status: 200 })
})
