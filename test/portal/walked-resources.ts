/**
 * The actions on machines, join tokens, identities and roles, in an order in which one person may do them.
 *
 * @module
 */

import { type Body, machineNow, press, typeName, type Walk, type WalkedAction } from './walked-action.ts'

const MACHINE_ACTIONS: readonly WalkedAction[] = [
  {
    what: 'tags are written',
    at: ({ machine }) => `/portal${machine}`,
    act: async (page) => {
      await page.getByText('Change the tags').click()
      await page.getByLabel('One a line, as NAME=VALUE').fill('team=walk')
      await press(page, 'Write the tags')
    },
    told: 'You wrote the tags.',
    seen: async (walk) => (await machineNow(walk)).tags,
    is: { team: 'walk' },
  },
  {
    what: 'a machine is accepted as restored',
    act: (page) => press(page, 'Accept'),
    told: 'You accepted the machine as restored.',
    seen: ({ audited }) => audited('accept-restored-machine'),
    is: [{ outcome: 'done', code: null }],
  },
  {
    what: 'a machine is disabled',
    act: (page) => press(page, 'Disable'),
    told: 'You disabled the machine: it gets no more tokens until it is enabled.',
    seen: async (walk) => (await machineNow(walk)).properties.statusReason,
    is: 'Disabled',
  },
  {
    what: 'a machine is enabled',
    act: (page) => press(page, 'Enable'),
    told: 'You enabled the machine: it gets tokens again.',
    seen: async (walk) => (await machineNow(walk)).properties.statusReason,
    is: undefined,
  },
]

const tokensNow = async ({ read }: Walk) =>
  (await read('/landfast/v1/join-tokens')).value.filter(({ usesLeft }: Body) => usesLeft > 0).length

const JOIN_ACTIONS: readonly WalkedAction[] = [
  {
    what: 'a join token is made',
    at: '/portal/join',
    act: async (page) => {
      await page.getByLabel('Resource group').fill('shop')
      await page.getByLabel('How many servers').fill('2')
      await press(page, 'Make the line for the server')
    },
    told: 'The token is shown only once, now.',
    seen: tokensNow,
    is: 1,
  },
  {
    what: 'a join token is revoked',
    at: '/portal/join',
    act: async (page) => {
      await press(page, /^Revoke the token [\da-f]{8}$/)
      await page.getByRole('button', { name: 'Revoke' }).waitFor({ state: 'detached' })
    },
    told: 'Join a server',
    seen: tokensNow,
    is: 0,
  },
]

const identityNow = ({ read, identity }: Walk) => read(`${identity}?api-version=2024-11-30`)

const assignedNow = async (walk: Walk) =>
  Object.keys((await machineNow(walk)).identity.userAssignedIdentities ?? {}).length

const trustedNow = async ({ read, identity }: Walk) =>
  (await read(`${identity}/federatedIdentityCredentials?api-version=2024-11-30`)).value.map(
    ({ name }: Body) => name,
  )

const IDENTITY_ACTIONS: readonly WalkedAction[] = [
  {
    what: 'an identity is made',
    at: '/portal/identities',
    act: async (page) => {
      await page.getByLabel('Name', { exact: true }).fill('walked')
      await page.getByLabel('Resource group of the new one').fill('shop')
      await press(page, 'Make the identity')
    },
    told: 'The identity is made. Now say who has it.',
    seen: async (walk) => (await identityNow(walk)).name,
    is: 'walked',
  },
  {
    what: 'an identity is assigned',
    act: async (page) => {
      await page.getByLabel('Name of the machine').fill('web-1')
      await press(page, 'Assign')
    },
    told: 'The machine web-1 has the identity.',
    seen: assignedNow,
    is: 1,
  },
  {
    what: 'an identity is taken away',
    act: (page) => press(page, 'Take away from web-1'),
    told: 'The machine web-1 has the identity no more.',
    seen: assignedNow,
    is: 0,
  },
  {
    what: 'an identity is let be used by a job',
    act: async (page) => {
      await page.getByRole('link', { name: 'GitLab' }).click()
      await page.getByLabel('A name for this credential').fill('job')
      await page.getByLabel(/^Project/).fill('group/project')
      await press(page, 'Trust it')
    },
    told: 'project_path:group/project:ref_type:branch:ref:main',
    seen: trustedNow,
    is: ['job'],
  },
  {
    what: 'and no more',
    at: ({ identity }) => `/portal${identity}`,
    act: (page) => press(page, 'Remove job'),
    told: 'The federated credential job is removed.',
    seen: trustedNow,
    is: [],
  },
  {
    what: 'an identity is deleted',
    act: async (page) => {
      await typeName(page, 'walked')
      await press(page, 'Delete')
    },
    told: 'The identity walked is deleted.',
    seen: async (walk) => (await identityNow(walk)).error.code,
    is: 'ResourceNotFound',
  },
]

const rolesNow = async ({ read, principalId, subscriptionId }: Walk) =>
  (
    await read(
      `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=principalId eq '${principalId}'`,
    )
  ).value.length

const ROLE_ACTIONS: readonly WalkedAction[] = [
  {
    what: 'a role is given',
    at: '/portal/roles',
    act: async (page, { principalId }) => {
      await page.getByLabel('To whom (name, object id or client id)').fill(principalId)
      await page.locator('select[name=role]').selectOption({ label: 'Contributor' })
      await press(page, 'Give the role')
    },
    told: 'It counts from the next request on.',
    seen: rolesNow,
    is: 2,
  },
  {
    what: 'a role is taken away',
    act: (page) => press(page, /^Take away Contributor from trial at /),
    told: 'was taken away from trial.',
    seen: rolesNow,
    is: 1,
  },
]

/** All of them. */
export const RESOURCE_ACTIONS: readonly WalkedAction[] = [
  ...MACHINE_ACTIONS,
  ...JOIN_ACTIONS,
  ...IDENTITY_ACTIONS,
  ...ROLE_ACTIONS,
]
