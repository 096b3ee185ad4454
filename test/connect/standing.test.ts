/** What an agent says of its machine, and which identities it serves, follows the control plane within seconds. */

import { expect, test } from 'vitest'
import { startSite } from './connected-site.ts'
import { startLosingRelay } from './losing-relay.ts'
import { connectMachine, copyOf, makeIdentity } from './machine.ts'
import { type ServedMachine, serveMachine } from './served-machine.ts'

const MACHINES = { apiVersion: '2024-07-10' }
const DAY_SECONDS = 86_400

async function setUp() {
  const relay = await startLosingRelay()
  const site = await startSite(relay)
  const folder = await connectMachine(site, 'web')
  const beats = () => relay.seen.filter((path) => /heartbeat/.test(path)).length
  return { relay, site, folder, beats }
}

function subjectOf({ body }: { body: Record<string, string> }): string | undefined {
  const [, claims = ''] = (body.access_token ?? '').split('.')
  return claims && JSON.parse(Buffer.from(claims, 'base64url').toString()).oid
}

/** Everything that the agent says of the machine, in which `words` must stand. */
async function expectEverywhere(machine: ServedMachine, code: string, words: readonly string[]) {
  const endpoint = await machine.ask()
  expect([endpoint.status, endpoint.body.error]).toEqual([400, 'invalid_request'])
  const ready = await machine.page('/readyz')
  expect(ready.status).toBe(503)
  const status = await machine.page('/status')
  const { machine: shown } = await machine.shown()
  expect([status.body.status, shown?.status.status]).toEqual(
    Array(2).fill(expect.stringMatching(/^(Disconnected|Expired)$/)),
  )
  expect(shown?.status.reason).toMatchObject({ code })
  const said = [
    endpoint.body.error_description,
    JSON.stringify(ready.body),
    JSON.stringify(status.body),
    shown?.status.reason?.message,
    machine.logged.join('\n'),
  ]
  for (const place of said) for (const word of words) expect(place).toContain(word)
}

test('an identity is served as soon as it is assigned, by each of its names, and refused while it is not', async () => {
  const { site, folder } = await setUp()
  const machine = await serveMachine(site, folder)
  await machine.membership.look()
  const { id, clientId, principalId, assign } = await makeIdentity(site, machine, 'app')
  for (const selector of [`client_id=${clientId}`, `object_id=${principalId}`, `mi_res_id=${id}`]) {
    const refused = await machine.ask(`&${selector}`)
    expect([refused.status, refused.body.error_description]).toEqual([
      400,
      expect.stringContaining('not assigned'),
    ])
    await assign({ [id]: {} })
    const served = await machine.ask(`&${selector}`)
    expect([served.status, subjectOf(served)]).toEqual([200, principalId])
    await assign({ [id]: null })
    await machine.membership.look()
  }
})

test('an identity that was made anew under its name is another one, and served by that name', async () => {
  const { site, folder } = await setUp()
  const machine = await serveMachine(site, folder)
  const former = await makeIdentity(site, machine, 'app')
  await former.assign({ [former.id]: {} })
  expect(subjectOf(await machine.ask(`&mi_res_id=${former.id}`))).toBe(former.principalId)
  await former.assign({ [former.id]: null })
  await former.remove()
  const now = await makeIdentity(site, machine, 'app')
  await now.assign({ [now.id]: {} })
  // No cached token, so that the authority is asked for the former one.
  const served = await machine.ask(`&mi_res_id=${now.id}&bypass_cache=true`)
  expect([served.status, subjectOf(served)]).toEqual([200, now.principalId])
  const gone = await machine.ask(`&client_id=${former.clientId}`)
  expect([gone.status, gone.body.error_description]).toEqual([400, expect.stringContaining('not assigned')])
})

test('invented selectors send no more than a heartbeat every two seconds, and no other request waits for them', async () => {
  const { site, folder, beats } = await setUp()
  const machine = await serveMachine(site, folder, { clockRate: 1 })
  await machine.ask()
  const before = beats()
  const startedAt = performance.now()
  const invented = Array.from({ length: 40 }, (_, n) => machine.ask(`&client_id=invented-${n}`))
  expect((await machine.ask()).status).toBe(200)
  const statuses = (await Promise.all(invented)).map(({ status }) => status)
  expect(new Set(statuses)).toEqual(new Set([400, 429]))
  const seconds = (performance.now() - startedAt) / 1000
  expect(beats() - before).toBeLessThanOrEqual(1 + Math.ceil(seconds / 2))
})

test('whether an identity is assigned is not denied while the control plane cannot be asked', async () => {
  const { site, folder, relay } = await setUp()
  const machine = await serveMachine(site, folder)
  await machine.membership.look()
  await relay.stop()
  const answer = await machine.ask('&client_id=perhaps')
  expect([answer.status, answer.headers['retry-after']]).toEqual([503, expect.stringMatching(/^\d+$/)])
})

test('a copy says everywhere that it is one, and what to do', async () => {
  const { site, folder } = await setUp()
  const first = await serveMachine(site, folder)
  await first.membership.look()
  await first.stop()
  const copy = copyOf(folder, 'copy')
  const original = await serveMachine(site, folder)
  for (let beat = 0; beat < 2; beat += 1) await original.membership.look()
  const second = await serveMachine(site, copy, { hostName: 'host-b' })
  await second.membership.look()
  const words = [
    '"host-a"',
    '"host-b"',
    'landfast machine accept-restored',
    'landfast disconnect --force-local-only',
  ]
  await expectEverywhere(
    second,
    'MachineCloned',
    words.map((word) => word.replaceAll('"', '')),
  )
})

test('a restored machine whose key was replaced since says so everywhere with its first token', async () => {
  const { site, folder } = await setUp()
  const first = await serveMachine(site, folder)
  await first.membership.look()
  await first.stop()
  const backup = copyOf(folder, 'backup')
  site.clock.advance(46 * DAY_SECONDS)
  const renewed = await serveMachine(site, folder)
  await renewed.membership.look()
  await renewed.membership.look()
  await renewed.stop()
  const restored = await serveMachine(site, backup)
  await expectEverywhere(restored, 'MachineCloned', [
    'restored from a backup',
    'landfast machine accept-restored',
  ])
})

test('a disabled machine says so everywhere at once, and is connected as soon as it is enabled and asks for a token', async () => {
  const { site, folder } = await setUp()
  const machine = await serveMachine(site, folder)
  expect((await machine.ask()).status).toBe(200)
  await machine.membership.look()
  const body = { resourceId: machine.membership.identity.resourceId }
  await site.client.call('POST', '/landfast/v1/machines/disable', { body })
  expect((await machine.ask('&bypass_cache=true')).status).toBe(400)
  await expectEverywhere(machine, 'MachineDisabled', [
    'the machine is disabled',
    'an administrator may enable it',
  ])
  await site.client.call('POST', '/landfast/v1/machines/enable', { body })
  expect((await machine.ask()).status).toBe(200)
  const status = async () => (await machine.page('/status')).body.status
  await expect.poll(status, { timeout: 30_000 }).toBe('Connected')
  expect((await machine.shown()).machine?.status).toMatchObject({ status: 'Connected', reason: undefined })
  expect((await machine.page('/readyz')).status).toBe(200)
})

test('a machine that was away for too long says so everywhere', async () => {
  const { site, folder } = await setUp()
  const machine = await serveMachine(site, folder)
  await machine.membership.look()
  await machine.stop()
  site.clock.advance(3000 * DAY_SECONDS)
  const late = await serveMachine(site, folder)
  await expectEverywhere(late, 'ReturnRefused', ['ended longer ago', 'landfast machine accept-restored'])
})

test('a machine that was deleted says so everywhere at its next token', async () => {
  const { site, folder } = await setUp()
  const machine = await serveMachine(site, folder)
  await machine.membership.look()
  await site.client.call('DELETE', machine.membership.identity.resourceId, MACHINES)
  expect((await machine.ask()).status).toBe(400)
  await expectEverywhere(machine, 'MachineDeleted', ['the machine was deleted'])
})
