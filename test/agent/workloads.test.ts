/** The endpoint for workloads: who gets what there, in one process, at addresses of loopback from which a test may ask. */

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import {
  addWorkload,
  createAgent,
  digestOf,
  removeWorkload,
  type Workload,
  workloadFolder,
} from '@landfast/agent'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { FakeSource, IDENTITY } from './fake-source.ts'
import { exchange, get, RawConnection } from './raw-http.ts'
import { type Changes, type RunningAgent, startAgent } from './running-agent.ts'
import { temporaryFolder } from './temporary-folder.ts'

const VAULT = 'https://vault.azure.net'
const STORAGE = 'https://storage.azure.com'
const [SHOP, BANK] = ['secret-of-shop', 'secret-of-bank']

/** Where tests ask from; the host's own addresses have to be named. */
const NEAR = '127.0.1.0/24'

function workload(name: string, secret: string, changes: Partial<Workload> = {}): Workload {
  const kept = { file: '', endpoint: '', added: '2026-01-01T00:00:00.000Z' }
  const allowed = { identities: ['system'], audiences: [VAULT], from: [NEAR] }
  return { name, ...allowed, secrets: [{ sha256: digestOf(secret) }], ...kept, ...changes }
}

interface Asked {
  secret?: string | undefined
  audience?: string
  from?: string
  host?: string
  more?: readonly string[]
}

/** An agent with two workloads that listens at 127.0.1.1. */
async function start(changes: Changes = {}) {
  const stateFolder = temporaryFolder()
  const folder = workloadFolder(stateFolder)
  await addWorkload(folder, workload('shop', SHOP))
  await addWorkload(folder, workload('bank', BANK, { audiences: [STORAGE] }))
  const running = await startAgent({
    workloads: { style: 'app-service', listen: [{ address: '127.0.1.1', port: 0 }], stateFolder },
    ...changes,
  })
  const port = Number(new URL(running.agent.locations.at(-1)?.url ?? '').port)
  const at = (from = '127.0.1.9') => ({ host: '127.0.1.1', localAddress: from, port })
  const ask = async ({ secret, audience = VAULT, from, host = `127.0.1.1:${port}`, more = [] }: Asked) => {
    const target = `/msi/token?api-version=2019-08-01&resource=${encodeURIComponent(audience)}`
    const header = secret === undefined ? [] : [`X-IDENTITY-HEADER: ${secret}`]
    const { status, body } = await exchange(at(from), get(target, `Host: ${host}`, ...header, ...more))
    return { status, body: JSON.parse(body) }
  }
  return { ...running, folder, at, port, ask }
}

/** Lines of the audit log, once there are so many. */
async function audited({ audited: read }: RunningAgent, count: number) {
  await vi.waitFor(() => expect(read().length).toBeGreaterThanOrEqual(count), { timeout: 20_000 })
  return read()
}

describe('a workload', () => {
  test('gets what it was added with, by its secret, and no more', async () => {
    const { ask } = await start()
    expect(await ask({ secret: SHOP })).toMatchObject({ status: 200, body: { resource: VAULT } })
    expect(await ask({ secret: SHOP, audience: STORAGE })).toMatchObject({
      status: 403,
      body: { error: 'access_denied', error_description: expect.stringContaining('workload "shop"') },
    })
  })

  test('that has another’s secret gets no more than that one has', async () => {
    const { ask } = await start()
    const asked = [ask({ secret: BANK, audience: STORAGE }), ask({ secret: BANK, audience: VAULT })]
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 403])
  })

  test.each([undefined, '', 'x', digestOf(SHOP), `${SHOP}${BANK}`])(
    'gets nothing with the secret %j',
    async (secret) => {
      const { ask, source } = await start()
      expect(await ask({ secret })).toMatchObject({ status: 401, body: { error: 'unauthorized_client' } })
      expect(source.asked).toEqual([])
    },
  )

  test('without a secret is told that first, whatever else is wrong with its request', async () => {
    const { at, port } = await start()
    const asked = get('/msi/token?api-version=1999-01-01', `Host: 127.0.1.1:${port}`)
    expect((await exchange(at(), asked)).status).toBe(401)
  })

  test('is not known by its name in any header', async () => {
    const { ask } = await start()
    const more = ['X-Workload: shop', 'User-Agent: shop', 'Authorization: Basic shop', 'Metadata: true']
    expect(await ask({ more })).toMatchObject({ status: 401 })
  })

  test('whose secret came to another network is refused there, and the audit log says so', async () => {
    const running = await start()
    expect(await running.ask({ secret: SHOP, from: '127.0.2.9' })).toMatchObject({
      status: 403,
      body: { error_description: expect.stringContaining('127.0.2.9') },
    })
    const [line] = await audited(running, 1)
    expect(line).toMatchObject({
      outcome: 'refused',
      reason: 'workload_elsewhere',
      workload: 'shop',
      address: '127.0.2.9',
    })
    expect(JSON.stringify(line)).not.toContain(SHOP)
  })

  test('without networks of its own is not served to programs of the host', async () => {
    const { ask, folder } = await start()
    await addWorkload(folder, workload('near', 'secret-of-near', { from: [] }))
    expect(await ask({ secret: 'secret-of-near' })).toMatchObject({ status: 403 })
  })

  test('that was removed gets nothing more, though its token is in the cache', async () => {
    const { ask, folder } = await start()
    expect(await ask({ secret: SHOP })).toMatchObject({ status: 200 })
    await removeWorkload(folder, 'shop')
    expect(await ask({ secret: SHOP })).toMatchObject({ status: 401 })
    expect(await ask({ secret: BANK, audience: STORAGE })).toMatchObject({ status: 200 })
  })

  test('is named in the audit log and the metrics, and its secret nowhere', async () => {
    const running = await start()
    await running.ask({ secret: SHOP })
    await running.ask({ secret: SHOP, audience: STORAGE })
    await running.ask({ secret: 'wrong-secret' })
    const lines = await audited(running, 3)
    expect(
      lines.map(({ workload: name, address, outcome, reason }) => [name, address, outcome, reason]),
    ).toEqual([
      ['shop', '127.0.1.9', 'granted', undefined],
      ['shop', '127.0.1.9', 'refused', 'policy_denied'],
      [undefined, '127.0.1.9', 'refused', 'identity_header_rejected'],
    ])
    const { body: page } = await told(running.adminSocket, '/metrics')
    expect(page).toContain('landfast_workload_requests_total{workload="shop",outcome="granted"} 1')
    expect(page).toContain('landfast_workload_requests_total{workload="shop",outcome="policy_denied"} 1')
    const written = [JSON.stringify(lines), page, running.logged.join('')].join('')
    for (const secret of [SHOP, BANK, 'wrong-secret']) expect(written).not.toContain(secret)
  })

  test.each(['localhost', '127.0.0.1', 'evil.example', '127.0.1.2'])(
    'that is led to the agent under the name %s gets nothing',
    async (host) => {
      const { ask } = await start()
      expect(await ask({ secret: SHOP, host })).toMatchObject({ status: 400 })
    },
  )

  test.each(['host.docker.internal', 'host.containers.internal'])('may call the host %s', async (host) => {
    const { ask } = await start()
    expect(await ask({ secret: SHOP, host })).toMatchObject({ status: 200 })
  })

  test('gets no token through a proxy, and no challenge', async () => {
    const { ask, at, port } = await start()
    expect(await ask({ secret: SHOP, more: ['X-Forwarded-For: 127.0.1.9'] })).toMatchObject({ status: 400 })
    const target = '/metadata/identity/oauth2/token?api-version=2020-06-01&resource=x'
    expect((await exchange(at(), get(target, `Host: 127.0.1.1:${port}`, 'Metadata: true'))).status).toBe(404)
  })

  test('has no use for its secret at the loopback endpoint, nor that one’s secret here', async () => {
    const { ask, appService } = await start()
    const target = `/msi/token?api-version=2019-08-01&resource=${VAULT}`
    const there = await exchange(appService, get(target, 'Host: 127.0.0.1', `X-IDENTITY-HEADER: ${SHOP}`))
    expect(there.status).toBe(401)
    expect(await ask({ secret: 'the-app-service-secret' })).toMatchObject({ status: 401 })
  })
})

describe('a flood', () => {
  test('of wrong secrets from one container keeps no right one out, nor other refusals out of the audit log', async () => {
    const running = await start()
    const wrong = Array.from({ length: 300 }, (_, one) => running.ask({ secret: `wrong ${one}` }))
    const right = running.ask({ secret: SHOP, from: '127.0.1.10' })
    expect((await right).status).toBe(200)
    expect(new Set((await Promise.all(wrong)).map(({ status }) => status))).toEqual(new Set([401]))
    await running.ask({ secret: 'wrong', from: '127.0.1.11' })
    await vi.waitFor(() => {
      const lines = running.audited()
      expect(lines.filter(({ address }) => address === '127.0.1.9')).toHaveLength(10)
      expect(lines.filter(({ address }) => address === '127.0.1.11')).toHaveLength(1)
    })
  })

  test('of connections from one container pushes out its own, not those of another', async () => {
    const { at } = await start()
    const kept = new RawConnection(at('127.0.1.10'))
    await once(kept.socket, 'connect')
    const many: RawConnection[] = []
    for (let count = 0; count < 520; count += 1) {
      const connection = new RawConnection(at())
      await once(connection.socket, 'connect')
      many.push(connection)
    }
    await many[0]?.end()
    expect([kept.ended, many.at(-1)?.ended]).toEqual([false, false])
  })

  test('of requests that one workload waits for takes no place of another', async () => {
    const source = new FakeSource()
    const { promise, resolve } = Promise.withResolvers<void>()
    source.gate = promise
    const { ask } = await start({ source })
    const refused: number[] = []
    const many = Array.from({ length: 70 }, async () => {
      const { status } = await ask({ secret: SHOP })
      if (status !== 200) refused.push(status)
    })
    await vi.waitFor(() => expect(refused).toEqual(Array(6).fill(429)), { timeout: 20_000 })
    const other = ask({ secret: BANK, audience: STORAGE })
    resolve()
    expect((await other).status).toBe(200)
    await Promise.all(many)
    expect(refused).toHaveLength(6)
  })
})

describe('the policy file', () => {
  test('decides over workloads by name, and gives none more than it was added with', async () => {
    const policy = `${temporaryFolder()}/policy.yaml`
    writeFileSync(policy, 'rules:\n  - {name: shops, effect: allow, workload: [shop, open]}\n', {
      mode: 0o600,
    })
    const { ask, folder } = await start({ policy })
    await addWorkload(folder, workload('open', 'secret-of-open', { audiences: [] }))
    const statuses = [
      ask({ secret: SHOP }),
      ask({ secret: SHOP, audience: STORAGE }),
      ask({ secret: BANK, audience: STORAGE }),
      ask({ secret: 'secret-of-open', audience: STORAGE }),
    ].map(async (answer) => (await answer).status)
    expect(await Promise.all(statuses)).toEqual([200, 403, 403, 200])
  })
})

describe('the listener', () => {
  test.each(['0.0.0.0', '::', '8.8.8.8', '2001:db8::1'])('does not open at %s', async (address) => {
    const agent = createAgent({
      endpoints: [],
      workloads: { style: 'app-service', listen: [{ address, port: 0 }], stateFolder: temporaryFolder() },
      identity: IDENTITY,
      source: new FakeSource(),
    })
    await expect(agent.start()).rejects.toMatchObject({ code: 'workload_address_refused' })
  })

  test('waits for a port that another program has, says so, and takes it when it is free', async () => {
    const holder = createServer().listen(0, '127.0.1.1')
    await once(holder, 'listening')
    onTestFinished(() => void holder.close())
    const { port } = holder.address() as { port: number }
    const { agent, adminSocket, logged } = await startAgent({
      workloads: {
        style: 'app-service',
        listen: [{ address: '127.0.1.1', port }],
        stateFolder: temporaryFolder(),
      },
    })
    expect(agent.locations.at(-1)?.url).toBe(`http://127.0.1.1:${port}/msi/token`)
    expect(await told(adminSocket, '/readyz')).toMatchObject({
      status: 503,
      body: expect.stringContaining('port is taken'),
    })
    holder.close()
    await vi.waitFor(async () => expect((await told(adminSocket, '/readyz')).status).toBe(200), {
      timeout: 20_000,
    })
    expect(logged.join('')).toContain('workloads are served at an address')
  })
})

/** What the agent tells of itself at `path`. */
async function told(socketPath: string, path: string): Promise<{ status: number; body: string }> {
  const [response] = await once(request({ socketPath, path }).end(), 'response')
  return { status: response.statusCode, body: await text(response) }
}
