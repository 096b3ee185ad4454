import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { isGraphPath } from '../arm/graph-error.ts'
import { permits } from '../authorization/action-pattern.ts'
import { ROLE, ROLE_DEFINITIONS } from '../authorization/role-definitions.ts'
import { parseScope } from '../authorization/scope.ts'
import type { Answer } from '../testing/trial.ts'
import { startTrialIdentities, type TrialIdentities } from '../testing/trial-identities.ts'
import type { TrialCaller } from '../testing/trial-resource-manager.ts'

/** Whoever calls these proves itself in the body, or learns only what a client needs to sign in. */
const WITHOUT_TOKEN = [
  'POST /landfast/v1/enrol',
  'POST /landfast/v1/certificate',
  'POST /landfast/v1/renew',
  'POST /landfast/v1/heartbeat',
  'POST /landfast/v1/attestation-certificate',
  'POST /landfast/v1/entra-certificate',
  'GET /metadata/endpoints',
]

/** These show each caller what it may see: nothing, to one without roles. */
const SHOWING_ONLY_ONES_OWN = [
  'GET /tenants',
  'GET /subscriptions',
  'GET /landfast/v1/join-tokens',
  'GET /providers/Microsoft.Authorization/permissions',
  'GET /subscriptions/{subscriptionId}/providers/Microsoft.Authorization/permissions',
  'GET /subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Authorization/permissions',
  'GET /subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/{resourceProviderNamespace}/{resourceType}/{resourceName}/providers/Microsoft.Authorization/permissions',
]

/** Whoever has any role above, at or below the subscription sees it, as in Azure; here every caller but one has. */
const SEEN_BY_ANY_ROLE = ['GET /subscriptions/{subscriptionId}']

/** What a role must allow besides the action of the route, at the same scope. */
const GIVE_ROLES = 'Microsoft.Authorization/roleAssignments/write'
const GIVING_ALSO =
  /^(POST|DELETE) \/landfast\/v1\/(service-principals|users|groups|app-role-assignments|machines\/accept-restored)/

/** Its code opens a session with the rights of the caller, who has them anyway. */
const GIVING_ONLY_ONES_OWN = 'POST /landfast/v1/portal/codes'

/** What is the same for every tenant and caller: which types and actions there are. */
const SAME_FOR_ALL =
  /^GET \/providers(\/\{resourceProviderNamespace\}|\/Microsoft\.Authorization\/providerOperations(\/.*)?|\/[\w.]+\/operations)?$/

/** What the directory shows of whom is in ../service-principals/directory.test.ts. */
const isOfDirectory = (name: string) => isGraphPath(name.split(' ')[1] ?? '')

interface Operation {
  name: string
  method: string
  /** With every parameter filled. */
  url: string
  json: object | undefined
}

interface Trial extends TrialIdentities {
  machine: string
  identity: string
}

async function start(): Promise<Trial> {
  const trial = await startTrialIdentities()
  const { resourceId: identity } = await trial.makeIdentity('id-1')
  const machine = `${trial.group}/providers/Microsoft.HybridCompute/machines/m1`
  await trial.at(machine, { method: 'PUT', json: { location: 'here' } })
  return { ...trial, machine, identity }
}

/** Every operation of the OpenAPI document that takes a token; HEAD, whose refusals have no body, aside. */
async function operations(trial: Trial): Promise<Operation[]> {
  return (await described(trial)).filter(({ method }) => method !== 'HEAD')
}

async function described(trial: Trial): Promise<Operation[]> {
  const { body } = await trial.ask('/openapi.json')
  return Object.entries<Record<string, Described>>(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { security }]) => security)
      .map(([method, described]) => operationOf(trial, { path, method: method.toUpperCase(), described })),
  )
}

interface Described {
  security?: unknown
  parameters?: { name: string; schema: { enum?: string[] } }[]
}

function operationOf(
  trial: Trial,
  { path, method, described }: { path: string; method: string; described: Described },
): Operation {
  const values: Record<string, string> = {
    subscriptionId: trial.subscriptionId,
    resourceGroupName: 'ids',
    machineName: 'm1',
    identityName: 'id-1',
    credentialName: 'ci-1',
    federatedIdentityCredentialResourceName: 'ci-1',
    resourceProviderNamespace: 'Microsoft.HybridCompute',
    resourceType: 'machines',
    resourceName: 'm1',
    roleDefinitionId: ROLE.reader,
  }
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? randomUUID())
  const versions = described.parameters?.find(({ name }) => name === 'api-version')?.schema.enum
  const name = `${method} ${path}`
  const query = versions ? `?api-version=${versions.at(-1)}` : (QUERIES[name]?.(trial) ?? '')
  const url = filled + query
  const hasBody = ['PUT', 'PATCH', 'POST'].includes(method)
  return { name, method, url, json: hasBody ? bodyFor(trial, name) : undefined }
}

/** Own routes say in the body what they are about, and what is no such body is refused by its schema first. */
function bodyFor({ machine }: Trial, name: string): object {
  if (name === 'POST /landfast/v1/machines/remove-unseen') {
    return { resourceIds: [machine], seenBefore: new Date(0).toISOString() }
  }
  if (name.startsWith('POST /landfast/v1/machines/')) return { resourceId: machine }
  return BODIES[name] ?? {}
}

/** Or in the query. */
const QUERIES: Readonly<Record<string, (trial: Trial) => string>> = {
  'GET /landfast/v1/machines/accept-restored': ({ machine }) =>
    `?${new URLSearchParams({ resourceId: machine })}`,
  'GET /landfast/v1/machines/certificates': ({ machine }) =>
    `?${new URLSearchParams({ resourceId: machine })}`,
}

const BODIES: Readonly<Record<string, object>> = {
  'POST /landfast/v1/join-tokens': { resourceGroup: 'ids' },
  'POST /landfast/v1/service-principals': { displayName: 'a' },
  'POST /landfast/v1/users': { displayName: 'a', subject: 'a' },
  'POST /landfast/v1/groups': { displayName: 'a', claimValue: 'a' },
  'POST /landfast/v1/service-principals/{principalId}/certificates': { certificate: 'a' },
  'POST /landfast/v1/app-role-assignments': { principalId: randomUUID(), resource: 'a', role: 'b' },
}

/** The precondition fails, so that what is allowed does no harm to what is asked later. */
async function send(
  trial: Trial,
  { name, url, method, json }: Operation,
  as: TrialCaller | undefined,
): Promise<Answer> {
  const headers = { 'If-Match': '"nothing"' }
  const path = OF_JOIN_TOKEN.test(name) ? await newJoinToken(trial) : url
  return trial.ask(path, { method, as, headers, ...(json ? { json } : {}) })
}

/** Takes no precondition, and to delete does not say whether there was one: there has to be one each time. */
const OF_JOIN_TOKEN = /^(GET|DELETE) \/landfast\/v1\/join-tokens\/\{joinTokenId\}$/

async function newJoinToken(trial: Trial): Promise<string> {
  const json = { resourceGroup: 'ids' }
  const { body } = await trial.ask('/landfast/v1/join-tokens', { method: 'POST', json })
  return `/landfast/v1/join-tokens/${body.id}`
}

/** The action and scope for want of which a caller without roles is refused. */
async function wanted(
  trial: Trial,
  operation: Operation,
  stranger: TrialCaller,
): Promise<{ action: string; scope: string }> {
  const { status, body } = await send(trial, operation, stranger)
  expect([status, body?.error?.code], operation.name).toEqual([403, 'AuthorizationFailed'])
  const [, action = '', scope = ''] =
    /perform action '(.*)' over scope '(.*)' or/.exec(body.error.message) ?? []
  return { action, scope }
}

test('every route asks for a right, and every role gives it just where it allows it', async () => {
  const trial = await start()
  const stranger = await trial.addCaller()
  const callers = [
    ...ROLE_DEFINITIONS.map((role) => ({ role, scope: '/' })),
    ...[`/subscriptions/${trial.subscriptionId}`, trial.group, trial.machine, trial.identity].map(
      (scope) => ({
        role: { id: ROLE.owner, actions: ['*'], notActions: [] },
        scope,
      }),
    ),
    {
      role: { id: ROLE.owner, actions: ['*'], notActions: [] },
      scope: `/subscriptions/${trial.subscriptionId}/resourceGroups/other`,
    },
  ]
  const known = await Promise.all(
    callers.map(async (one) => ({
      ...one,
      as: await trial.addCaller({ id: one.role.id, scope: one.scope }),
    })),
  )
  const asked = (await operations(trial)).filter(
    ({ name }) => !isOfDirectory(name) && !SAME_FOR_ALL.test(name) && !WITHOUT_TOKEN.includes(name),
  )
  expect(asked.length).toBeGreaterThan(80)
  for (const operation of asked) {
    if ([...SHOWING_ONLY_ONES_OWN, GIVING_ONLY_ONES_OWN].includes(operation.name)) continue
    const { action, scope } = await wanted(trial, operation, stranger)
    const inherited = parseScope(scope)?.keys ?? []
    for (const { role, scope: at, as } of known) {
      const alsoGives = !GIVING_ALSO.test(operation.name) || permits(role, GIVE_ROLES)
      const gives = inherited.includes(at.toLowerCase()) && permits(role, action) && alsoGives
      const allowed = gives || SEEN_BY_ANY_ROLE.includes(operation.name)
      const { status } = await send(trial, operation, as)
      const what = `${operation.name} needs ${action} at ${scope}; ${role.id} at ${at} is answered ${status}`
      expect(status === 401, what).toBe(false)
      expect(status !== 403, what).toBe(allowed)
    }
  }
}, 180_000)

test('a name that is none is said to be one, and no right is said to be missing', async () => {
  const trial = await start()
  const { body } = await trial.ask('/openapi.json')
  const asked = Object.entries<Record<string, Described>>(body.paths).flatMap(([path, methods]) =>
    namesIn(path).flatMap((parameter) =>
      Object.entries(methods).map(([method, described]) =>
        operationOf(trial, {
          path: path.replace(`{${parameter}}`, 'a%20b'),
          method: method.toUpperCase(),
          described,
        }),
      ),
    ),
  )
  expect(asked.length).toBeGreaterThan(200)
  for (const { url, method, json } of asked) {
    const { status } = await trial.ask(url, { method, ...(json && { json }) })
    expect([method, url, [403, 429, 500].includes(status)]).toEqual([method, url, false])
  }
})

function namesIn(path: string): string[] {
  return Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => name)
}

test('HEAD is refused to whoever is refused GET', async () => {
  const trial = await start()
  const stranger = await trial.addCaller()
  const heads = (await described(trial)).filter(({ method }) => method === 'HEAD')
  expect(heads.length).toBeGreaterThan(1)
  for (const head of heads) {
    const statuses = await Promise.all([undefined, stranger].map((as) => send(trial, head, as)))
    expect(
      statuses.map(({ status }) => status),
      head.name,
    ).toEqual([401, 403])
  }
})

test('every route refuses a call without a token', async () => {
  const trial = await start()
  for (const operation of await operations(trial)) {
    if (WITHOUT_TOKEN.includes(operation.name)) continue
    const { status, body } = await send(trial, operation, undefined)
    const code = isOfDirectory(operation.name) ? 'InvalidAuthenticationToken' : 'AuthenticationFailed'
    expect([status, body?.error?.code], operation.name).toEqual([401, code])
  }
})

test('what shows each caller its own shows nothing to one without roles', async () => {
  const trial = await start()
  const stranger = await trial.addCaller()
  await trial.ask('/landfast/v1/join-tokens', { method: 'POST', json: { resourceGroup: 'ids' } })
  const shown = (await operations(trial)).filter(({ name }) => SHOWING_ONLY_ONES_OWN.includes(name))
  expect(shown.map(({ name }) => name).sort()).toEqual([...SHOWING_ONLY_ONES_OWN].sort())
  for (const operation of shown) {
    if (operation.name === 'GET /tenants') continue
    const { status, body } = await send(trial, operation, stranger)
    expect([status, body.value], operation.name).toEqual([200, []])
  }
})

test('with the onboarding role a machine may be made and read, but not deleted', async () => {
  const trial = await start()
  const as = await trial.addCaller({ id: ROLE.connectedMachineOnboarding, scope: trial.group })
  const machine = `${trial.group}/providers/Microsoft.HybridCompute/machines/joined`
  expect((await trial.at(machine, { method: 'PUT', json: { location: 'here' }, as })).status).toBe(200)
  expect((await trial.at(machine, { as })).status).toBe(200)
  expect((await trial.at(machine, { method: 'DELETE', as })).status).toBe(403)
  expect((await trial.at(trial.identity, { as })).status).toBe(403)
})
