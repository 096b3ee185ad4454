/** The life of token files: renewal, pauses, and everything that ends one. */

import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { WireError } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { APPLICATION } from '../../../../test/agent/fake-source.ts'
import { KeptFiles, SHOP } from '../../../../test/agent/kept-files.ts'
import { removeTokenFiles } from './written-paths.ts'

const LIFE_SECONDS = 3600

const denied = async () => ({ rule: 'no files', denial: new WireError('policy_denied') })

test('a file is renewed at half of its token’s life, and not before', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  await kept.pass(LIFE_SECONDS / 2 - 1)
  expect([kept.read(), kept.source.asked.length]).toEqual(['token-1-for-x', 1])
  await kept.pass(1)
  expect(kept.read()).toBe('token-2-for-x')
  await kept.pass(LIFE_SECONDS / 2 - 1)
  expect(kept.source.asked.length).toBe(2)
})

test('a token that others asked for is taken while it is young, and renewed at half of its own life', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  await kept.pass(LIFE_SECONDS / 4)
  await kept.start(kept.entry(), kept.entry({ path: join(kept.folder, 'other') }))
  expect(kept.read('other')).toBe(kept.read())
  await kept.pass(LIFE_SECONDS / 2)
  expect(kept.read('other')).toBe(kept.read())
  expect(kept.source.asked.length).toBe(3)
})

test('a token of the cache whose life is half over is not written, if there is a new one', async () => {
  const kept = new KeptFiles()
  rmSync(kept.folder, { recursive: true })
  await kept.start(kept.entry())
  for (let times = 0; times < 4; times++) await kept.pass(600)
  mkdirSync(kept.folder)
  await kept.pass(600)
  expect(kept.read()).toBe('token-2-for-x')
})

test('while the control plane is down the former token stays, and the pauses grow to ten minutes', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  kept.source.failure = 'unavailable'
  await kept.pass(LIFE_SECONDS / 2)
  for (const [pause, asked] of [
    [30, 3],
    [60, 4],
    [120, 5],
    [240, 6],
    [480, 7],
    [600, 8],
    [600, 9],
  ] as const) {
    await kept.pass(pause - 1)
    expect(kept.source.asked.length).toBe(asked - 1)
    await kept.pass(1)
    expect([kept.read(), kept.source.asked.length]).toEqual(['token-1-for-x', asked])
  }
  expect(kept.codes).toEqual(['upstream_unavailable'])
  kept.source.failure = undefined
  await kept.pass(600)
  expect(kept.read()).toBe('token-10-for-x')
  expect(kept.codes).toEqual([undefined])
  expect(kept.logged.filter((line) => line.includes('was not written'))).toHaveLength(1)
})

test('a restart without a control plane keeps the file that is there', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  kept.source.failure = 'unavailable'
  await kept.start(kept.entry())
  expect([kept.read(), kept.standings[0]?.state]).toEqual(['token-1-for-x', 'kept'])
})

test('stopping the agent leaves its files, and the next start writes them anew', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  await kept.stop()
  expect(kept.read()).toBe('token-1-for-x')
  await kept.start(kept.entry())
  expect(kept.read()).toBe('token-2-for-x')
})

test('a file that somebody removed is written again at the next look', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  rmSync(join(kept.folder, 'aws'))
  await kept.pass(5)
  expect(kept.read()).toContain('for-x')
})

test('a machine that slept renews when it wakes, and a clock that was set back holds nothing up', async () => {
  const [slept, set] = [new KeptFiles(), new KeptFiles()]
  await slept.start(slept.entry())
  slept.clock.sleep(LIFE_SECONDS)
  await slept.look()
  expect(slept.read()).toBe('token-2-for-x')
  await set.start(set.entry())
  set.clock.set(-LIFE_SECONDS)
  await set.pass(LIFE_SECONDS / 2)
  expect(set.read()).toBe('token-2-for-x')
})

test('an answer that takes long is waited for once', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  const gate = Promise.withResolvers<void>()
  kept.source.gate = gate.promise
  kept.clock.pass(LIFE_SECONDS / 2)
  const looks = [kept.look(), kept.look()]
  gate.resolve()
  await Promise.all(looks)
  expect(kept.source.asked.length).toBe(2)
})

for (const failure of ['refused', 'unassigned', 'resource_refused'] as const) {
  test(`a file goes when the control plane answers that the token is ${failure}`, async () => {
    const kept = new KeptFiles()
    await kept.start(kept.entry())
    kept.source.failure = failure
    await kept.pass(LIFE_SECONDS / 2)
    expect(readdirSync(kept.folder)).toEqual([])
    expect(kept.standings[0]?.state).toBe('removed')
    kept.source.failure = undefined
    await kept.pass(30)
    expect(kept.read()).toBe('token-3-for-x')
  })
}

test('a machine that its control plane refuses has no token files, at the start of its agent too', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  kept.refusal = { message: 'disabled' }
  await kept.look()
  expect([readdirSync(kept.folder), kept.codes]).toEqual([[], ['identity_refused']])
  kept.refusal = undefined
  await kept.look()
  expect(readdirSync(kept.folder)).toEqual(['aws'])
  await kept.stop()
  kept.refusal = { message: 'disabled' }
  await kept.start(kept.entry())
  expect(readdirSync(kept.folder)).toEqual([])
  expect(kept.source.asked.length).toBe(1)
})

test('a machine that is refused while its token is on the way gets no file', async () => {
  const kept = new KeptFiles()
  const gate = Promise.withResolvers<void>()
  kept.source.gate = gate.promise
  const starting = kept.start(kept.entry())
  await expect.poll(() => kept.source.asked.length).toBe(1)
  kept.refusal = { message: 'disabled' }
  gate.resolve()
  await starting
  expect(readdirSync(kept.folder)).toEqual([])
})

test('an identity that is taken away takes its file with it, and no other', async () => {
  const kept = new KeptFiles()
  kept.assigned = [SHOP]
  await kept.start(kept.entry(), kept.entry({ path: join(kept.folder, 'shop'), identity: 'shop' }))
  expect(readdirSync(kept.folder)).toEqual(['aws', 'shop'])
  kept.assigned = []
  await kept.look()
  expect(readdirSync(kept.folder)).toEqual(['aws'])
  expect(kept.codes).toEqual([undefined, 'identity_not_found'])
  kept.assigned = [SHOP]
  await kept.look()
  expect(readdirSync(kept.folder)).toEqual(['aws', 'shop'])
})

test('the application loses its file with the identity by which it is proven, and gets it back', async () => {
  const kept = new KeptFiles()
  kept.assigned = [SHOP]
  kept.entra = { identity: APPLICATION, exchange: { resourceId: SHOP.resourceId.toUpperCase() } }
  await kept.start(kept.entry({ identity: 'entra' }), kept.entry({ path: join(kept.folder, 'own') }))
  expect(readdirSync(kept.folder)).toEqual(['aws', 'own'])
  kept.assigned = []
  await kept.look()
  expect(readdirSync(kept.folder)).toEqual(['own'])
  expect(kept.codes).toEqual(['identity_not_found', undefined])
  kept.assigned = [SHOP]
  await kept.look()
  expect(readdirSync(kept.folder)).toEqual(['aws', 'own'])
})

test('an application that is proven by a certificate needs no identity for its file', async () => {
  const kept = new KeptFiles()
  kept.entra = { identity: APPLICATION }
  await kept.start(kept.entry({ identity: 'entra' }))
  expect([readdirSync(kept.folder), kept.codes]).toEqual([['aws'], [undefined]])
})

test('an identity that the machine never had is asked for after growing pauses', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry({ identity: 'shop' }))
  for (let second = 0; second < 90; second += 5) await kept.pass(5)
  expect([kept.looks, kept.codes]).toEqual([3, ['identity_not_found']])
})

test('a control plane that does not answer is no reason to take an identity for gone', async () => {
  const kept = new KeptFiles()
  kept.assigned = [SHOP]
  await kept.start(kept.entry({ identity: SHOP.clientId.toUpperCase() }))
  await kept.stop()
  kept.assigned = []
  kept.isAnswered = false
  await kept.start(kept.entry({ identity: SHOP.clientId.toUpperCase() }))
  expect([kept.read(), kept.codes]).toEqual(['token-1-for-x', ['upstream_unavailable']])
})

test('of two identities with one name none is meant', async () => {
  const kept = new KeptFiles()
  const other = {
    ...SHOP,
    resourceId: SHOP.resourceId.replace('/rg/', '/other/'),
    clientId: 'c',
    principalId: 'p',
  }
  kept.assigned = [SHOP, other]
  await kept.start(kept.entry({ identity: 'shop' }))
  expect([readdirSync(kept.folder), kept.codes]).toEqual([[], ['identity_not_found']])
})

test('a policy that changes takes the file away at the next look, and gives it back', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  kept.policy = denied
  await kept.pass(5)
  expect([readdirSync(kept.folder), kept.codes]).toEqual([[], ['policy_denied']])
  kept.policy = undefined
  await kept.pass(5)
  expect(readdirSync(kept.folder)).toEqual(['aws'])
})

test('the policy is asked as the owner of the file, in a style of its own, with the group that may read it', async () => {
  const kept = new KeptFiles()
  const asked: unknown[] = []
  kept.policy = async ({ style, audience, isSystem, caller }) => {
    asked.push({ style, audience, isSystem, userId: caller.userId, groups: await caller.findGroups() })
    return { rule: undefined, denial: new WireError('policy_denied') }
  }
  await kept.start(kept.entry({ owner: '65533', group: '65532', mode: 0o640 }))
  expect(asked).toEqual([
    {
      ...{ style: 'token-file', audience: 'x', isSystem: true, userId: 65_533 },
      groups: expect.arrayContaining(['65532']),
    },
  ])
  expect(kept.source.asked).toEqual([])
})

test('the audit log has each token that went to a file, and each reason why one was taken away, once', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  kept.policy = denied
  for (let look = 0; look < 3; look++) await kept.pass(5)
  const file = join(kept.folder, 'aws')
  expect(
    kept.audited.map(({ style, outcome, reason, rule, audience, file }) => ({
      style,
      outcome,
      reason,
      rule,
      audience,
      file,
    })),
  ).toEqual([
    { style: 'token-file', outcome: 'granted', audience: 'x', file },
    {
      style: 'token-file',
      outcome: 'refused',
      audience: 'x',
      file,
      reason: 'policy_denied',
      rule: 'no files',
    },
  ])
  expect(JSON.stringify([kept.audited, kept.logged, kept.standings])).not.toContain('token-1-for-x')
})

test('a file that the settings name no more is removed at the next start', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry(), kept.entry({ path: join(kept.folder, 'b') }))
  await kept.start(kept.entry())
  expect(readdirSync(kept.folder)).toEqual(['aws'])
})

test('a file that the settings name no more and that cannot be removed is told of once, and goes as soon as it can', async () => {
  const kept = new KeptFiles()
  const other = join(kept.stateFolder, '..', 'other')
  mkdirSync(other, { mode: 0o711 })
  const path = join(other, 'b')
  await kept.start(kept.entry(), kept.entry({ path }))
  chmodSync(other, 0o777)
  await kept.start(kept.entry())
  await kept.look()
  expect([existsSync(path), kept.logged.filter((line) => line.includes('could not be removed'))]).toEqual([
    true,
    [expect.stringContaining(path)],
  ])
  const own = kept.read()
  chmodSync(other, 0o711)
  await kept.look()
  expect([existsSync(path), kept.read()]).toEqual([false, own])
})

test('disconnecting removes every file that the agent wrote, and nothing else', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry(), kept.entry({ path: join(kept.folder, 'b') }))
  await kept.stop()
  writeFileSync(join(kept.folder, 'mine'), '')
  expect(await removeTokenFiles(kept.stateFolder)).toEqual([])
  expect(readdirSync(kept.folder)).toEqual(['mine'])
  expect(existsSync(join(kept.stateFolder, 'token-files.json'))).toBe(false)
  expect(await removeTokenFiles(kept.stateFolder)).toEqual([])
})

test('the list of written files is the agent’s alone, and one that is broken lets nothing be replaced', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry())
  const list = join(kept.stateFolder, 'token-files.json')
  expect(statSync(list).mode & 0o777).toBe(0o600)
  writeFileSync(list, '{"paths": ["relative"]}')
  await kept.start(kept.entry())
  expect([kept.read(), kept.codes]).toEqual(['token-1-for-x', ['token_file_occupied']])
})

test('what was written and what was not is counted, and the end of each token told', async () => {
  const kept = new KeptFiles()
  await kept.start(kept.entry(), kept.entry({ path: join(kept.folder, 'gone', 'b') }))
  expect(kept.counted.sort()).toEqual(['token_file_folder', 'written'])
  expect(kept.ends.map(({ expiresAt }) => expiresAt)).toEqual([
    kept.clock.now() + LIFE_SECONDS * 1000,
    undefined,
  ])
})
