/** In a body that says who may do something, what is not honoured is refused by its name; what clients send back is not. */

import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { startTrialIdentities, type TrialIdentities } from '../testing/trial-identities.ts'
import { ROLE } from '../testing/trial-resource-manager.ts'

let trial: TrialIdentities
let machine: string

beforeEach(async () => {
  trial = await startTrialIdentities()
  machine = trial.owner.machine.identity.resourceId
  await trial.makeIdentity('writer')
})

/** Some identity; bodies that are refused need not name one that is there. */
const ELSEWHERE =
  '/subscriptions/x/resourceGroups/y/providers/Microsoft.ManagedIdentity/userAssignedIdentities/z'
const identityPath = () => `${trial.identities}/writer`
const assignment = (scope: string) =>
  `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`
const put = (path: string, json: object) => trial.ask(path, { method: 'PUT', json })

const TRUST = { issuer: 'https://ci.example', subject: 's', audiences: ['a'] }
const GIVEN = {
  roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${ROLE.reader}`,
  principalId: randomUUID(),
}
const federated = (json: object) =>
  put(`${identityPath()}/federatedIdentityCredentials/ci-1?api-version=2024-11-30`, json)
const assigned = (json: object) => put(assignment(trial.group), json)
const identities = (json: object) => put(`${trial.identities}/other?api-version=2024-11-30`, json)
const machines = (json: object) => trial.ask(`${machine}?api-version=2025-01-13`, { method: 'PATCH', json })
const groups = (json: object) => put(`${trial.group}?api-version=2025-04-01`, json)
const own = (path: string) => (json: object) => trial.ask(`/landfast/v1/${path}`, { method: 'POST', json })

const REFUSED: [
  what: string,
  write: (json: object) => ReturnType<typeof put>,
  json: object,
  named: string,
][] = [
  [
    'more in an expression about claims',
    federated,
    {
      properties: {
        ...TRUST,
        claimsMatchingExpression: { value: "claims['sub'] eq 'x'", languageVersion: 1, except: 'y' },
      },
    },
    'except',
  ],
  [
    'an expression outside',
    federated,
    { properties: TRUST, claimsMatchingExpression: 'x' },
    'claimsMatchingExpression',
  ],
  ['trust with another case', federated, { properties: { ...TRUST, Subject: 't' } }, 'Subject'],
  ['a condition outside of its place', assigned, { properties: GIVEN, condition: 'x' }, 'condition'],
  ['a condition in another case', assigned, { properties: { ...GIVEN, Condition: 'x' } }, 'Condition'],
  [
    'a delegated identity',
    assigned,
    { properties: { ...GIVEN, delegatedManagedIdentityResourceId: ELSEWHERE } },
    'delegatedManagedIdentityResourceId',
  ],
  ['delegation', assigned, { properties: { ...GIVEN, canDelegate: true } }, 'canDelegate'],
  ['another scope', assigned, { properties: { ...GIVEN, scope: ELSEWHERE } }, 'scope'],
  ['an end', assigned, { properties: { ...GIVEN, expirationDateTime: '2030-01-01' } }, 'expirationDateTime'],
  [
    'restrictions of an identity',
    identities,
    { location: 'here', properties: { assignmentRestrictions: { providers: ['x'] } } },
    'assignmentRestrictions',
  ],
  [
    'isolation of an identity',
    identities,
    { location: 'here', properties: { isolationScope: 'Regional' } },
    'isolationScope',
  ],
  [
    'an identity that delegates',
    machines,
    { identity: { type: 'SystemAssigned', delegatedResources: { a: {} } } },
    'delegatedResources',
  ],
  [
    'an identity with a condition',
    machines,
    {
      identity: {
        type: 'SystemAssigned, UserAssigned',
        userAssignedIdentities: { [ELSEWHERE]: { until: 'x' } },
      },
    },
    'until',
  ],
  ['a manager of a group', groups, { location: 'here', managedBy: ELSEWHERE }, 'managedBy'],
  ['a join token for one host', own('join-tokens'), { resourceGroup: 'ids', host: 'x' }, 'host'],
  ['an application of a role', own('service-principals'), { displayName: 'a', roles: [] }, 'roles'],
  ['a machine disabled for a time', own('machines/disable'), { resourceId: ELSEWHERE, until: 'x' }, 'until'],
  [
    'an app role with a condition',
    own('app-role-assignments'),
    { principalId: randomUUID(), resource: 'r', role: 'x', condition: 'x' },
    'condition',
  ],
]
test.each(REFUSED)('%s is refused by its name', async (_what, write, json, named) => {
  const { status, body } = await write(json)
  expect([status, body?.error?.code]).toEqual([400, 'InvalidRequestContent'])
  expect(body.error.message).toContain(named)
})

test('what a client read it may send back, and nulls and tags with it', async () => {
  const answers = [
    await federated({
      id: 'x',
      name: 'ci-1',
      type: 't',
      properties: { ...TRUST, claimsMatchingExpression: null },
    }),
    await assigned({
      id: 'x',
      name: 'y',
      type: 't',
      properties: {
        ...GIVEN,
        principalId: trial.owner.principalId,
        ...{ scope: trial.group.toUpperCase().replace('SUBSCRIPTIONS', 'subscriptions'), condition: null },
        ...{ conditionVersion: '2.0', canDelegate: false, createdBy: 'x', updatedOn: 'y' },
        ...{
          delegatedManagedIdentityResourceId: null,
          description: 'why',
          principalType: 'ServicePrincipal',
        },
      },
    }),
  ]
  expect(answers.map(({ status }) => status)).toEqual([201, 201])
  for (const path of [`${identityPath()}?api-version=2024-11-30`, `${trial.group}?api-version=2025-04-01`]) {
    const { body } = await trial.ask(path)
    expect((await put(path, body)).status).toBe(200)
  }
  const { body } = await trial.ask(`${machine}?api-version=2025-01-13`)
  expect((await machines(body)).status).toBe(200)
  const [, { body: given }] = answers as [unknown, { body: { id: string } }]
  expect((await put(`${given.id}?api-version=2022-04-01`, given)).status).toBe(200)
})
