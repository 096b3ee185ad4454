/** An agent with two authorities: which identity answers whom, and what ends it. */

import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { addWorkload, digestOf, workloadFolder } from '@landfast/agent'
import { type AssignedIdentity, type EndpointLocation, endpointVariables } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import { APPLICATION, FakeSource, IDENTITY } from './fake-source.ts'
import { exchange, get } from './raw-http.ts'
import { type Changes, presentKey, SECRET, startAgent, TOKEN_TARGET, takeKey } from './running-agent.ts'
import { temporaryFolder } from './temporary-folder.ts'

const GUID = '0b8f1c1e-6a0e-4f0a-9d0c-0000000000'
const VAULT = 'https://vault.azure.net'
const OURS = 'api://ours'
const EXCHANGE = 'api://AzureADTokenExchange'

const CLOUD: AssignedIdentity = {
  clientId: `${GUID}c1`,
  principalId: `${GUID}c2`,
  resourceId:
    '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cloud',
}

/** A membership that a test refuses, and whose identities it takes away. */
function membershipOf() {
  let events: { onIdentities: (identities: readonly AssignedIdentity[]) => void } | undefined
  const membership = {
    identities: [CLOUD],
    status: { status: 'Connected' as const },
    refusal: undefined as { message: string } | undefined,
    refusalNow: async () => membership.refusal,
    start: (told: NonNullable<typeof events>) => {
      events = told
    },
    stop: async () => {},
    tell: (identities: AssignedIdentity[]) => {
      membership.identities = identities
      events?.onIdentities(identities)
    },
  }
  return membership
}

async function start(changes: Changes & { isFederated?: boolean } = {}) {
  const { isFederated = false, ...others } = changes
  const atEntra = new FakeSource()
  const membership = membershipOf()
  const running = await startAgent({
    membership,
    entra: {
      identity: APPLICATION,
      source: atEntra,
      isControlPlaneAudience: (audience) => audience === OURS,
      exchange: isFederated ? { audience: EXCHANGE, resourceId: CLOUD.resourceId } : undefined,
    },
    ...others,
  })
  const ask = async (audience: string, more = '') => {
    const target = `/msi/token?api-version=2019-08-01&resource=${encodeURIComponent(audience)}${more}`
    const { status, body } = await exchange(
      running.appService,
      get(target, 'Host: 127.0.0.1', `X-IDENTITY-HEADER: ${SECRET}`),
    )
    return { status, body: JSON.parse(body) }
  }
  return { ...running, atEntra, membership, ask }
}

test('a request that selects nothing is answered by the authority of its audience, in every style', async () => {
  const { ask, arc, atEntra, source } = await start()
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
  expect((await presentKey(arc, await takeKey(arc), TOKEN_TARGET)).status).toBe(200)
  expect(await ask(OURS)).toMatchObject({ status: 200 })
  expect(atEntra.asked.map(({ audience }) => audience)).toEqual([VAULT])
  expect(source.asked.map(({ identity, audience }) => [identity, audience])).toEqual([[IDENTITY, OURS]])
})

test('in the style azure-ml, whose clients always send a client id, the authority is that of the audience as well', async () => {
  const { agent, atEntra, source } = await start({ endpoints: [{ style: 'azure-ml', secret: SECRET }] })
  const variables = endpointVariables(agent.locations[0] as EndpointLocation)
  expect(variables).toHaveProperty('DEFAULT_IDENTITY_CLIENT_ID')
  for (const audience of [VAULT, OURS]) {
    const more = { resource: audience, clientid: variables.DEFAULT_IDENTITY_CLIENT_ID ?? '' }
    const query = new URLSearchParams({ 'api-version': '2017-09-01', ...more })
    const { status } = await fetch(`${variables.MSI_ENDPOINT}?${query}`, { headers: { secret: SECRET } })
    expect(status).toBe(200)
  }
  expect(atEntra.asked.map(({ audience }) => audience)).toEqual([VAULT])
  expect(source.asked.map(({ audience }) => audience)).toEqual([OURS])
})

test('a selected identity is asked of its own authority, whatever the audience is', async () => {
  const { ask, atEntra, source } = await start()
  await ask(OURS, `&client_id=${APPLICATION.clientId}`)
  await ask(VAULT, `&client_id=${IDENTITY.clientId}`)
  await ask(VAULT, `&client_id=${CLOUD.clientId}`)
  expect(atEntra.asked.map(({ audience }) => audience)).toEqual([OURS])
  expect(source.asked.map(({ identity }) => identity.clientId)).toEqual([IDENTITY.clientId, CLOUD.clientId])
})

test('an authority that asks to wait stops no other', async () => {
  const { ask, atEntra, clock } = await start()
  atEntra.failure = 'throttled'
  atEntra.retryAfterSeconds = 3600
  expect(await ask(VAULT)).toMatchObject({ status: 429 })
  expect(await ask(OURS)).toMatchObject({ status: 200 })
  clock.pass(3599)
  expect(await ask('https://graph.microsoft.com')).toMatchObject({ status: 429 })
  expect(atEntra.asked).toHaveLength(1)
})

test('a refusal of the application leaves the machine its own tokens', async () => {
  const { ask, atEntra, source } = await start()
  await ask(OURS)
  atEntra.failure = 'identity_refused'
  expect(await ask(VAULT)).toMatchObject({ status: 400 })
  expect(await ask(OURS)).toMatchObject({ status: 200 })
  expect(source.asked).toHaveLength(1)
})

test('a machine that the control plane refuses gets nothing from Entra ID either, not even what is cached', async () => {
  const { ask, membership, atEntra } = await start()
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
  membership.refusal = { message: 'this machine is disabled' }
  for (const audience of [VAULT, 'https://graph.microsoft.com']) {
    expect(await ask(audience)).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('this machine is disabled') },
    })
  }
  expect(atEntra.asked).toHaveLength(1)
  membership.refusal = undefined
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
})

test('when the identity that proves the application goes, its tokens go; with a certificate they stay', async () => {
  for (const [isFederated, asked] of [
    [true, 2],
    [false, 1],
  ] as const) {
    const { ask, membership, atEntra } = await start({ isFederated })
    await ask(VAULT)
    membership.tell([])
    await ask(VAULT)
    expect(atEntra.asked).toHaveLength(asked)
  }
})

test('the audit names the application by its client id, and policies call it "entra"', async () => {
  const policy = policyOf({ name: 'azure', effect: 'allow', identity: 'entra' })
  const { ask, agent, audited } = await start({ policy })
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
  expect(await ask(OURS)).toMatchObject({ status: 403 })
  await agent.stop()
  expect(audited().map(({ identity, outcome, rule }) => [identity, outcome, rule])).toEqual([
    [APPLICATION.clientId, 'granted', 'azure'],
    [IDENTITY.resourceId, 'refused', undefined],
  ])
})

test('an agent with an application alone serves it, and a rule for the machine\u2019s own identity does not give it', async () => {
  const alone = { identity: APPLICATION, entra: undefined, membership: undefined } as Changes
  const { ask, source } = await start(alone)
  expect(await ask(VAULT)).toMatchObject({ status: 200 })
  expect(source.asked).toMatchObject([{ identity: APPLICATION }])
  const policy = policyOf({ name: 'own', effect: 'allow', identity: 'system' })
  const guarded = await start({ ...alone, policy })
  expect(await guarded.ask(VAULT)).toMatchObject({ status: 403 })
})

test('documents of a machine with an application alone have no ARM id, and none is attested', async () => {
  const alone = { identity: APPLICATION, entra: undefined, membership: undefined } as Changes
  const { agent } = await start({ ...alone, endpoints: [{ style: 'vm' }] })
  const port = Number(new URL(agent.locations[0]?.url ?? '').port)
  const read = (path: string) =>
    exchange({ port }, get(`/metadata/${path}?api-version=2021-02-01`, 'Host: 127.0.0.1', 'Metadata: true'))
  const instance = await read('instance')
  expect(instance.status).toBe(200)
  expect(JSON.parse(instance.body).compute).toMatchObject({ resourceId: '', subscriptionId: '' })
  expect((await read('attested/document')).status).toBeGreaterThanOrEqual(400)
})

test('ready means that the authority of Resource Manager\u2019s audience gives a token', async () => {
  const { adminSocket, atEntra } = await start()
  expect(await told(adminSocket, '/readyz')).toMatchObject({ status: 200 })
  expect(atEntra.asked.map(({ audience }) => audience)).toEqual(['https://management.azure.com/'])
  const refused = await start()
  refused.atEntra.failure = 'identity_refused'
  expect(await told(refused.adminSocket, '/readyz')).toMatchObject({ status: 503 })
})

describe('the token that proves the application at Entra ID', () => {
  const SELECTED = `&client_id=${CLOUD.clientId}`

  test('is given to no program without a policy file, in no spelling and no style', async () => {
    const { ask, arc, source, agent, audited } = await start({ isFederated: true })
    for (const audience of [
      EXCHANGE,
      `${EXCHANGE}/`,
      EXCHANGE.toUpperCase(),
      `${EXCHANGE}%2f`,
      `${EXCHANGE}USGov`,
    ]) {
      expect(await ask(audience, SELECTED)).toMatchObject({ status: 403 })
    }
    const target = TOKEN_TARGET.replace(/resource=.*/, `resource=${encodeURIComponent(EXCHANGE)}${SELECTED}`)
    expect((await presentKey(arc, await takeKey(arc), target)).status).toBe(403)
    expect(source.asked).toEqual([])
    expect(await ask(`${EXCHANGE}/.default`, SELECTED)).toMatchObject({ status: 400 })
    expect(await ask(VAULT, SELECTED)).toMatchObject({ status: 200 })
    await agent.stop()
    expect(audited()).toContainEqual(expect.objectContaining({ reason: 'policy_denied', audience: EXCHANGE }))
  })

  test('is not given in the VM style either', async () => {
    const endpoints = [{ style: 'vm' }] as const
    const { agent } = await start({ isFederated: true, endpoints })
    const port = Number(new URL(agent.locations[0]?.url ?? '').port)
    const path = '/metadata/identity/oauth2/token?api-version=2018-02-01'
    const answer = await exchange(
      { port },
      get(`${path}&resource=${encodeURIComponent(EXCHANGE)}${SELECTED}`, 'Host: 127.0.0.1', 'Metadata: true'),
    )
    expect(answer.status).toBe(403)
  })

  test('is not given to a workload that was added with its audience', async () => {
    const stateFolder = temporaryFolder()
    await addWorkload(workloadFolder(stateFolder), {
      ...{ name: 'shop', identities: ['cloud'], audiences: [EXCHANGE, VAULT], from: ['127.0.1.0/24'] },
      secrets: [{ sha256: digestOf('secret-of-shop') }],
      ...{ file: '', endpoint: '', added: '2026-01-01T00:00:00.000Z' },
    })
    const workloads = {
      style: 'app-service',
      listen: [{ address: '127.0.1.1', port: 0 }],
      stateFolder,
    } as const
    const { agent } = await start({ isFederated: true, workloads })
    const port = Number(new URL(agent.locations.at(-1)?.url ?? '').port)
    const asked = async (audience: string) => {
      const target = `/msi/token?api-version=2019-08-01&resource=${encodeURIComponent(audience)}${SELECTED}`
      const lines = [`Host: 127.0.1.1:${port}`, 'X-IDENTITY-HEADER: secret-of-shop']
      return (await exchange({ host: '127.0.1.1', localAddress: '127.0.1.9', port }, get(target, ...lines)))
        .status
    }
    expect([await asked(EXCHANGE), await asked(VAULT)]).toEqual([403, 200])
  })

  test('is given by a rule that names its audience, and by no other', async () => {
    const wide = { name: 'wide', effect: 'allow', identity: 'cloud' }
    const named = { name: 'named', effect: 'allow', identity: 'cloud', audience: EXCHANGE }
    const { ask } = await start({ isFederated: true, policy: policyOf(wide) })
    expect(await ask(EXCHANGE, SELECTED)).toMatchObject({ status: 403 })
    expect(await ask(VAULT, SELECTED)).toMatchObject({ status: 200 })
    const open = await start({ isFederated: true, policy: policyOf(wide, named) })
    expect(await open.ask(EXCHANGE, SELECTED)).toMatchObject({ status: 200 })
  })
})

function policyOf(...rules: object[]): string {
  const file = join(temporaryFolder(), 'policy.yaml')
  writeFileSync(file, JSON.stringify({ rules }))
  return file
}

function told(socketPath: string, path: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject)
    })
      .on('error', reject)
      .end()
  })
}
