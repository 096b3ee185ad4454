import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { askForToken, send } from '../testing/trial.ts'
import { DATABASES } from '../testing/trial-database.ts'
import { ROLE, startTrialResourceManager } from '../testing/trial-resource-manager.ts'

const PATH = '/landfast/v1/audit'

interface Entry {
  action: string
  outcome: string
  code?: string
  clientId?: string
}

test('what was done and refused is listed, oldest first', async () => {
  const { ask, owner, controlPlane, clock } = await startTrialResourceManager()
  clock.advance(1)
  await askForToken(owner.machine, { controlPlane: controlPlane as never, clock }, { client_assertion: 'x' })
  const { status, body } = await ask(PATH)
  expect(status).toBe(200)
  const entries: Entry[] = body.value
  const actions = entries.map(({ action }) => action)
  for (const action of ['create-administrator', 'register-machine', 'issue-token'])
    expect(actions).toContain(action)
  expect(entries.at(-1)).toMatchObject({ outcome: 'refused', code: '50027' })
})

test('the last hour is shown unless a span is asked for', async () => {
  const { ask, clock, addCaller } = await startTrialResourceManager()
  const first = clock.now()
  clock.advance(3_601)
  const later = await addCaller({ id: ROLE.owner, scope: '/' })
  const actions = async (query: string): Promise<string[]> => {
    const { body } = await ask(PATH + query, { as: later })
    return body.value.map(({ action }: Entry) => action)
  }
  expect((await actions('')).toSorted()).toEqual(['issue-token', 'register-machine'])
  expect(await actions(`?since=${first.toISOString()}`)).toContain('create-administrator')
  const until = new Date(first.getTime() + 1).toISOString()
  expect(await actions(`?since=${first.toISOString()}&until=${until}`)).not.toEqual(await actions(''))
})

test('pages follow each other without a gap, also where many entries have the same time', async () => {
  const trial = await startTrialResourceManager()
  for (let count = 0; count < 5; count += 1) await trial.addCaller()
  const all: unknown[] = (await trial.ask(`${PATH}?$top=1000`)).body.value
  const paged: unknown[] = []
  let next: string | undefined = `${PATH}?$top=3`
  while (next !== undefined) {
    const { body }: { body: { value: unknown[]; nextLink?: string } } = await trial.ask(next)
    paged.push(...body.value)
    next = body.nextLink?.slice(trial.controlPlane.url.length)
  }
  expect(all.length).toBeGreaterThan(6)
  expect(paged).toEqual(all)
})

test('it is for readers of everything, and a time that is none is refused', async () => {
  const { ask, addCaller, subscriptionId } = await startTrialResourceManager()
  const reader = await addCaller({ id: ROLE.reader, scope: '/' })
  const other = await addCaller({ id: ROLE.reader, scope: `/subscriptions/${subscriptionId}` })
  expect((await ask(PATH, { as: reader })).status).toBe(200)
  expect((await ask(PATH, { as: other })).status).toBe(403)
  const refused = await ask(`${PATH}?since=yesterday`)
  expect([refused.status, refused.body.error.code]).toEqual([400, 'InvalidQueryParameter'])
})

test('entries are found by who asked and which machine, and have the names of both, also of deleted ones', async () => {
  const trial = await startTrialResourceManager()
  const { ask, owner, registry, addCaller } = trial
  const other = await addCaller()
  const { resourceId, principalId } = other.machine.identity
  const name = resourceId.split('/').at(-1) ?? ''
  const deleted = await ask(`${resourceId}?api-version=2025-01-13`, { method: 'DELETE' })
  expect([200, 204]).toContain(deleted.status)
  expect(await registry.findMachine(resourceId)).toBeUndefined()
  const query = new URLSearchParams({ caller: owner.clientId, machine: name, outcome: 'done' })
  const { body } = await ask(`${PATH}?${query}`)
  expect(body.value).toMatchObject([
    {
      action: 'delete-machine',
      clientId: owner.clientId,
      clientName: owner.machine.identity.resourceId.split('/').at(-1),
      principalId,
      principalName: name,
    },
  ])
  const none = await ask(`${PATH}?${query}&action=assign-role`)
  expect(none.body.value).toEqual([])
})

test('the newest come first if that is asked for, page by page, and one is found by its id', async () => {
  const trial = await startTrialResourceManager()
  for (let count = 0; count < 3; count += 1) {
    trial.clock.advance(1)
    await trial.addCaller()
  }
  const oldest: { id: string }[] = (await trial.ask(PATH)).body.value
  const newest: unknown[] = []
  let next: string | undefined = `${PATH}?${new URLSearchParams({ $orderby: 'time desc', $top: '2' })}`
  while (next !== undefined) {
    const { body }: { body: { value: unknown[]; nextLink?: string } } = await trial.ask(next)
    newest.push(...body.value)
    next = body.nextLink?.slice(trial.controlPlane.url.length)
  }
  expect(newest).toEqual(oldest.toReversed())
  trial.clock.advance(7_200)
  const later = await trial.addCaller({ id: ROLE.owner, scope: '/' })
  const id = oldest[0]?.id ?? ''
  const { body } = await trial.ask(`${PATH}?id=${id.toUpperCase()}`, { as: later })
  expect(body.value).toEqual([oldest[0]])
})

describe.each(DATABASES)('on %s', (database) => {
  test('the ids in the answer of a refused token request lead to its entry, whenever it was', async () => {
    const trial = await startTrialResourceManager({ database })
    const { owner, controlPlane, clock } = trial
    const refused = await askForToken(
      owner.machine,
      { controlPlane: controlPlane as never, clock },
      { client_assertion: 'x' },
    )
    const said: string = refused.body.error_description
    const [, id = '', correlationId = ''] = /Trace ID: (\S+) Correlation ID: (\S+)/.exec(said) ?? []
    expect(id).not.toBe('')
    clock.advance(7_200)
    const later = await trial.addCaller({ id: ROLE.owner, scope: '/' })
    const find = async (query: string) => (await trial.ask(`${PATH}?${query}`, { as: later })).body.value
    for (const query of [
      `id=${id}`,
      `correlationId=${correlationId.toUpperCase()}`,
      'since=2000-01-01&code=50027',
    ]) {
      await expect
        .poll(() => find(query))
        .toMatchObject([{ id, correlationId, outcome: 'refused', code: '50027' }])
    }
    expect(await find(`correlationId=${randomUUID()}`)).toEqual([])
  })

  test('a correlation id leads to the change and to the refusal of the request that had it', async () => {
    const { ask, addCaller, subscriptionId } = await startTrialResourceManager({ database })
    const group = `/subscriptions/${subscriptionId}/resourceGroups/new?api-version=2021-04-01`
    const put = (correlationId: string, more: { as?: Awaited<ReturnType<typeof addCaller>> } = {}) =>
      ask(group, {
        method: 'PUT',
        json: { location: 'here' },
        headers: { 'x-ms-correlation-request-id': correlationId },
        ...more,
      })
    const [changed, refused] = [randomUUID(), randomUUID()]
    await put(changed)
    await put(refused, { as: await addCaller() })
    const find = async (id: string) => (await ask(`${PATH}?correlationId=${id}`)).body.value
    expect(await find(changed)).toMatchObject([{ action: 'create-resource-group', outcome: 'done' }])
    expect(await find(refused)).toMatchObject([{ outcome: 'refused', code: 'AuthorizationFailed' }])
  })
})

test.each(['?caller=nobody', '?machine=none'])(
  '%s is a name that nobody ever had, and the refusal says so',
  async (query) => {
    const { ask } = await startTrialResourceManager()
    const { status, body } = await ask(PATH + query)
    expect([status, body.error.code]).toEqual([400, 'PrincipalUnknown'])
  },
)

test.each(['?outcome=maybe', '?$orderby=action', '?who=me', '?until=soon'])(
  'what is not understood is refused: %s',
  async (query) => {
    const { ask } = await startTrialResourceManager()
    const { status, body } = await ask(PATH + query)
    expect([status, body.error.code]).toEqual([400, 'InvalidQueryParameter'])
  },
)

test('the trace that a caller names is the correlation id of its answers and entries', async () => {
  const { ask, subscriptionId, controlPlane, owner, clock } = await startTrialResourceManager()
  const headers = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }
  const correlationId = '4bf92f35-77b3-4da6-a3ce-929d0e0e4736'
  const group = `/subscriptions/${subscriptionId}/resourceGroups/web?api-version=2025-04-01`
  const made = await ask(group, { method: 'PUT', json: { location: 'here' }, headers })
  expect(made.headers['x-ms-correlation-request-id']).toBe(correlationId)
  const { url, caFile } = controlPlane
  const token = `${url}/${owner.machine.identity.tenantId}/oauth2/v2.0/token`
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const refused = await send({ caFile } as never, token, {
    method: 'POST',
    body: `client_id=${owner.clientId}&grant_type=client_credentials&scope=a/.default&client_secret=x`,
    headers: { ...headers, ...form },
  })
  expect(refused.body.correlation_id).toBe(correlationId)
  clock.advance(1)
  const { body } = await ask(PATH)
  const entries: { action: string; correlationId: string }[] = body.value
  const traced = entries.filter((entry) => entry.correlationId === correlationId)
  expect(traced.map(({ action }) => action).toSorted()).toEqual(['create-resource-group', 'issue-token'])
})
