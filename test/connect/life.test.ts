/** A machine's life with a real control plane whose clock is moved and whose answers are lost. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SourceError } from '@landfast/agent'
import { ONBOARDING_PATH } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { kept, startSite, type TestSite } from './connected-site.ts'
import { startLosingRelay } from './losing-relay.ts'
import { connectMachine, copyOf, giveIdentity, openMachine } from './machine.ts'

const MACHINES = { apiVersion: '2024-07-10' }
const DAY_SECONDS = 86_400

async function setUp() {
  const relay = await startLosingRelay()
  const site = await startSite(relay)
  return { relay, site }
}

async function statusOf(site: TestSite, resourceId: string): Promise<unknown> {
  const { body } = await site.client.call('GET', resourceId, MACHINES)
  return (body.properties as Record<string, unknown>).status
}

test('heartbeats make a machine Connected, and each brings the nonce of the answer before', async () => {
  const { site } = await setUp()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  const first = kept(folder, 'presence.json').nonce
  const seconds = await machine.round()
  expect(seconds).toBeGreaterThanOrEqual(240)
  expect(seconds).toBeLessThanOrEqual(360)
  expect(kept(folder, 'presence.json').nonce).not.toBe(first)
  expect(machine.membership.status).toMatchObject({ status: 'Connected' })
  expect(await statusOf(site, machine.membership.identity.resourceId)).toBe('Connected')
})

test('a heartbeat whose answer was lost is sent again with the nonce that it had, however often', async () => {
  const { site, relay } = await setUp()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  for (let lost = 0; lost < 3; lost += 1) {
    relay.lose.push(/heartbeat/)
    await machine.round()
    expect(relay.lose).toEqual([])
  }
  await machine.round()
  expect([machine.refusals(), machine.membership.status.status]).toEqual([0, 'Connected'])
})

test('an agent that crashed before it kept the last nonce goes on with the one before', async () => {
  const { site } = await setUp()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  await machine.round()
  await machine.membership.stop()
  // As a crash leaves it: the answer came, but the file is the one before.
  const before = kept(folder, 'presence.json')
  const again = await openMachine(site, folder)
  await again.round()
  await again.membership.stop()
  writeFileSync(join(folder, 'presence.json'), JSON.stringify(before), { mode: 0o600 })
  const third = await openMachine(site, folder)
  expect(await third.round()).toBeGreaterThanOrEqual(240)
})

test('a certificate is renewed from its 45th day on, by a new key, and the old one is refused then', async () => {
  const { site } = await setUp()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  await machine.round()
  const { privateKey, certificate } = kept(folder, 'registration.json')
  site.clock.advance(44 * DAY_SECONDS)
  await machine.round()
  // Compared here: a key must not be shown where the test fails.
  expect(kept(folder, 'registration.json').privateKey === privateKey).toBe(true)
  const old = copyOf(folder, 'old')
  site.clock.advance(2 * DAY_SECONDS)
  await machine.round()
  const renewed = kept(folder, 'registration.json')
  expect(renewed.privateKey === privateKey).toBe(false)
  expect(renewed.certificate).not.toBe(certificate)
  expect(() => kept(folder, 'next-key.json')).toThrow('ENOENT')
  expect(await machine.token()).toMatch(/^ey/)
  await expect((await openMachine(site, old)).token()).rejects.toMatchObject({ failure: 'refused' })
})

const STEPS: [string, RegExp[]][] = [
  ['of the renewal', [/renew/]],
  ['of the first heartbeat with the new key', [/heartbeat/]],
  ['of both', [/renew/, /heartbeat/]],
]

for (const [what, lose] of STEPS) {
  for (const crash of [false, true]) {
    test(`the answer ${what} is lost${crash ? ', and the agent killed' : ''}: the same key goes on`, async () => {
      const { site, relay } = await setUp()
      const folder = await connectMachine(site, 'web')
      let machine = await openMachine(site, folder)
      await machine.round()
      const { principalId } = machine.membership.identity
      site.clock.advance(46 * DAY_SECONDS)
      relay.lose.push(...lose)
      for (let round = 0; round < 4; round += 1) {
        await machine.round()
        if (crash) {
          await machine.membership.stop()
          machine = await openMachine(site, folder)
        }
        site.clock.advance(600)
      }
      await machine.round()
      expect(relay.lose).toEqual([])
      expect(machine.membership.status.status).toBe('Connected')
      expect(machine.membership.identity.principalId).toBe(principalId)
      expect(() => kept(folder, 'next-key.json')).toThrow('ENOENT')
      expect(await machine.token()).toMatch(/^ey/)
      expect(machine.refusals()).toBe(0)
    })
  }
}

test('the first use of a new key may be a token whose answer is lost', async () => {
  const { site, relay } = await setUp()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  await machine.round()
  site.clock.advance(46 * DAY_SECONDS)
  relay.lose.push(/renew/)
  await machine.round()
  site.clock.advance(600)
  relay.lose.push(/heartbeat/, /oauth2\/v2.0\/token/)
  await machine.round()
  await expect(machine.token()).rejects.toMatchObject({ failure: 'unavailable' })
  expect(await machine.token()).toMatch(/^ey/)
  expect(() => kept(folder, 'next-key.json')).toThrow('ENOENT')
})

test('a machine that was away for longer than its certificate comes back by itself as the same', async () => {
  const { site, relay } = await setUp()
  const folder = await connectMachine(site, 'web')
  const before = await openMachine(site, folder)
  await before.round()
  const { principalId } = before.membership.identity
  await before.membership.stop()
  site.clock.advance(100 * DAY_SECONDS)
  const after = await openMachine(site, folder)
  expect(after.membership.status.status).toBe('Expired')
  relay.lose.push(/renew/)
  await expect(after.token()).rejects.toBeInstanceOf(SourceError)
  const token = await after.token()
  const [, claims = ''] = token.split('.')
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ oid: principalId })
  await after.round()
  expect(after.membership.status.status).toBe('Connected')
})

test('of two hosts with one state folder the first goes on, the other is told both names and has no token', async () => {
  const { site } = await setUp()
  const folder = await connectMachine(site, 'web')
  const original = await openMachine(site, folder, 'host-a')
  await original.round()
  await original.membership.stop()
  const copy = copyOf(folder, 'copy')
  const first = await openMachine(site, folder, 'host-a')
  for (let round = 0; round < 3; round += 1) await first.round()
  const second = await openMachine(site, copy, 'host-b')
  expect(await second.token()).toMatch(/^ey/)
  expect(await second.round()).toBe(24)
  expect(second.refusals()).toBe(1)
  const { refusal } = second.membership.status
  expect(refusal).toMatchObject({ code: 'MachineCloned' })
  for (const word of ['host-a', 'host-b', 'landfast disconnect --force-local-only', 'landfast connect']) {
    expect(refusal?.message).toContain(word)
    expect(second.logged.join('\n')).toContain(word)
  }
  await expect(second.token()).rejects.toMatchObject({ failure: 'refused' })
  await second.membership.stop()
  const restarted = await openMachine(site, copy, 'host-b')
  await expect(restarted.token()).rejects.toMatchObject({ failure: 'refused' })
  await first.round()
  expect(first.membership.status.status).toBe('Connected')
  expect(await first.token()).toMatch(/^ey/)
})

test('a restored backup is refused, since the nonce in it is an old one', async () => {
  const { site } = await setUp()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  await machine.round()
  await machine.membership.stop()
  const backup = copyOf(folder, 'backup')
  const later = await openMachine(site, folder)
  for (let round = 0; round < 3; round += 1) await later.round()
  await later.membership.stop()
  const restored = await openMachine(site, backup)
  await restored.round()
  expect(restored.membership.status.refusal).toMatchObject({ code: 'MachineCloned' })
})

test('a restored machine goes on as the same with its next heartbeat after an administrator has accepted it', async () => {
  const { site, relay } = await setUp()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  await machine.round()
  await machine.membership.stop()
  const snapshot = copyOf(folder, 'snapshot')
  const later = await openMachine(site, folder)
  for (let round = 0; round < 3; round += 1) await later.round()
  await later.membership.stop()

  const restored = await openMachine(site, snapshot, 'host-restored')
  expect(await restored.round()).toBe(24)
  expect(restored.membership.status.refusal).toMatchObject({ code: 'MachineCloned' })
  const { resourceId } = restored.membership.identity
  await acceptRestored(site, resourceId)
  expect(await restored.round()).toBeGreaterThanOrEqual(240)
  expect(relay.seen.filter((request) => request === `POST ${ONBOARDING_PATH.renew}`)).toHaveLength(1)
  expect(restored.membership.status).toMatchObject({ status: 'Connected', refusal: undefined })
  expect(restored.membership.identity).toEqual(later.membership.identity)
  expect(await restored.token()).toMatch(/^ey/)
  const [former, now] = [snapshot, folder].map((one) => kept(one, 'registration.json').privateKey)
  expect(former === now).toBe(false)

  const copy = await openMachine(site, folder, 'host-copy')
  expect(await copy.round()).toBe(24)
  await expect(copy.token()).rejects.toMatchObject({ failure: 'refused' })
})

async function acceptRestored(site: TestSite, resourceId: string): Promise<void> {
  const client = await site.newClient()
  await client.call('POST', '/landfast/v1/machines/accept-restored', { body: { resourceId } })
}

for (const crash of [false, true]) {
  test(`the answer that brings a restored machine back is lost${crash ? ', and the agent killed' : ''}: it comes back`, async () => {
    const { site, relay } = await setUp()
    const folder = await connectMachine(site, 'web')
    const snapshot = copyOf(folder, 'snapshot')
    const machine = await openMachine(site, folder)
    for (let round = 0; round < 3; round += 1) await machine.round()
    await machine.membership.stop()
    let restored = await openMachine(site, snapshot)
    await restored.round()
    await acceptRestored(site, restored.membership.identity.resourceId)
    relay.lose.push(/renew/, /heartbeat/)
    for (let round = 0; round < 3; round += 1) {
      await restored.round()
      if (!crash) continue
      await restored.membership.stop()
      restored = await openMachine(site, snapshot)
    }
    expect(relay.lose).toEqual([])
    expect(restored.membership.status).toMatchObject({ status: 'Connected', refusal: undefined })
    expect(await restored.token()).toMatch(/^ey/)
  })
}

test.each([
  ['before the new key is certified', [/renew/, /heartbeat/]],
  ['before it is used', [/heartbeat/]],
])(
  'a snapshot from the middle of a renewal, %s, is accepted with a key that is new to all',
  async (_, lose) => {
    const { site, relay } = await setUp()
    const folder = await connectMachine(site, 'web')
    const machine = await openMachine(site, folder)
    await machine.round()
    site.clock.advance(46 * DAY_SECONDS)
    relay.lose.push(...lose)
    await machine.round()
    await machine.membership.stop()
    expect(relay.lose).toEqual([])
    const snapshot = copyOf(folder, 'snapshot')
    const later = await openMachine(site, folder)
    for (let round = 0; round < 4; round += 1) {
      site.clock.advance(600)
      await later.round()
    }
    await later.membership.stop()

    const { privateKey } = kept(snapshot, 'next-key.json')
    expect(kept(folder, 'registration.json').privateKey === privateKey).toBe(true)
    const restored = await openMachine(site, snapshot)
    await restored.round()
    await acceptRestored(site, restored.membership.identity.resourceId)
    await restored.round()
    expect(restored.membership.status).toMatchObject({ status: 'Connected', refusal: undefined })
    expect(kept(snapshot, 'registration.json').privateKey === privateKey).toBe(false)
    expect(await restored.token()).toMatch(/^ey/)
  },
)

test('a disabled machine throws its tokens away, and is taken again once it is enabled', async () => {
  const { site } = await setUp()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  await machine.round()
  const { resourceId } = machine.membership.identity
  const body = { resourceId }
  await site.client.call('POST', '/landfast/v1/machines/disable', { body })
  expect(await machine.round()).toBeLessThanOrEqual(360)
  expect(machine.refusals()).toBe(1)
  expect(machine.membership.status.refusal).toMatchObject({ code: 'MachineDisabled' })
  await expect(machine.token()).rejects.toMatchObject({ failure: 'refused' })
  await site.client.call('POST', '/landfast/v1/machines/enable', { body })
  await machine.round()
  expect(machine.membership.status).toMatchObject({ status: 'Connected', refusal: undefined })
  expect(await machine.token()).toMatch(/^ey/)
})

test('a deleted machine throws its tokens away and says so', async () => {
  const { site } = await setUp()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  await machine.round()
  await site.client.call('DELETE', machine.membership.identity.resourceId, MACHINES)
  await machine.round()
  expect(machine.refusals()).toBe(1)
  expect(machine.logged.join('\n')).toContain('MachineDeleted')
  expect(machine.membership.status.status).toBe('Disconnected')
})

test('tokens are thrown away before the refusal is written down, so that they never wait for the disk', async () => {
  const { site } = await setUp()
  const folder = await connectMachine(site, 'web')
  const { membership, round } = await openMachine(site, folder)
  await round()
  await site.client.call('DELETE', membership.identity.resourceId, MACHINES)
  const written = () => readFileSync(join(folder, 'presence.json'), 'utf8')
  let writtenWhenTold: string | undefined
  const onRefused = () => {
    writtenWhenTold = written()
  }
  await membership.round({ onRefused, onIdentities: () => {} })
  expect(writtenWhenTold).not.toContain('MachineDeleted')
  expect(written()).toContain('MachineDeleted')
})

test('a user-assigned identity comes with a heartbeat, gives tokens, and goes with another', async () => {
  const { site } = await setUp()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  const { id, identity: assigned, assign } = await giveIdentity(site, machine, 'app')
  expect(assigned.resourceId.toLowerCase()).toBe(id.toLowerCase())
  const { source, identity: own } = machine.membership
  const ask = () =>
    source.getToken(
      { tenantId: own.tenantId, ...assigned },
      'https://storage.azure.com',
      AbortSignal.timeout(60_000),
    )
  const [, claims = ''] = (await ask()).accessToken.split('.')
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ oid: assigned.principalId })
  await assign({ [id]: null })
  await expect(ask()).rejects.toMatchObject({ failure: 'unassigned' })
  expect(await machine.token()).toMatch(/^ey/)
  await machine.round()
  expect(machine.membership.identities).toEqual([])
})

test('while the control plane is away it is tried soon and then no more often than else, nothing is thrown away, and it goes on after', async () => {
  const { site, relay } = await setUp()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  await machine.round()
  await relay.stop()
  const pauses: number[] = []
  for (let round = 0; round < 8; round += 1) {
    pauses.push(await machine.round())
    site.clock.advance(12 * 3600)
  }
  expect(pauses).toEqual([12, 240, 240, 240, 240, 240, 240, 240])
  expect(machine.membership.status.status).toBe('Disconnected')
  expect(machine.refusals()).toBe(0)
  await relay.start()
  await machine.round()
  expect(machine.membership.status.status).toBe('Connected')
})

test('only one agent keeps touch for a machine', async () => {
  const { site } = await setUp()
  const folder = await connectMachine(site, 'web')
  const first = await openMachine(site, folder)
  await expect(openMachine(site, folder)).rejects.toMatchObject({ code: 'state_folder_held' })
  await first.membership.stop()
  await openMachine(site, folder)
})

test('no key, nonce, assertion or token is logged', async () => {
  const { site, relay } = await setUp()
  const folder = await connectMachine(site, 'web')
  const machine = await openMachine(site, folder)
  relay.lose.push(/heartbeat/, /renew/)
  site.clock.advance(46 * DAY_SECONDS)
  const nonces = [kept(folder, 'presence.json').nonce]
  for (let round = 0; round < 4; round += 1) {
    await machine.round()
    nonces.push(kept(folder, 'presence.json').nonce)
    site.clock.advance(600)
  }
  const logged = machine.logged.join('\n')
  expect(logged.length).toBeGreaterThan(100)
  expect(logged).not.toMatch(/eyJ|PRIVATE|BEGIN/)
  for (const nonce of nonces) expect(logged).not.toContain(nonce)
  expect(relay.seen).toContain(`POST ${ONBOARDING_PATH.renew}`)
})
