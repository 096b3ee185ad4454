import { existsSync } from 'node:fs'
import { get } from 'node:https'
import { dirname } from 'node:path'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator } from './emulator.ts'

const AUDIENCE = 'api://orders'

/** Asks as clients of App Service do. */
async function ask({ env }: Emulator, query: Record<string, string> = {}) {
  const url = `${env.IDENTITY_ENDPOINT}?${new URLSearchParams({ 'api-version': '2019-08-01', resource: AUDIENCE, ...query })}`
  const answer = await fetch(url, { headers: { 'X-IDENTITY-HEADER': env.IDENTITY_HEADER ?? '' } })
  return { status: answer.status, body: (await answer.json()) as Record<string, string> }
}

describe('an emulator', () => {
  let emulator: Emulator
  beforeAll(async () => {
    emulator = await createEmulator({
      identities: [
        'worker',
        { name: 'later', isAssigned: false },
        { name: 'clerk', roles: { [AUDIENCE]: ['Clerk'] } },
      ],
      roles: { [AUDIENCE]: ['Orders.Read', 'Orders.Write'] },
    })
  })
  afterAll(() => emulator.stop())

  async function claimsOf(query: Record<string, string> = {}) {
    const { body } = await ask(emulator, query)
    const keys = createLocalJWKSet((await emulator.jwks()) as unknown as JSONWebKeySet)
    const { issuer } = emulator
    const { payload } = await jwtVerify(body.access_token ?? '', keys, { issuer, audience: AUDIENCE })
    return payload
  }

  test('gives tokens of its machine, which its keys verify, with the app roles that it was given', async () => {
    const { principalId, clientId, resourceId } = emulator.identity
    expect(await claimsOf()).toMatchObject({
      oid: principalId,
      appid: clientId,
      xms_mirid: resourceId,
      roles: ['Orders.Read', 'Orders.Write'],
    })
  })

  test('gives tokens of a user-assigned identity that is selected, with roles of its own', async () => {
    const { clientId = '', principalId } = emulator.identities.clerk ?? {}
    expect(await claimsOf({ client_id: clientId })).toMatchObject({ oid: principalId, roles: ['Clerk'] })
  })

  test('gives no token of an identity before it is assigned, and none after it was taken away', async () => {
    const { clientId: client_id = '' } = emulator.identities.later ?? {}
    expect(await ask(emulator, { client_id })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
    await emulator.assign('later')
    expect(await ask(emulator, { client_id })).toMatchObject({ status: 200 })
    await emulator.unassign('later')
    expect(await ask(emulator, { client_id })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
  })

  test('says which identities there are when it is asked for another', async () => {
    await expect(emulator.assign('wroker')).rejects.toMatchObject({
      code: 'identity_unknown',
      message: expect.stringContaining('"wroker"; there are: worker, later, clerk'),
    })
  })

  test('tells what it was asked and how it answered, and no secret', async () => {
    emulator.clearRequests()
    await ask(emulator)
    await ask(emulator, { 'api-version': '1' })
    expect(emulator.requests).toMatchObject([
      { method: 'GET', path: '/msi/token', resource: AUDIENCE, status: 200 },
      { parameters: { 'api-version': '1' }, status: 400 },
    ])
    expect(JSON.stringify(emulator.requests)).not.toContain(emulator.env.IDENTITY_HEADER)
  })

  test('leads a process to itself, away from what leads elsewhere, and back', async () => {
    const environment: Record<string, string | undefined> = {
      AZURE_CLIENT_ID: 'x',
      MSI_ENDPOINT: 'y',
      PATH: '/bin',
    }
    const before = { ...environment }
    const applied = emulator.applyEnv(environment)
    expect(environment).toEqual({ PATH: '/bin', ...emulator.env })
    applied[Symbol.dispose]()
    expect(environment).toEqual(before)
  })
})

/** By a connection of its own: one that was trusted goes on. */
async function reach({ env }: Emulator): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  get(env.IDENTITY_ENDPOINT ?? '', { agent: false }, (answer) => resolve(answer.resume().statusCode)).on(
    'error',
    reject,
  )
  return await promise
}

test('this process trusts endpoints that have TLS, each until it leads there no more', async () => {
  await using one = await createEmulator({ style: 'service-fabric' })
  await using other = await createEmulator({ style: 'service-fabric' })
  const code = 'DEPTH_ZERO_SELF_SIGNED_CERT'
  await expect(reach(one)).rejects.toMatchObject({ code })
  const [first, second] = [one.applyEnv(), other.applyEnv()]
  expect([await reach(one), await reach(other)]).toEqual([401, 401])
  first[Symbol.dispose]()
  await expect(reach(one)).rejects.toMatchObject({ code })
  expect(await reach(other)).toBe(401)
  second[Symbol.dispose]()
  await expect(reach(other)).rejects.toMatchObject({ code })
})

test('two emulators are two worlds', async () => {
  await using one = await createEmulator()
  await using other = await createEmulator()
  expect(one.identity.tenantId).not.toBe(other.identity.tenantId)
  expect((await ask(one)).status).toBe(200)
  const { env } = one
  expect(await ask({ ...one, env: { ...env, IDENTITY_ENDPOINT: other.url } } as Emulator)).toMatchObject({
    status: 401,
  })
})

test('what applied an environment is undone when the emulator stops', async () => {
  const environment: Record<string, string | undefined> = { AZURE_CLIENT_ID: 'x' }
  {
    await using emulator = await createEmulator()
    emulator.applyEnv(environment)
    expect(environment.AZURE_CLIENT_ID).toBeUndefined()
  }
  expect(environment).toEqual({ AZURE_CLIENT_ID: 'x' })
})

test('two that lead one environment may stop in any order, and what was there before is back', async () => {
  const environment: Record<string, string | undefined> = { AZURE_CLIENT_ID: 'x' }
  await using one = await createEmulator()
  await using other = await createEmulator()
  const first = one.applyEnv(environment)
  const second = other.applyEnv(environment)
  first[Symbol.dispose]()
  expect(environment.IDENTITY_ENDPOINT).toBe(other.env.IDENTITY_ENDPOINT)
  second[Symbol.dispose]()
  expect(environment).toEqual({ AZURE_CLIENT_ID: 'x' })
})

test('what is no argument is refused with what was expected', async () => {
  await using emulator = await createEmulator({ identities: ['worker'] })
  for (const environment of [null, 'x', ['a']] as never[]) {
    expect(() => emulator.applyEnv(environment)).toThrow(
      expect.objectContaining({ code: 'option_invalid', message: expect.stringContaining('process.env') }),
    )
  }
  for (const name of [undefined, null, {}] as never[]) {
    for (const change of ['assign', 'unassign'] as const)
      await expect(emulator[change](name)).rejects.toMatchObject({
        code: 'identity_unknown',
        message: expect.stringContaining('there are: worker'),
      })
  }
  await expect(emulator.fault(undefined as never)).rejects.toMatchObject({ code: 'fault_invalid' })
})

test('an emulator that has stopped says so, whatever it is asked', async () => {
  const emulator = await createEmulator({ identities: ['worker'] })
  await emulator.stop()
  const code = 'stopped'
  await expect(emulator.fault({ kind: 'timeout' })).rejects.toMatchObject({ code })
  await expect(emulator.assign('worker')).rejects.toMatchObject({ code })
  await expect(emulator.unassign('worker')).rejects.toMatchObject({ code })
  await expect(emulator.jwks()).rejects.toMatchObject({ code })
  expect(() => emulator.applyEnv({})).toThrow('the emulator has stopped')
})

test('a stopped emulator leaves no folder, and answers no more', async () => {
  const emulator = await createEmulator()
  const folder = dirname(dirname(emulator.caFile))
  expect(existsSync(folder)).toBe(true)
  await emulator.stop()
  await emulator.stop()
  expect(existsSync(folder)).toBe(false)
  await expect(ask(emulator)).rejects.toThrow('fetch failed')
})

test.each([
  [{ style: 'arcade' }, '"style" must be one of arc, '],
  [{ port: 70_000 }, '"port" must be a whole number'],
  [{ keyFolder: '/x' }, '"keyFolder" is of no use'],
  [{ machine: 'a b' }, '"a b" is no name'],
  [{ identities: ['abc', 'ABC'] }, 'names "abc" twice'],
  [{ identities: ['ab'] }, '"ab" is no name: 3 to 128 letters'],
  [{ identities: ['../x'] }, '"../x" is no name'],
  [null, 'the options must be an object with style, '],
  [{ stile: 'arc' }, '"stile" is no option; there are style, '],
  [{ identities: 'worker' }, `"identities" must be a list such as ['worker']`],
  [{ identities: [{ name: 'a', role: {} }] }, '"role" is no option; there are name, roles, isAssigned'],
  [{ identities: [{}] }, '"undefined" is no name'],
  [{ identities: [{ name: 'worker', isAssigned: 'no' }] }, '"isAssigned" must be true or false'],
  [{ machine: 7 }, '"7" is no name'],
  [{ keyFolder: '', style: 'arc' }, '"keyFolder" must be a path'],
  [{ roles: ['Orders.Read'] }, '"roles" must be an object such as'],
  [{ roles: { 'api://orders': 'Orders.Read' } }, '"roles" must have a list of names for "api://orders"'],
  [{ roles: { 'api://orders/.default': [] } }, 'write its audience, "api://orders"'],
  [{ services: 'key-vault' }, '"services" must be a list'],
  [{ services: ['keyvault'] }, '"keyvault" is no service'],
  [{ secrets: { a: 1 }, services: ['key-vault'] }, '"secrets" must have a text for "a"'],
])('%j is refused, and nothing is started', async (options, reason) => {
  await expect(createEmulator(options as never)).rejects.toMatchObject({
    code: 'option_invalid',
    message: expect.stringContaining(reason),
  })
})
