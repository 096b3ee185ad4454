import { ONBOARDING_PATH } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import { forgetNonces } from '../recovery/restored-registry.ts'
import { makeKeys } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import {
  type CertifiedMachine,
  startTrialOnboarding,
  type TrialOnboarding,
} from '../testing/trial-onboarding.ts'
import { codeOf } from '../testing/trial-resource-manager.ts'

const DAY_SECONDS = 86_400

async function statusOf({ ask }: TrialOnboarding, resourceId: string): Promise<string> {
  const { body } = await ask(`${resourceId}?api-version=2025-01-13`)
  return body.properties.status
}

describe.each(DATABASES)('on %s', (database) => {
  test('a machine is Connected from its first heartbeat on, and each answer brings the next nonce', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const { resourceId } = machine.identity
    expect(await statusOf(trial, resourceId)).toBe('AwaitingConnection')
    const first = await trial.beat(machine, machine.nonce)
    expect([first.status, first.body]).toEqual([
      200,
      { nonce: expect.any(String), nextHeartbeatSeconds: 300, identities: [], tags: {} },
    ])
    expect(await statusOf(trial, resourceId)).toBe('Connected')
    const second = await trial.beat(machine, first.body.nonce)
    expect(second.status).toBe(200)
    expect(new Set([machine.nonce, first.body.nonce, second.body.nonce]).size).toBe(3)
    expect(await trial.audited('heartbeat')).toEqual([])
  })

  test('each answer brings the tags that the machine has now', async () => {
    const trial = await startTrialOnboarding({ database })
    const [machine, other] = [await trial.enrolMachine(), await trial.enrolMachine('web-2')]
    await trial.ask(`${machine.identity.resourceId}?api-version=2025-01-13`, {
      method: 'PATCH',
      json: { tags: { team: 'red' } },
    })
    const answers = await Promise.all([machine, other].map((one) => trial.beat(one, one.nonce)))
    expect(answers.map(({ body }) => body.tags)).toEqual([{ team: 'red' }, {}])
  })

  test('an assertion that names its key by what no thumbprint is disturbs nobody', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    for (const name of ['\0', '', 'a'.repeat(44), `${'a'.repeat(42)}\0`]) {
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', 'x5t#S256': name })).toString('base64url')
      const [, claims, signature] = (await trial.assertion(machine, ONBOARDING_PATH.heartbeat)).split('.')
      const assertion = `${header}.${claims}.${signature}`
      const [refused, taken] = await Promise.all([
        trial.beat(machine, machine.nonce, { assertion }),
        trial.beat(machine, machine.nonce),
      ])
      expect([refused.status, refused.body.error.code]).toEqual([401, 'AssertionRefused'])
      expect(taken.status).toBe(200)
      machine.nonce = taken.body.nonce
    }
  })

  test('a registry from an old backup takes every machine for a copy, until it is told to take the next heartbeat', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const waiting = await trial.enrolMachine('web-2')
    const { body } = await trial.beat(machine, machine.nonce)
    const later = await trial.beat(machine, body.nonce)
    // As a restored backup of before the first heartbeat has it.
    await trial.storage.db
      .updateTable('presence')
      .set({ nonce: machine.nonce, previous_nonce: null })
      .where('principal_id', '=', machine.identity.principalId)
      .execute()
    expect((await trial.beat(machine, later.body.nonce)).status).toBe(409)
    // One of the two others is the caller of this test.
    expect(await forgetNonces(trial.storage, trial.clock.now())).toBe(3)
    const back = await trial.beat(machine, later.body.nonce)
    expect(back.status).toBe(200)
    expect((await trial.beat(machine, body.nonce)).status).toBe(409)
    expect((await trial.beat(machine, back.body.nonce)).status).toBe(200)
    // It may have sent heartbeats since the backup, which the registry does not know of.
    expect((await trial.beat(waiting, 'of after the backup')).status).toBe(200)
    expect((await trial.beat(waiting, 'guessed')).status).toBe(409)
    expect(await trial.audited('accept-restored')).toEqual([{ outcome: 'done', code: null }])
  })

  test('of two copies one goes on; the other is told both hosts and what to run, and so it stays', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const a = await trial.beat(machine, machine.nonce, { hostName: 'host-a' })
    const b = await trial.beat(machine, machine.nonce, { hostName: 'host-b' })
    expect([a.status, b.status]).toEqual([200, 200])
    for (const attempt of [1, 2]) {
      const { status, body } = await trial.beat(machine, a.body.nonce, { hostName: 'host-a' })
      expect([attempt, status, body.error.code]).toEqual([attempt, 409, 'MachineCloned'])
      for (const part of ['"host-a"', '"host-b"', 'disconnect --force-local-only', 'landfast connect']) {
        expect(body.error.message).toContain(part)
      }
    }
    expect((await trial.beat(machine, b.body.nonce, { hostName: 'host-b' })).status).toBe(200)
    expect(await trial.audited('heartbeat')).toEqual([{ outcome: 'refused', code: 'MachineCloned' }])
  })

  test('equal refusals of an hour are one row, which counts them and says when the last was', async () => {
    const trial = await startTrialOnboarding({ database })
    trial.clock.advance(3_600 - ((trial.clock.now().getTime() / 1_000) % 3_600))
    const [web, other] = [await trial.enrolMachine(), await trial.enrolMachine('web-2')]
    const refuse = async (machine: typeof web, nonce = 'stale') => {
      expect((await trial.beat(machine, nonce)).status).toBe(409)
      trial.clock.advance(30)
    }
    for (const machine of [web, other]) {
      const { body } = await trial.beat(machine, machine.nonce)
      await trial.beat(machine, body.nonce)
    }
    for (let count = 0; count < 50; count += 1) await refuse(web)
    await refuse(other)
    trial.clock.advance(3_600)
    await refuse(web)
    const rows = await trial.storage.db
      .selectFrom('audit')
      .select(['principal_id', 'count', 'time', 'last_time', 'origin', 'suppressed'])
      .where('action', '=', 'heartbeat')
      .orderBy('time')
      .execute()
    const [mine, others] = [web, other].map(({ identity }) => identity.principalId)
    expect(rows.map((row) => [row.principal_id, row.count, Number(row.last_time) - row.time])).toEqual([
      [mine, 50, 49 * 30_000],
      [others, 1, 0],
      [mine, 1, 0],
    ])
    for (const row of rows) expect(row).toMatchObject({ origin: 'at 127.0.0.1', suppressed: 0 })
  })

  test('of copies that send the same nonce at once, the one whose answer was the last goes on alone', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const { body } = await trial.beat(machine, machine.nonce)
    const answers = await Promise.all(Array.from({ length: 5 }, () => trial.beat(machine, body.nonce)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    const next = await Promise.all(answers.map((answer) => trial.beat(machine, answer.body.nonce)))
    expect(next.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409])
  })

  test('a heartbeat that comes twice is taken once, also if both come at once', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const assertion = await trial.assertion(machine, ONBOARDING_PATH.heartbeat)
    const answers = await Promise.all([1, 2].map(() => trial.beat(machine, machine.nonce, { assertion })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
    const replay = await trial.beat(machine, machine.nonce, { assertion })
    expect([replay.status, replay.body.error.code]).toEqual([401, 'AssertionSpent'])
  })

  test('the first heartbeat with a renewed key ends the old one', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const keys = await makeKeys()
    const { body } = await trial.renew(machine, keys)
    const renewed = { ...machine, ...keys, ...body }
    const old = await trial.beat(machine, machine.nonce)
    expect(old.status).toBe(200)
    const fresh = await trial.beat(renewed, old.body.nonce)
    expect(fresh.status).toBe(200)
    const restored = await trial.beat(machine, fresh.body.nonce, { hostName: 'backup' })
    expect([restored.status, restored.body.error.code]).toEqual([409, 'MachineCloned'])
    expect(restored.body.error.message).toContain('"backup"')
  })

  test('many machines in one commit are each answered for themselves', async () => {
    const trial = await startTrialOnboarding({ database })
    const machines: Awaited<ReturnType<typeof trial.enrolMachine>>[] = []
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) machines.push(await trial.enrolMachine(name))
    const [, copied, disabled, deleted] = machines
    await trial.registry.disableMachine(disabled?.identity.resourceId ?? '')
    await trial.registry.deleteMachine(deleted?.identity.resourceId ?? '')
    const answers = await Promise.all(
      machines.map((machine) => trial.beat(machine, machine === copied ? 'stale' : machine.nonce)),
    )
    expect(answers.map(({ body }) => body.error?.code ?? 'taken')).toEqual([
      'taken',
      'MachineCloned',
      'MachineDisabled',
      'MachineDeleted',
      'taken',
      'taken',
    ])
    const nonces = await trial.storage.db
      .selectFrom('presence')
      .innerJoin('machine', 'machine.principal_id', 'presence.principal_id')
      .select(['machine.name', 'presence.nonce'])
      .where('machine.name', 'in', ['a', 'e', 'f'])
      .orderBy('machine.name')
      .execute()
    expect(nonces.map(({ nonce }) => nonce)).toEqual([0, 4, 5].map((index) => answers[index]?.body.nonce))
  })
})

test('a lost answer does no harm: the nonce before is good as well', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  await trial.beat(machine, machine.nonce)
  const again = await trial.beat(machine, machine.nonce)
  expect(again.status).toBe(200)
  expect((await trial.beat(machine, again.body.nonce)).status).toBe(200)
})

test('the answer has the user-assigned identities that the machine has now', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const { storage, tenantId } = trial
  const row = { tenant_id: tenantId, display_name: 'i', created_at: 0, changed_at: 0 }
  const identity = {
    id: 'p1',
    client_id: 'c1',
    kind: 'user-assigned',
    state: 'enabled',
    resource_id: '/r1',
  } as const
  await storage.db
    .insertInto('principal')
    .values({ ...row, ...identity })
    .execute()
  const pair = { machine_principal_id: machine.identity.principalId, identity_principal_id: 'p1' }
  await storage.db.insertInto('machine_user_identity').values(pair).execute()
  const first = await trial.beat(machine, machine.nonce)
  expect(first.body.identities).toEqual([{ clientId: 'c1', principalId: 'p1', resourceId: '/r1' }])
  await storage.db.deleteFrom('machine_user_identity').execute()
  expect((await trial.beat(machine, first.body.nonce)).body.identities).toEqual([])
})

test('what a machine tells of itself changes its resource if it is for it to tell, and never the ETag', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const read = () => trial.ask(`${machine.identity.resourceId}?api-version=2025-01-13`)
  const changedAt = async () => (await read()).body.systemData.lastModifiedAt
  const tell = async (nonce: string, properties: object) =>
    (await trial.beat(machine, nonce, { properties })).body.nonce
  const before = await read()
  trial.clock.advance(1)
  const nonce = await tell(machine.nonce, { osName: 'linux', locationData: { name: 'x' }, status: 'Expired' })
  const { body, headers } = await read()
  expect(body.properties).toMatchObject({ osName: 'linux', status: 'Connected' })
  expect(body.properties.locationData).toBeUndefined()
  expect(headers.etag).toBe(before.headers.etag)
  expect(body.systemData.lastModifiedAt).toBe(trial.clock.now().toISOString())
  trial.clock.advance(1)
  await tell(nonce, { osName: 'linux' })
  expect(await changedAt()).toBe(body.systemData.lastModifiedAt)
})

test('properties that are too long are refused', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const properties = { osName: 'x'.repeat(17_000) }
  expect((await trial.beat(machine, machine.nonce, { properties })).body.error.code).toBe('InvalidParameter')
})

test('a machine cannot tell anything by which no list of machines could be written any more', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const list = `/subscriptions/${trial.subscriptionId}/providers/Microsoft.HybridCompute/machines?api-version=2025-01-13`
  for (const depth of [100, 2_000, 4_000, 8_000]) {
    const json = {
      assertion: await trial.assertion(machine, ONBOARDING_PATH.heartbeat),
      nonce: machine.nonce,
      hostName: 'host-a',
      properties: { osProfile: 'DEEP' },
    }
    // Written by hand, since what is nested so deep cannot be written otherwise.
    const text = JSON.stringify(json).replace('"DEEP"', '['.repeat(depth) + ']'.repeat(depth))
    const { status } = await trial.ask(ONBOARDING_PATH.heartbeat, { method: 'POST', text, as: undefined })
    expect([depth, status, (await trial.ask(list)).status]).toEqual([depth, 400, 200])
  }
})

test('a certificate that has ended is taken no more: the machine is to renew it', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  trial.clock.advance(90 * DAY_SECONDS)
  const { status, body } = await trial.beat(machine, machine.nonce)
  expect([status, body.error.code]).toEqual([401, 'CertificateExpired'])
})

const ASSERTIONS: [what: string, claims: Record<string, unknown>, code: string][] = [
  ['for the token endpoint', { aud: 'https://cp.example/t/oauth2/v2.0/token' }, 'AssertionRefused'],
  ['of another client', { iss: 'x', sub: 'x' }, 'AssertionRefused'],
  ['without a jti', { jti: undefined }, 'AssertionRefused'],
  ['that has expired', { iat: 1, nbf: 1, exp: 2 }, 'AssertionOutOfTime'],
  ['that is good for an hour', { exp: Math.floor(Date.now() / 1000) + 3600 }, 'AssertionRefused'],
]
test('an assertion that is not good is refused, and nothing is changed', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  for (const [what, claims, code] of ASSERTIONS) {
    const assertion = await trial.assertion(machine, ONBOARDING_PATH.heartbeat, claims)
    const { status, body } = await trial.beat(machine, machine.nonce, { assertion })
    expect([what, status, body.error.code]).toEqual([what, 401, code])
  }
  const stranger: CertifiedMachine = { ...machine, privateKey: (await makeKeys()).privateKey }
  const assertions = [
    await trial.assertion(stranger, ONBOARDING_PATH.heartbeat),
    await trial.assertion(machine, ONBOARDING_PATH.renew),
    'x',
    'x'.repeat(4000),
  ]
  for (const assertion of assertions) {
    expect((await trial.beat(machine, machine.nonce, { assertion })).body.error.code).toBe('AssertionRefused')
  }
  expect((await trial.beat(machine, machine.nonce)).status).toBe(200)
})

test('wrong types are a 400, also a host name with control characters', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  for (const changes of [
    { nonce: 7 },
    { hostName: '' },
    { hostName: 'a\nb' },
    { hostName: 'a"b' },
    { hostName: 'x'.repeat(254) },
    { assertion: undefined },
    { assertion: 'x'.repeat(100_000) },
    { properties: [] },
  ]) {
    const { status } = await trial.beat(machine, machine.nonce, changes)
    expect([changes, [400, 413].includes(status)]).toEqual([changes, true])
  }
})

test('the refusals of one machine’s copy hide none of another machine’s in the audit trail', async () => {
  const trial = await startTrialOnboarding()
  for (const [name, copies] of [
    ['loud', 12],
    ['quiet', 1],
  ] as const) {
    const machine = await trial.enrolMachine(name)
    await trial.beat(machine, machine.nonce)
    const { body } = await trial.beat(machine, machine.nonce)
    await trial.beat(machine, body.nonce)
    for (let count = 0; count < copies; count += 1) {
      expect(codeOf(await trial.beat(machine, 'stale'))).toEqual([409, 'MachineCloned'])
    }
  }
  const { body } = await trial.ask('/landfast/v1/audit?action=heartbeat&code=MachineCloned')
  const counts = body.value.map((entry: Record<string, unknown>) => [entry.principalName, entry.count])
  expect(new Map(counts)).toEqual(new Map(Object.entries({ loud: 10, quiet: 1 })))
})
