import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeKeys } from '../testing/trial.ts'
import {
  CALLERS_GROUP,
  codeOf,
  ROLE,
  startTrialResourceManager,
  type TrialResourceManager,
} from '../testing/trial-resource-manager.ts'

const VERSION = 'api-version=2025-04-01'

function groupPath({ subscriptionId }: TrialResourceManager, name: string, query = ''): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${name}?${VERSION}${query}`
}

function put(trial: TrialResourceManager, name: string, json: unknown = { location: 'here' }) {
  return trial.ask(groupPath(trial, name), { method: 'PUT', json })
}

test('a group is made, read, changed and listed', async () => {
  const trial = await startTrialResourceManager()
  const made = await put(trial, 'Web', { location: 'West Europe', tags: { a: '1' } })
  const id = `/subscriptions/${trial.subscriptionId}/resourceGroups/Web`
  const body = {
    id,
    name: 'Web',
    type: 'Microsoft.Resources/resourceGroups',
    location: 'westeurope',
    tags: { a: '1' },
    properties: { provisioningState: 'Succeeded' },
  }
  expect([made.status, made.body]).toEqual([201, body])
  expect((await trial.ask(groupPath(trial, 'wEB'))).body).toEqual(body)
  expect((await put(trial, 'web', { location: 'westeurope' })).body).toEqual({ ...body, tags: {} })
  const patched = await trial.ask(groupPath(trial, 'web'), { method: 'PATCH', json: { tags: { b: '2' } } })
  expect([patched.status, patched.body.tags]).toEqual([200, { b: '2' }])
  const listed = await trial.ask(`/subscriptions/${trial.subscriptionId}/resourcegroups?${VERSION}`)
  expect(listed.body.value.map(({ name }: { name: string }) => name)).toEqual([CALLERS_GROUP, 'Web'])
})

test('a group is there or not', async () => {
  const trial = await startTrialResourceManager()
  await put(trial, 'web')
  expect((await trial.ask(groupPath(trial, 'web'), { method: 'HEAD' })).status).toBe(204)
  const missing = await trial.ask(groupPath(trial, 'other'), { method: 'HEAD' })
  expect([missing.status, missing.headers['x-ms-error-code']]).toEqual([404, 'ResourceGroupNotFound'])
  const { status, body } = await trial.ask(groupPath(trial, 'other'))
  expect([status, body.error.message]).toEqual([404, "Resource group 'other' could not be found."])
})

test('a group is deleted with its machines, for ever, and with the roles at it', async () => {
  const trial = await startTrialResourceManager()
  await put(trial, 'web')
  const scope = `/subscriptions/${trial.subscriptionId}/resourceGroups/web`
  const reader = await trial.addCaller({ id: ROLE.reader, scope })
  const { publicKey } = await makeKeys()
  const { identity } = await trial.registry.registerMachine({
    name: 'm1',
    resourceGroup: 'web',
    publicKey,
  })
  expect((await trial.ask(groupPath(trial, 'web'), { as: reader })).status).toBe(200)

  expect((await trial.ask(groupPath(trial, 'web'), { method: 'DELETE' })).status).toBe(200)
  expect(codeOf(await trial.ask(groupPath(trial, 'web'), { method: 'DELETE' }))).toEqual([
    404,
    'ResourceGroupNotFound',
  ])
  expect(await trial.registry.findMachine(identity.resourceId)).toBeUndefined()
  const { db } = trial.storage
  const principal = await db
    .selectFrom('principal')
    .select('state')
    .where('id', '=', identity.principalId)
    .executeTakeFirstOrThrow()
  expect(principal.state).toBe('deleted')
  const again = trial.registry.registerMachine({ name: 'm1', resourceGroup: 'web', publicKey })
  await expect(again).rejects.toMatchObject({ code: 'key_known' })
  await put(trial, 'web')
  expect(codeOf(await trial.ask(groupPath(trial, 'web'), { as: reader }))).toEqual([
    403,
    'AuthorizationFailed',
  ])

  const audit = await db
    .selectFrom('audit')
    .selectAll()
    .where('client_id', '=', trial.owner.clientId)
    .execute()
  expect(audit.map(({ action, resource_id }) => [action, resource_id])).toEqual(
    expect.arrayContaining([
      ['create-resource-group', scope],
      ['delete-resource-group', scope],
      ['delete-machine', identity.resourceId],
    ]),
  )
})

test('roles at a group whose name only begins the same stay', async () => {
  const trial = await startTrialResourceManager()
  await put(trial, 'web')
  const others = ['web-2', 'web2', 'web.2', 'web_2']
  const readers = await Promise.all(
    others.map(async (name) => {
      await put(trial, name)
      const scope = `/subscriptions/${trial.subscriptionId}/resourceGroups/${name}`
      return trial.addCaller({ id: ROLE.reader, scope })
    }),
  )
  await trial.ask(groupPath(trial, 'web'), { method: 'DELETE' })
  for (const [index, name] of others.entries()) {
    expect((await trial.ask(groupPath(trial, name), { as: readers[index] })).status, name).toBe(200)
  }
})

describe('of groups in pages', () => {
  test('every one is shown once, and a token of one list is none of another', async () => {
    const trial = await startTrialResourceManager()
    const names = ['a', 'b', 'B-2', 'c', 'd.e']
    for (const name of names) await put(trial, name)
    const groups = `/subscriptions/${trial.subscriptionId}/resourcegroups?${VERSION}`
    const seen: string[] = []
    let next = `${groups}&$top=2`
    while (next) {
      const { body } = await trial.ask(next)
      expect(body.value.length).toBeLessThanOrEqual(2)
      seen.push(...body.value.map(({ name }: { name: string }) => name))
      next = (body.nextLink ?? '').replace(trial.controlPlane.url, '')
    }
    expect(seen).toEqual(['a', 'b', 'B-2', CALLERS_GROUP, 'c', 'd.e'].toSorted(byLowerCase))

    const { body } = await trial.ask(`${groups}&$top=2`)
    const token = new URL(body.nextLink).searchParams.get('$skiptoken')
    const machines = `/subscriptions/${trial.subscriptionId}/providers/Microsoft.HybridCompute/machines`
    const other = await trial.ask(`${machines}?api-version=2025-01-13&$skiptoken=${token}`)
    expect(codeOf(other)).toEqual([400, 'InvalidQueryParameter'])
  })
})

test('a page that is none is refused', async () => {
  const trial = await startTrialResourceManager()
  for (const query of ['$top=0', '$top=-1', '$top=x', '$skiptoken=x', '$skiptoken=e30', '$skiptoken=']) {
    const path = `/subscriptions/${trial.subscriptionId}/resourcegroups?${VERSION}&${query}`
    expect(codeOf(await trial.ask(path)), query).toEqual([400, 'InvalidQueryParameter'])
  }
})

function byLowerCase(one: string, other: string): number {
  return one.toLowerCase() < other.toLowerCase() ? -1 : 1
}

describe('a group is not made', () => {
  test('out of a body of the wrong shape', async () => {
    const trial = await startTrialResourceManager()
    const bodies = [
      ['without a location', {}, 'LocationRequired'],
      ['with a location that is none', { location: '!' }, 'InvalidRequestContent'],
      ['with a number for a location', { location: 7 }, 'InvalidRequestContent'],
      ['with a number for a tag', { location: 'here', tags: { a: 7 } }, 'InvalidRequestContent'],
      ['with a tag of a forbidden name', { location: 'here', tags: { 'a/b': '' } }, 'InvalidRequestContent'],
      ['with a list for a body', [], 'InvalidRequestContent'],
    ] as const
    for (const [what, json, code] of bodies) {
      expect(codeOf(await put(trial, 'web', json)), what).toEqual([400, code])
    }
    expect((await trial.ask(groupPath(trial, 'web'))).status).toBe(404)
  })

  test('with a bad name', async () => {
    const trial = await startTrialResourceManager()
    for (const name of ['a.', '%20', 'a%2Fb', 'a%25b', 'ä', 'x'.repeat(91)]) {
      expect(codeOf(await put(trial, name)), name).toEqual([400, 'InvalidResourceGroupName'])
    }
  })

  test('in another place than it is', async () => {
    const trial = await startTrialResourceManager()
    await put(trial, 'web', { location: 'here' })
    const answer = await put(trial, 'web', { location: 'there' })
    expect(codeOf(answer)).toEqual([409, 'InvalidResourceGroupLocation'])
  })

  test('by a reader', async () => {
    const trial = await startTrialResourceManager()
    const reader = await trial.addCaller({ id: ROLE.reader, scope: '/' })
    const refused = await trial.ask(groupPath(trial, 'web'), {
      method: 'PUT',
      json: { location: 'here' },
      as: reader,
    })
    expect(codeOf(refused)).toEqual([403, 'AuthorizationFailed'])
  })

  test('in a subscription that is not here', async () => {
    const trial = await startTrialResourceManager()
    const path = `/subscriptions/${randomUUID()}/resourceGroups/web?${VERSION}`
    const answer = await trial.ask(path, { method: 'PUT', json: { location: 'here' } })
    expect(codeOf(answer)).toEqual([404, 'SubscriptionNotFound'])
  })
})

test('a group that somebody else changed is not changed by what was read before', async () => {
  const trial = await startTrialResourceManager()
  const path = groupPath(trial, 'web')
  const { headers } = await put(trial, 'web')
  const change = { method: 'PATCH', json: { tags: { a: '1' } } }
  const first = await trial.ask(path, { ...change, headers: { 'If-Match': String(headers.etag) } })
  expect(first.status).toBe(200)
  const second = await trial.ask(path, { ...change, headers: { 'If-Match': String(headers.etag) } })
  expect(codeOf(second)).toEqual([412, 'PreconditionFailed'])
  expect(second.body.error.message).toContain(first.headers.etag)
})
