import { randomUUID } from 'node:crypto'
import { type Enrolment, ONBOARDING_PATH, parseJoinToken } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import type { ControlPlane } from '../control-plane.ts'
import { type Answer, askForToken, makeKeys } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import {
  type EnrolledMachine,
  type MachineKeys,
  startTrialOnboarding,
  type TrialOnboarding,
} from '../testing/trial-onboarding.ts'
import { type AskOptions, ROLE } from '../testing/trial-resource-manager.ts'

const ACCEPT = '/landfast/v1/machines/accept-restored'
const DAY_SECONDS = 86_400

function accept(
  { ask }: TrialOnboarding,
  { identity: { resourceId } }: Pick<Enrolment, 'identity'>,
  { as, ...changes }: Pick<AskOptions, 'as'> & { lifetimeSeconds?: number } = {},
): Promise<Answer> {
  return ask(ACCEPT, { method: 'POST', json: { resourceId, ...changes }, ...(as && { as }) })
}

async function tokenStatus({ controlPlane, clock }: TrialOnboarding, machine: EnrolledMachine) {
  const { status } = await askForToken(machine, { controlPlane: controlPlane as ControlPlane, clock })
  return status
}

const codeOf = ({ status, body }: Answer): unknown[] => [status, body.error?.code]

/** The machine with `keys` after an answer that has their certificate. */
function withKeys(machine: EnrolledMachine, keys: MachineKeys, { body }: Answer): EnrolledMachine {
  return { ...machine, ...keys, certificate: body.certificate }
}

/** A machine that has renewed its key, and the snapshot of before. */
async function renewedMachine(trial: TrialOnboarding, name?: string) {
  const snapshot = await trial.enrolMachine(name)
  await trial.beat(snapshot, snapshot.nonce)
  const keys = await makeKeys()
  const machine = withKeys(snapshot, keys, await trial.renew(snapshot, keys))
  expect(await tokenStatus(trial, machine)).toBe(200)
  return { snapshot, machine }
}

async function originsOf({ storage }: TrialOnboarding, action: string) {
  return storage.db
    .selectFrom('audit')
    .select(['outcome', 'principal_id', 'origin'])
    .where('action', '=', action)
    .execute()
}

describe.each(DATABASES)('on %s', (database) => {
  test('an accepted machine comes back by a key that it had before, and every former key is refused for ever', async () => {
    const trial = await startTrialOnboarding({ database })
    const { snapshot, machine } = await renewedMachine(trial)
    expect(codeOf(await trial.beat(snapshot, snapshot.nonce))).toEqual([409, 'MachineCloned'])
    const { status, body } = await accept(trial, machine)
    const { principalId, resourceId } = machine.identity
    const acceptedUntil = new Date(trial.clock.now().getTime() + 3_600_000).toISOString()
    expect([status, body]).toEqual([200, { resourceId, principalId, state: 'enabled', acceptedUntil }])

    expect(codeOf(await trial.beat(snapshot, snapshot.nonce))).toEqual([401, 'RestoredAccepted'])
    expect(await tokenStatus(trial, snapshot)).toBe(401)
    const keys = await makeKeys()
    const back = withKeys(snapshot, keys, await trial.renew(snapshot, keys, { hostName: 'web-1-restored' }))
    expect((await trial.beat(back, 'of the snapshot')).status).toBe(200)
    expect(await tokenStatus(trial, back)).toBe(200)
    expect(back.identity).toEqual(machine.identity)
    // The word is used up: a copy of what came back is one.
    expect(codeOf(await trial.beat(back, 'older'))).toEqual([409, 'MachineCloned'])

    for (const former of [snapshot, machine]) {
      expect(codeOf(await trial.beat(former, former.nonce))).toEqual([409, 'MachineCloned'])
      expect(await tokenStatus(trial, former)).toBe(401)
      await accept(trial, machine)
      expect(codeOf(await trial.beat(former, former.nonce))).toEqual([409, 'MachineCloned'])
      expect(codeOf(await trial.renew(former, await makeKeys()))).toEqual([401, 'KeyRetired'])
    }
    expect(await trial.audited('accept-restored-machine')).toHaveLength(3)
    expect(await originsOf(trial, 'take-back-machine')).toEqual([
      { outcome: 'done', principal_id: principalId, origin: '"web-1-restored" at 127.0.0.1' },
    ])
  })

  test('who may read a machine sees until when it is accepted, and no time once it has come back', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const { resourceId } = machine.identity
    const reader = await trial.addCaller({ id: ROLE.reader, scope: resourceId })
    const read = (as = reader) => trial.ask(`${ACCEPT}?${new URLSearchParams({ resourceId })}`, { as })
    expect((await read()).body).toEqual({ resourceId })
    const { acceptedUntil } = (await accept(trial, machine, { lifetimeSeconds: 60 })).body
    expect((await read()).body).toEqual({ resourceId, acceptedUntil })
    expect(codeOf(await read(await trial.addCaller()))).toEqual([403, 'AuthorizationFailed'])
    expect((await trial.renew(machine, await makeKeys())).status).toBe(200)
    expect((await read()).body).toEqual({ resourceId })
  })

  test('an accepted machine comes back by its present key with an old nonce, and the copy that went on is refused', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const first = await trial.beat(machine, machine.nonce)
    const copy = await trial.beat(machine, first.body.nonce)
    const later = await trial.beat(machine, copy.body.nonce)
    await accept(trial, machine)
    expect(codeOf(await trial.beat(machine, machine.nonce))).toEqual([401, 'RestoredAccepted'])
    // Who has the right nonce is no copy, and uses nothing up.
    const present = await trial.beat(machine, later.body.nonce)
    expect(present.status).toBe(200)
    const keys = await makeKeys()
    const back = withKeys(machine, keys, await trial.renew(machine, keys))
    expect(codeOf(await trial.beat(machine, present.body.nonce))).toEqual([409, 'MachineCloned'])
    expect(await tokenStatus(trial, machine)).toBe(401)
    expect((await trial.beat(back, machine.nonce)).status).toBe(200)
  })

  test('of copies that come back at once exactly one does, and its lost answer is given again', async () => {
    const trial = await startTrialOnboarding({ database })
    const { snapshot, machine } = await renewedMachine(trial)
    await accept(trial, machine)
    const copies = await Promise.all(
      [snapshot, machine, snapshot, machine].map(async (from) => ({ from, keys: await makeKeys() })),
    )
    const answers = await Promise.all(copies.map(({ from, keys }) => trial.renew(from, keys)))
    const won = answers.flatMap(({ status }, index) => (status === 200 ? [index] : []))
    expect([won.length, answers.map(({ status }) => status).sort()]).toEqual([1, [200, 401, 401, 401]])
    const [winner] = won.map((index) => ({ ...copies[index], answer: answers[index] }))
    const { from = snapshot, keys = snapshot, answer } = winner ?? {}
    const again = await trial.renew(from, keys)
    expect([again.status, again.body]).toEqual([200, answer?.body])
    expect(await trial.audited('take-back-machine')).toHaveLength(1)
  })

  test('a machine that is past recovery comes back once it is accepted', async () => {
    const trial = await startTrialOnboarding({ database, recoveryDays: 1 })
    const machine = await trial.enrolMachine()
    await trial.beat(machine, machine.nonce)
    trial.clock.advance(200 * DAY_SECONDS)
    expect(codeOf(await trial.renew(machine, await makeKeys()))).toEqual([401, 'ReturnRefused'])
    const owner = {
      token: await trial.tokenFor((await trial.addCaller()).machine, 'https://management.azure.com'),
    }
    expect(codeOf(await accept(trial, machine, { as: owner }))).toEqual([403, 'AuthorizationFailed'])
    const administrator = await trial.addCaller({ id: ROLE.owner, scope: '/' })
    expect((await accept(trial, machine, { as: administrator })).status).toBe(200)
    const keys = await makeKeys()
    const back = withKeys(machine, keys, await trial.renew(machine, keys))
    expect((await trial.beat(back, machine.nonce)).status).toBe(200)
  })

  test('a join token that replaces gives the machine another key, and it keeps all that it is', async () => {
    const trial = await startTrialOnboarding({ database })
    const { snapshot, machine } = await renewedMachine(trial)
    const { principalId, resourceId } = machine.identity
    const replace = () =>
      trial.ask(ONBOARDING_PATH.joinTokens, { method: 'POST', json: { replaces: resourceId } })
    const { status, body } = await replace()
    expect([status, body]).toMatchObject([
      201,
      { uses: 1, usesLeft: 1, replaces: principalId, resourceGroup: 'shop', location: 'local' },
    ])
    const [secret = '', other = ''] = [body, (await replace()).body].map(
      ({ token }) => parseJoinToken(token)?.secret,
    )
    const keys = await makeKeys()
    const answer = await trial.enrol(secret, keys, { name: 'reinstalled', hostName: 'web-1-new' })
    expect([answer.status, answer.body.identity]).toEqual([201, machine.identity])
    expect((await trial.enrol(secret, keys, { name: 'reinstalled' })).body).toEqual(answer.body)
    const back = { ...machine, ...keys, ...answer.body }
    expect((await trial.beat(back, back.nonce)).status).toBe(200)
    expect(await tokenStatus(trial, back)).toBe(200)

    for (const joinToken of [secret, other]) {
      expect(codeOf(await trial.enrol(joinToken, await makeKeys()))).toEqual([401, 'JoinTokenRefused'])
    }
    await accept(trial, machine)
    for (const former of [snapshot, machine]) {
      expect(await tokenStatus(trial, former)).toBe(401)
      expect(codeOf(await trial.beat(former, former.nonce))).toEqual([409, 'MachineCloned'])
      expect(codeOf(await trial.renew(former, await makeKeys()))).toEqual([401, 'KeyRetired'])
    }
    expect(await originsOf(trial, 'replace-machine')).toEqual([
      { outcome: 'done', principal_id: principalId, origin: '"web-1-new" at 127.0.0.1' },
    ])
    const { body: trail } = await trial.ask('/landfast/v1/audit?action=replace-machine')
    const by = /^by the join token ([\da-f-]{36}), made by (.+) ([\da-f-]{36})$/.exec(trail.value[0].detail)
    const { body: used } = await trial.ask('/landfast/v1/audit?action=use-join-token')
    const paths = used.value.map(({ resourceId }: { resourceId: string }) => resourceId)
    expect(paths).toContain(`/landfast/v1/join-tokens/${by?.[1]}`)
    expect(by?.slice(2)).toEqual([
      trial.owner.machine.identity.resourceId.split('/').at(-1),
      trial.owner.principalId,
    ])
  })

  test('of hosts that come with one replacing token at once exactly one is the machine', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const secret = await replacingSecret(trial, machine)
    const keys = await Promise.all([1, 2, 3].map(() => makeKeys()))
    const answers = await Promise.all(keys.map((own) => trial.enrol(secret, own)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 401, 401])
    expect(await trial.audited('replace-machine')).toHaveLength(1)
  })

  test('a machine that is replaced ends no other token than those that would replace it', async () => {
    const trial = await startTrialOnboarding({ database })
    const [machine, other] = [await trial.enrolMachine('web-1'), await trial.enrolMachine('web-2')]
    const forOther = await replacingSecret(trial, other)
    const made = await trial.ask(ONBOARDING_PATH.joinTokens, {
      method: 'POST',
      json: { resourceGroup: 'shop' },
    })
    const forNew = parseJoinToken(made.body.token)?.secret ?? ''
    expect((await trial.enrol(await replacingSecret(trial, machine), await makeKeys())).status).toBe(201)
    const replaced = await trial.enrol(forOther, await makeKeys())
    expect([replaced.status, replaced.body.identity]).toEqual([201, other.identity])
    expect((await trial.enrol(forNew, await makeKeys(), { name: 'web-3' })).status).toBe(201)
  })

  test('a disabled machine stays disabled and a deleted one stays deleted, whatever an administrator has given', async () => {
    const trial = await startTrialOnboarding({ database })
    const machine = await trial.enrolMachine()
    const { resourceId } = machine.identity
    const secret = await replacingSecret(trial, machine)
    await accept(trial, machine)
    await trial.registry.disableMachine(resourceId)
    expect(codeOf(await trial.beat(machine, 'old'))).toEqual([401, 'MachineDisabled'])
    expect(codeOf(await trial.renew(machine, await makeKeys()))).toEqual([401, 'MachineDisabled'])
    const later = await replacingSecret(trial, machine)
    const keys = await makeKeys()
    const answer = await trial.enrol(secret, keys)
    expect([answer.status, (await trial.enrol(secret, keys)).body]).toEqual([201, answer.body])
    const replaced = { ...machine, ...keys, ...answer.body }
    expect(codeOf(await trial.beat(replaced, replaced.nonce))).toEqual([401, 'MachineDisabled'])
    expect(await tokenStatus(trial, replaced)).toBe(400)
    await trial.ask('/landfast/v1/machines/enable', { method: 'POST', json: { resourceId } })
    expect(await tokenStatus(trial, replaced)).toBe(200)
    expect(await tokenStatus(trial, machine)).toBe(401)
    expect(codeOf(await trial.enrol(later, await makeKeys()))).toEqual([401, 'JoinTokenRefused'])
    const last = await replacingSecret(trial, machine)
    await trial.registry.deleteMachine(resourceId)
    const namesake = await trial.enrolMachine()
    expect(namesake.identity.resourceId).toBe(resourceId)
    expect(codeOf(await trial.renew(machine, await makeKeys()))).toEqual([401, 'MachineDeleted'])
    expect(codeOf(await trial.enrol(last, await makeKeys()))).toEqual([401, 'JoinTokenRefused'])
    expect(await tokenStatus(trial, namesake)).toBe(200)
  })
})

/** Gives a machine a role at the subscription, above its resource group. */
async function giveReader({ ask, subscriptionId }: TrialOnboarding, principalId: string) {
  const roleDefinitionId = `/providers/Microsoft.Authorization/roleDefinitions/${ROLE.reader}`
  const assignments = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleAssignments`
  const json = { properties: { roleDefinitionId, principalId } }
  await ask(`${assignments}/${randomUUID()}?api-version=2022-04-01`, { method: 'PUT', json })
}

async function replacingSecret(
  trial: TrialOnboarding,
  { identity }: EnrolledMachine,
  as?: AskOptions['as'],
): Promise<string> {
  const json = { replaces: identity.resourceId }
  const { body } = await trial.ask(ONBOARDING_PATH.joinTokens, { method: 'POST', json, ...(as && { as }) })
  return parseJoinToken(body.token)?.secret ?? ''
}

test('an acceptance that has ended, or of another machine, brings nothing back', async () => {
  const trial = await startTrialOnboarding()
  const [machine, other] = [await trial.enrolMachine(), await trial.enrolMachine('web-2')]
  const { body } = await trial.beat(machine, machine.nonce)
  await trial.beat(machine, body.nonce)
  await accept(trial, other)
  expect(codeOf(await trial.beat(machine, 'old'))).toEqual([409, 'MachineCloned'])
  await accept(trial, machine, { lifetimeSeconds: 60 })
  trial.clock.advance(60)
  expect(codeOf(await trial.beat(machine, 'old'))).toEqual([409, 'MachineCloned'])
})

test('a key that was known is no new key for a machine that comes back, and the word is not used up', async () => {
  const trial = await startTrialOnboarding()
  const { snapshot, machine } = await renewedMachine(trial)
  await accept(trial, machine)
  for (const known of [machine, snapshot]) {
    expect(codeOf(await trial.renew(snapshot, known))).toEqual([409, 'KeyKnown'])
  }
  expect((await trial.renew(snapshot, await makeKeys())).status).toBe(200)
})

test('who could not give a machine all its roles and identities can say of no host that it is the machine', async () => {
  const trial = await startTrialOnboarding()
  const machine = await trial.enrolMachine()
  const { resourceId, principalId } = machine.identity
  const subscription = `/subscriptions/${trial.subscriptionId}`
  const scope = `${subscription}/resourceGroups/shop`
  const refused = [403, 'AuthorizationFailed']
  const tries = async (as: Pick<AskOptions, 'as'>['as']) => {
    const json = { replaces: resourceId }
    const made = await trial.ask(ONBOARDING_PATH.joinTokens, { method: 'POST', json, as })
    return [codeOf(await accept(trial, machine, { as })), codeOf(made)]
  }
  for (const id of [ROLE.onboarding, ROLE.contributor, ROLE.reader, ROLE.userAccessAdministrator]) {
    expect(await tries(await trial.addCaller({ id, scope }))).toEqual([refused, refused])
  }
  const owner = await trial.addCaller({ id: ROLE.owner, scope })
  expect(await tries(owner)).toEqual([
    [200, undefined],
    [201, undefined],
  ])
  await giveReader(trial, principalId)
  expect(await tries(owner)).toEqual([refused, refused])
  expect(await tries(trial.owner)).toEqual([
    [200, undefined],
    [201, undefined],
  ])
})

test('what the word for a machine would give by now counts when it is used, and so do the rights of who gave it', async () => {
  const trial = await startTrialOnboarding()
  const scope = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop`
  const as = await trial.addCaller({ id: ROLE.owner, scope })
  const tries = async (
    { snapshot, machine }: Awaited<ReturnType<typeof renewedMachine>>,
    after: () => unknown,
  ) => {
    const secret = await replacingSecret(trial, machine, as)
    expect((await accept(trial, machine, { as })).status).toBe(200)
    await after()
    const heard = codeOf(await trial.beat(snapshot, snapshot.nonce))
    const renewed = codeOf(await trial.renew(snapshot, await makeKeys()))
    return [heard, renewed, codeOf(await trial.enrol(secret, await makeKeys()))]
  }
  const refused = [
    [409, 'MachineCloned'],
    [401, 'KeyRetired'],
    [401, 'JoinTokenRefused'],
  ]
  const promoted = await renewedMachine(trial)
  const { principalId } = promoted.machine.identity
  expect(await tries(promoted, () => giveReader(trial, principalId))).toEqual(refused)
  expect(await tokenStatus(trial, promoted.machine)).toBe(200)
  const other = await renewedMachine(trial, 'web-2')
  const end = () => trial.registry.disableMachine(as.machine.identity.resourceId)
  expect(await tries(other, end)).toEqual(refused)
  // Another administrator's word does.
  await accept(trial, promoted.machine)
  expect((await trial.renew(promoted.snapshot, await makeKeys())).status).toBe(200)
})

test('a replacing token is asked for with nothing else but its lifetime, a day at most', async () => {
  const trial = await startTrialOnboarding()
  const { identity } = await trial.enrolMachine()
  const make = (json: object) => trial.ask(ONBOARDING_PATH.joinTokens, { method: 'POST', json })
  const replaces = identity.resourceId
  for (const wrong of [{ resourceGroup: 'shop' }, { uses: 2 }, { tags: {} }, { lifetimeSeconds: 86_401 }]) {
    expect(codeOf(await make({ replaces, ...wrong }))).toEqual([400, 'InvalidRequestContent'])
  }
  expect(codeOf(await make({}))).toEqual([400, 'InvalidRequestContent'])
  expect(codeOf(await make({ replaces: `${replaces}x` }))).toEqual([404, 'ResourceNotFound'])
  expect((await make({ replaces, lifetimeSeconds: 86_400 })).status).toBe(201)
})

test('a machine that never had a key is not accepted, since nothing could bring it back', async () => {
  const trial = await startTrialOnboarding()
  await trial.enrolMachine()
  const resourceId = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop/providers/Microsoft.HybridCompute/machines/bare`
  await trial.ask(`${resourceId}?api-version=2025-01-13`, { method: 'PUT', json: { location: 'cellar' } })
  const answer = await trial.ask(ACCEPT, { method: 'POST', json: { resourceId } })
  expect(codeOf(answer)).toEqual([409, 'NoKeyToReturnBy'])
})
