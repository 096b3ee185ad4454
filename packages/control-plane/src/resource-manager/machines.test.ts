import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { askForToken, makeKeys } from '../testing/trial.ts'
import { DATABASES, type TrialDatabase } from '../testing/trial-database.ts'
import {
  codeOf,
  MANAGEMENT,
  ROLE,
  startTrialResourceManager,
  type TrialResourceManager,
} from '../testing/trial-resource-manager.ts'

const VERSION = 'api-version=2025-01-13'
const GUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

interface Trial extends TrialResourceManager {
  group: string
}

/** With an empty resource group "web". */
async function start(options: { database?: TrialDatabase } = {}): Promise<Trial> {
  const trial = await startTrialResourceManager(options)
  const group = `/subscriptions/${trial.subscriptionId}/resourceGroups/web`
  const made = await trial.ask(`${group}?api-version=2025-04-01`, {
    method: 'PUT',
    json: { location: 'here' },
  })
  expect(made.status).toBe(201)
  return { ...trial, group }
}

function machinePath({ group }: Trial, name: string): string {
  return `${group}/providers/Microsoft.HybridCompute/machines/${name}?${VERSION}`
}

function put(trial: Trial, name: string, json: object, headers: Record<string, string> = {}) {
  return trial.ask(machinePath(trial, name), { method: 'PUT', json, headers })
}

function publicKeyText(pem: string, type: 'pkcs1' | 'spki' = 'pkcs1'): string {
  return createPublicKey(pem).export({ format: 'der', type }).toString('base64')
}

const LINUX = { location: 'westeurope', identity: { type: 'SystemAssigned' } }

test('a machine is made as the connected machine agent makes it, and read', async () => {
  const trial = await start()
  const { publicKey } = await makeKeys('rsa')
  const vmId = randomUUID()
  const properties = {
    vmId,
    clientPublicKey: publicKeyText(publicKey),
    locationData: { name: 'Rack 7', city: 'Bern' },
    osProfile: { computerName: 'web-1' },
    osType: 'linux',
    osName: 'not the caller’s to say',
    status: 'Connected',
  }
  const made = await put(trial, 'Web-1', { ...LINUX, tags: { env: 'prod' }, properties })
  const { osName: _, ...kept } = properties
  const time = trial.clock.now().toISOString()
  expect([made.status, made.body]).toEqual([
    200,
    {
      id: `${trial.group}/providers/Microsoft.HybridCompute/machines/Web-1`,
      name: 'Web-1',
      type: 'Microsoft.HybridCompute/machines',
      location: 'westeurope',
      tags: { env: 'prod' },
      identity: {
        type: 'SystemAssigned',
        principalId: expect.stringMatching(GUID),
        tenantId: trial.tenantId,
      },
      properties: {
        ...kept,
        displayName: 'Web-1',
        provisioningState: 'Succeeded',
        status: 'AwaitingConnection',
        lastStatusChange: time,
        errorDetails: [],
      },
      systemData: { createdAt: time, lastModifiedAt: time },
    },
  ])
  const read = await trial.ask(`${machinePath(trial, 'WEB-1').toLowerCase()}&$expand=instanceView`)
  expect([read.body, read.headers.etag]).toEqual([made.body, made.headers.etag])
})

test('a machine that was made with its key gets tokens by it', async () => {
  const trial = await start()
  const keys = await makeKeys('rsa')
  const { body } = await put(trial, 'm1', {
    ...LINUX,
    properties: { clientPublicKey: publicKeyText(keys.publicKey) },
  })
  const { db } = trial.storage
  const { client_id: clientId, certificate } = await db
    .selectFrom('principal')
    .innerJoin('machine_key', 'machine_key.principal_id', 'principal.id')
    .select(['client_id', 'certificate'])
    .where('id', '=', body.identity.principalId)
    .executeTakeFirstOrThrow()
  const { principalId } = body.identity
  const identity = { tenantId: trial.tenantId, clientId, principalId, resourceId: body.id }
  const machine = { ...keys, identity, certificate }
  const answer = await askForToken(machine, trial as never, { scope: `${MANAGEMENT}/.default` })
  expect(answer.status).toBe(200)
})

for (const [form, write] of Object.entries({
  'SPKI in PEM': (pem: string) => pem,
  'PKCS#1 in PEM': (pem: string) => createPublicKey(pem).export({ format: 'pem', type: 'pkcs1' }).toString(),
  'SPKI in base64': (pem: string) => publicKeyText(pem, 'spki'),
})) {
  test(`a key may be written as ${form}, and is the same key`, async () => {
    const trial = await start()
    const { publicKey } = await makeKeys('rsa')
    const clientPublicKey = publicKeyText(publicKey)
    const made = await put(trial, 'm1', { ...LINUX, properties: { clientPublicKey: write(publicKey) } })
    expect(made.body.properties.clientPublicKey).toBe(clientPublicKey)
    expect((await put(trial, 'm1', { ...LINUX, properties: { clientPublicKey } })).status).toBe(200)
  })
}

test('an EC key is taken in base64', async () => {
  const trial = await start()
  const { publicKey } = await makeKeys('ec')
  const clientPublicKey = publicKeyText(publicKey, 'spki')
  const made = await put(trial, 'm1', { ...LINUX, properties: { clientPublicKey } })
  expect([made.status, made.body.properties.clientPublicKey]).toEqual([200, clientPublicKey])
})

test('a machine is changed by a PUT, which says all of it, and by a PATCH, which says what is new', async () => {
  const trial = await start()
  const locationData = { name: 'Rack 7' }
  const first = await put(trial, 'm1', {
    ...LINUX,
    tags: { a: '1' },
    properties: { locationData, osType: 'linux' },
  })
  const second = await put(trial, 'm1', { tags: { b: '2' }, properties: { osType: 'windows' } })
  expect(second.body).toMatchObject({
    tags: { b: '2' },
    identity: first.body.identity,
    location: 'westeurope',
  })
  expect(second.body.properties).toMatchObject({ osType: 'windows', vmId: first.body.properties.vmId })
  expect(second.body.properties).not.toHaveProperty('locationData')

  const json = { properties: { locationData: { name: 'Rack 8' }, status: 'Connected' } }
  const third = await trial.ask(machinePath(trial, 'm1'), { method: 'PATCH', json })
  expect(third.body).toMatchObject({
    tags: { b: '2' },
    properties: { ...json.properties, status: 'AwaitingConnection', osType: 'windows' },
  })
  const fourth = await trial.ask(machinePath(trial, 'm1'), { method: 'PATCH', json: { tags: {} } })
  expect(fourth.body).toMatchObject({ tags: {}, properties: { locationData: { name: 'Rack 8' } } })
})

test('what a machine told of itself stays when an administrator puts it', async () => {
  const trial = await start()
  await put(trial, 'm1', LINUX)
  await trial.storage.db
    .updateTable('machine')
    .set({ properties: JSON.stringify({ osName: 'Debian', osProfile: { computerName: 'a' } }) })
    .where('name', '=', 'm1')
    .execute()
  const { body } = await put(trial, 'm1', { properties: { osProfile: { computerName: 'b' } } })
  expect(body.properties).toMatchObject({ osName: 'Debian', osProfile: { computerName: 'b' } })
})

test('a machine is there or not', async () => {
  const trial = await start()
  await put(trial, 'm1', LINUX)
  const there = await trial.ask(machinePath(trial, 'm1'), { method: 'HEAD' })
  expect([there.status, there.body]).toEqual([204, undefined])
  const missing = await trial.ask(machinePath(trial, 'm2'), { method: 'HEAD' })
  expect([missing.status, missing.headers['x-ms-error-code']]).toEqual([404, 'ResourceNotFound'])
})

test('machines are listed by resource group and by subscription, page by page', async () => {
  const trial = await start()
  for (const name of ['b', 'a', 'C']) await put(trial, name, LINUX)
  const list = async (scope: string) => {
    const seen: string[] = []
    let next = `${scope}/providers/microsoft.hybridcompute/machines?${VERSION}&$top=2`
    while (next) {
      const { body } = await trial.ask(next)
      seen.push(...body.value.map(({ name }: { name: string }) => name))
      next = (body.nextLink ?? '').replace(trial.controlPlane.url, '')
    }
    return seen
  }
  expect(await list(trial.group)).toEqual(['a', 'b', 'C'])
  const all = await list(`/subscriptions/${trial.subscriptionId.toUpperCase()}`)
  expect(all.slice(-3)).toEqual(['a', 'b', 'C'])
  expect(all).toHaveLength(4)
})

test('a machine is deleted once; a second time there is nothing to delete', async () => {
  const trial = await start()
  await put(trial, 'm1', LINUX)
  const remove = (version: string) =>
    trial.ask(machinePath(trial, 'm1').replace(VERSION, `api-version=${version}`), { method: 'DELETE' })
  expect((await remove('2021-05-20')).status).toBe(200)
  expect((await remove('2021-05-20')).status).toBe(204)
  expect((await remove('2026-07-15')).status).toBe(204)
  await put(trial, 'm1', LINUX)
  expect((await remove('2026-07-15')).status).toBe(204)
  expect(codeOf(await trial.ask(machinePath(trial, 'm1')))).toEqual([404, 'ResourceNotFound'])
})

test('a machine that is made again after it was deleted is another one, and needs another key', async () => {
  const trial = await start()
  const { publicKey } = await makeKeys()
  const properties = { clientPublicKey: publicKey }
  const first = await put(trial, 'm1', { ...LINUX, properties })
  await trial.ask(machinePath(trial, 'm1'), { method: 'DELETE' })
  expect(codeOf(await put(trial, 'm1', { ...LINUX, properties }))).toEqual([409, 'KeyKnown'])
  const second = await put(trial, 'm1', LINUX)
  expect(second.status).toBe(200)
  expect(second.body.identity.principalId).not.toBe(first.body.identity.principalId)
  expect(second.headers.etag).not.toBe(first.headers.etag)
})

test('roles at a machine go with it', async () => {
  const trial = await start()
  const { body } = await put(trial, 'm1', LINUX)
  const reader = await trial.addCaller({ id: ROLE.reader, scope: body.id })
  expect((await trial.ask(machinePath(trial, 'm1'), { as: reader })).status).toBe(200)
  await trial.ask(machinePath(trial, 'm1'), { method: 'DELETE' })
  await put(trial, 'm1', LINUX)
  expect(codeOf(await trial.ask(machinePath(trial, 'm1'), { as: reader }))).toEqual([
    403,
    'AuthorizationFailed',
  ])
})

describe('what a machine is cannot be changed:', () => {
  test('its location', async () => {
    const trial = await start()
    await put(trial, 'm1', LINUX)
    const answer = await put(trial, 'm1', { ...LINUX, location: 'eastus' })
    expect(codeOf(answer)).toEqual([409, 'InvalidResourceLocation'])
    expect(answer.body.error.message).toContain("already exists in location 'westeurope'")
    expect((await put(trial, 'm1', { ...LINUX, location: 'West Europe' })).status).toBe(200)
  })

  test('its vmId', async () => {
    const trial = await start()
    const vmId = randomUUID()
    await put(trial, 'm1', { ...LINUX, properties: { vmId } })
    expect((await put(trial, 'm1', { ...LINUX, properties: { vmId: vmId.toUpperCase() } })).status).toBe(200)
    const answer = await put(trial, 'm1', { ...LINUX, properties: { vmId: randomUUID() } })
    expect(codeOf(answer)).toEqual([409, 'PropertyChangeNotAllowed'])
  })

  test('its key, once it has one', async () => {
    const trial = await start()
    await put(trial, 'm1', LINUX)
    const keys = await Promise.all([makeKeys(), makeKeys()])
    const [first, other] = keys.map(({ publicKey }) => ({ clientPublicKey: publicKey }))
    const given = await put(trial, 'm1', { ...LINUX, properties: first })
    expect(given.body.properties).toHaveProperty('clientPublicKey')
    expect((await put(trial, 'm1', { ...LINUX, properties: first })).status).toBe(200)
    const answer = await put(trial, 'm1', { ...LINUX, properties: other })
    expect(codeOf(answer)).toEqual([409, 'PropertyChangeNotAllowed'])
    expect(answer.body.error.message).toContain('properties.clientPublicKey')
  })

  test('nor may it have the key of another', async () => {
    const trial = await start()
    const { publicKey } = await makeKeys()
    const properties = { clientPublicKey: publicKey }
    await put(trial, 'm1', { ...LINUX, properties })
    expect(codeOf(await put(trial, 'm2', { ...LINUX, properties }))).toEqual([409, 'KeyKnown'])
    await put(trial, 'm2', LINUX)
    expect(codeOf(await put(trial, 'm2', { ...LINUX, properties }))).toEqual([409, 'KeyKnown'])
  })
})

describe.each(DATABASES)('writers that race on %s:', (database) => {
  test('of two that read the same machine one changes it', async () => {
    const trial = await start({ database })
    const { headers } = await put(trial, 'm1', LINUX)
    const write = (value: string) =>
      put(trial, 'm1', { ...LINUX, tags: { value } }, { 'If-Match': String(headers.etag) })
    const answers = await Promise.all([write('1'), write('2'), write('3')])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412])
    const won = answers.find(({ status }) => status === 200)
    expect((await trial.ask(machinePath(trial, 'm1'))).body.tags).toEqual(won?.body.tags)
  })

  test('of many that make the same machine one does, and the others see the same', async () => {
    const trial = await start({ database })
    const answers = await Promise.all(Array.from({ length: 6 }, () => put(trial, 'm1', LINUX)))
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200))
    expect(new Set(answers.map(({ body }) => body.identity.principalId)).size).toBe(1)
  })

  test('of many that make it only if it is not there one does', async () => {
    const trial = await start({ database })
    const make = () => put(trial, 'm1', LINUX, { 'If-None-Match': '*' })
    const answers = await Promise.all([make(), make(), make()])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412])
  })

  test('what is not there is not changed, and a machine is not deleted by what was read before', async () => {
    const trial = await start({ database })
    const any = { 'If-Match': '*' }
    expect(codeOf(await put(trial, 'm1', LINUX, any))).toEqual([412, 'PreconditionFailed'])
    const { headers } = await put(trial, 'm1', LINUX)
    await put(trial, 'm1', LINUX)
    const old = { 'If-Match': String(headers.etag) }
    const path = machinePath(trial, 'm1')
    expect(codeOf(await trial.ask(path, { method: 'DELETE', headers: old }))).toEqual([
      412,
      'PreconditionFailed',
    ])
    const patched = await trial.ask(path, { method: 'PATCH', json: {}, headers: old })
    expect(codeOf(patched)).toEqual([412, 'PreconditionFailed'])
    expect((await trial.ask(path, { method: 'DELETE', headers: any })).status).toBe(204)
  })
})

describe('a machine is not made', () => {
  test('with a bad name, and the answer states the rule', async () => {
    const trial = await start()
    for (const name of ['a%20b', 'a$b', 'x'.repeat(55), 'ä', 'a%2Fb', 'a:b', '..%2e']) {
      const answer = await put(trial, name, LINUX)
      expect(codeOf(answer), name).toEqual([400, 'InvalidResourceName'])
      expect(answer.body.error.message).toContain("1 to 54 letters, digits, '-', '_' and '.'")
    }
  })

  test('with a body of the wrong shape', async () => {
    const trial = await start()
    const bodies = [
      ['without a location', {}, 'LocationRequired'],
      ['with tags that are a list', { ...LINUX, tags: [] }, 'InvalidRequestContent'],
      ['with properties that are text', { ...LINUX, properties: 'x' }, 'InvalidRequestContent'],
      ['with a vmId that is a number', { ...LINUX, properties: { vmId: 7 } }, 'InvalidRequestContent'],
      ['without its identity', { ...LINUX, identity: { type: 'None' } }, 'InvalidRequestContent'],
      ['with a key that is none', { ...LINUX, properties: { clientPublicKey: 'x' } }, 'InvalidKey'],
      ['with a key that is empty', { ...LINUX, properties: { clientPublicKey: '' } }, 'InvalidKey'],
      [
        'with too many tags',
        { ...LINUX, tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`t${n}`, ''])) },
        'InvalidRequestContent',
      ],
    ] as const
    for (const [what, body, code] of bodies) {
      expect(codeOf(await put(trial, 'm1', body)), what).toEqual([400, code])
    }
    expect((await trial.ask(machinePath(trial, 'm1'))).status).toBe(404)
  })

  test('with a private key, in whatever form', async () => {
    const trial = await start()
    const { privateKey } = await makeKeys('rsa')
    const texts = [
      privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      privateKey.export({ format: 'der', type: 'pkcs1' }).toString('base64'),
      privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    ]
    for (const clientPublicKey of texts) {
      const answer = await put(trial, 'm1', { ...LINUX, properties: { clientPublicKey } })
      expect(codeOf(answer)).toEqual([400, 'InvalidKey'])
      expect(answer.body.error.message).not.toContain(clientPublicKey.slice(40, 80))
    }
  })

  test('with a key that is too short', async () => {
    const trial = await start()
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const clientPublicKey = publicKey.export({ format: 'der', type: 'pkcs1' }).toString('base64')
    const answer = await put(trial, 'm1', { ...LINUX, properties: { clientPublicKey } })
    expect(codeOf(answer)).toEqual([400, 'InvalidKey'])
  })

  test('out of a body that is none', async () => {
    const trial = await start()
    const bodies = [
      ['of no JSON', { text: '{' }, [400, 'InvalidRequestContent']],
      ['with a key that pollutes', { text: '{"__proto__":{}}' }, [400, 'InvalidRequestContent']],
      [
        'of another type',
        { text: 'a=b', headers: { 'Content-Type': 'text/plain' } },
        [415, 'UnsupportedMediaType'],
      ],
      [
        'over the limit',
        { text: JSON.stringify({ tags: { a: 'x'.repeat(70_000) } }) },
        [413, 'RequestTooLarge'],
      ],
      ['of nothing', { text: '' }, [400, 'InvalidRequestContent']],
    ] as const
    for (const [what, options, expected] of bodies) {
      const answer = await trial.ask(machinePath(trial, 'm1'), { method: 'PUT', ...options })
      expect(codeOf(answer), what).toEqual(expected)
    }
  })

  test('in a group that is not there', async () => {
    const trial = await start()
    const path = machinePath(trial, 'm1').replace('/web/', '/other/')
    const answer = await trial.ask(path, { method: 'PUT', json: LINUX })
    expect(codeOf(answer)).toEqual([404, 'ResourceGroupNotFound'])
  })

  test('at an api-version that is unknown, and the answer lists those that are known', async () => {
    const trial = await start()
    const path = machinePath(trial, 'm1').replace(VERSION, 'api-version=2020-01-01')
    const answer = await trial.ask(path, { method: 'PUT', json: LINUX })
    expect(codeOf(answer)).toEqual([400, 'NoRegisteredProviderFound'])
    expect(answer.body.error.message).toMatch(/'Microsoft.HybridCompute\/machines'.*2021-05-20.*2026-07-15/)
  })

  test('without a role for it, before its body is read', async () => {
    const trial = await start()
    const reader = await trial.addCaller({ id: ROLE.reader, scope: '/' })
    const answer = await trial.ask(machinePath(trial, 'm1'), { method: 'PUT', text: '{', as: reader })
    expect(codeOf(answer)).toEqual([403, 'AuthorizationFailed'])
    expect(answer.body.error.message).toContain(
      `action 'Microsoft.HybridCompute/machines/write' over scope '${trial.group}/providers/Microsoft.HybridCompute/machines/m1'`,
    )
  })
})

test('whoever onboards machines makes them in its group, but deletes none', async () => {
  const trial = await start()
  const onboarder = await trial.addCaller({ id: ROLE.onboarding, scope: trial.group })
  const path = machinePath(trial, 'm1')
  expect((await trial.ask(path, { method: 'PUT', json: LINUX, as: onboarder })).status).toBe(200)
  expect(codeOf(await trial.ask(path, { method: 'DELETE', as: onboarder }))).toEqual([
    403,
    'AuthorizationFailed',
  ])
})

test('the key and identity of a machine are its sub-resource', async () => {
  const trial = await start()
  const { publicKey } = await makeKeys('rsa')
  const made = await put(trial, 'm1', { ...LINUX, properties: { clientPublicKey: publicKey } })
  const path = (rest: string) => machinePath(trial, 'm1').replace('?', `/hybridIdentityMetadata${rest}?`)
  const metadata = {
    id: `${made.body.id}/hybridIdentityMetadata/default`,
    name: 'default',
    type: 'Microsoft.HybridCompute/machines/hybridIdentityMetadata',
    properties: {
      vmId: made.body.properties.vmId,
      publicKey: publicKeyText(publicKey),
      identity: made.body.identity,
    },
  }
  expect((await trial.ask(path('/default'))).body).toEqual(metadata)
  expect((await trial.ask(path(''))).body).toEqual({ value: [metadata] })
})

describe('a machine that is disabled', () => {
  const change = (trial: Trial, verb: string, resourceId: unknown, as = trial.owner) =>
    trial.ask(`/landfast/v1/machines/${verb}`, { method: 'POST', json: { resourceId }, as })

  test('shows it and gets no token, until it is enabled', async () => {
    const trial = await start()
    const { machine } = await trial.addCaller()
    const { resourceId } = machine.identity
    const ask = () => askForToken(machine, trial as never)
    expect((await ask()).status).toBe(200)
    const disabled = await change(trial, 'disable', resourceId.toUpperCase())
    expect([disabled.status, disabled.body.properties.statusReason]).toEqual([200, 'Disabled'])
    expect((await ask()).body.error_codes).toEqual([7000112])
    const read = await trial.ask(`${resourceId}?${VERSION}`)
    expect(read.body.properties.statusReason).toBe('Disabled')
    const enabled = await change(trial, 'enable', resourceId)
    expect(enabled.body.properties).not.toHaveProperty('statusReason')
    expect((await ask()).status).toBe(200)
  })

  test('is disabled by whoever may delete it, and nobody else', async () => {
    const trial = await start()
    const { body } = await put(trial, 'm1', LINUX)
    const onboarder = await trial.addCaller({ id: ROLE.onboarding, scope: '/' })
    expect(codeOf(await change(trial, 'disable', body.id, onboarder))).toEqual([403, 'AuthorizationFailed'])
    const contributor = await trial.addCaller({ id: ROLE.contributor, scope: trial.group })
    expect((await change(trial, 'disable', body.id, contributor)).status).toBe(200)
  })

  test('must be there', async () => {
    const trial = await start()
    expect(codeOf(await change(trial, 'disable', `${trial.group}/providers/x/y/z`))).toEqual([
      404,
      'ResourceNotFound',
    ])
    expect(codeOf(await change(trial, 'enable', 7))).toEqual([400, 'InvalidRequestContent'])
    expect(codeOf(await change(trial, 'disable', 'x'))).toEqual([400, 'InvalidResourceId'])
  })
})

test('the certificates of the keys of a machine are listed with their ends, and nothing that proves it', async () => {
  const trial = await start()
  const { publicKey } = await makeKeys()
  await put(trial, 'web-1', { ...LINUX, properties: { clientPublicKey: publicKeyText(publicKey, 'spki') } })
  const [resourceId = ''] = machinePath(trial, 'web-1').split('?')
  const path = (id: string) => `/landfast/v1/machines/certificates?${new URLSearchParams({ resourceId: id })}`
  const { status, body } = await trial.ask(path(resourceId.toUpperCase()))
  expect([status, body.value]).toEqual([
    200,
    [
      {
        'x5t#S256': expect.stringMatching(/^[\w-]{43}$/),
        state: 'current',
        expiresAt: expect.any(String),
        createdAt: expect.any(String),
      },
    ],
  ])
  expect(codeOf(await trial.ask(path(`${resourceId}0`)))).toEqual([404, 'ResourceNotFound'])
})
