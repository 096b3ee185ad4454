/**
 * The actions on applications, people and keys, on the audit trail and at the end, in an order in which one person may do them.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { makeCertificate } from '../../packages/control-plane/src/testing/trial-certificates.ts'
import { type Body, machineNow, press, typeName, type Walk, type WalkedAction } from './walked-action.ts'

/** The application that the walk makes; undefined before and after. */
const applicationNow = async ({ read }: Walk): Promise<Body> => {
  const { value } = await read('/landfast/v1/service-principals?$top=100')
  const made = value.find(({ displayName }: Body) => displayName === 'deploy')
  return made && read(`/landfast/v1/service-principals/${made.principalId}`)
}

const APPLICATION_ACTIONS: readonly WalkedAction[] = [
  {
    what: 'an application is made',
    at: '/portal/applications',
    act: async (page) => {
      await page.getByLabel('Name', { exact: true }).fill('deploy')
      await press(page, 'Make the application')
    },
    told: 'The application is made.',
    seen: async (walk) => (await applicationNow(walk)).state,
    is: 'enabled',
  },
  {
    what: 'a secret is made',
    act: (page) => press(page, 'Make a secret'),
    told: 'The secret is shown only once, now.',
    seen: async (walk) => (await applicationNow(walk)).secrets.length,
    is: 1,
  },
  {
    what: 'a secret is removed',
    act: async (page) => {
      await page.getByRole('link', { name: 'Back to the application' }).click()
      await press(page, 'Remove the secret secret')
    },
    told: 'proves nothing any more.',
    seen: async (walk) => (await applicationNow(walk)).secrets.length,
    is: 0,
  },
  {
    what: 'a certificate is registered',
    act: async (page) => {
      await page.getByText('Register a certificate').click()
      await page.getByLabel(/^The certificate \(PEM\)/).fill((await makeCertificate()).pem)
      await press(page, 'Register')
    },
    told: 'The certificate is registered.',
    seen: async (walk) => (await applicationNow(walk)).certificates.length,
    is: 1,
  },
  {
    what: 'a certificate is removed',
    act: (page) => press(page, /^Remove the certificate [\w-]{43}$/),
    told: 'proves nothing any more.',
    seen: async (walk) => (await applicationNow(walk)).certificates.length,
    is: 0,
  },
  {
    what: 'an application is let be used by a job',
    act: async (page) => {
      await page.getByRole('link', { name: 'GitHub Actions' }).click()
      await page.getByLabel('A name for this credential').fill('main-branch')
      await page.getByLabel(/^Repository/).fill('org/repo')
      await press(page, 'Trust it')
    },
    told: 'repo:org/repo:ref:refs/heads/main',
    seen: async (walk) => (await applicationNow(walk)).federatedCredentials.length,
    is: 1,
  },
  {
    what: 'and no more',
    act: async (page) => {
      await page.getByRole('link', { name: 'Back to the application' }).click()
      await press(page, 'Remove main-branch')
    },
    told: 'The federated credential main-branch is removed.',
    seen: async (walk) => (await applicationNow(walk)).federatedCredentials.length,
    is: 0,
  },
  {
    what: 'an application is disabled',
    act: (page) => press(page, 'Disable'),
    told: 'The application gets no more tokens',
    seen: async (walk) => (await applicationNow(walk)).state,
    is: 'disabled',
  },
  {
    what: 'an application is enabled',
    act: (page) => press(page, 'Enable'),
    told: 'The application gets tokens again.',
    seen: async (walk) => (await applicationNow(walk)).state,
    is: 'enabled',
  },
  {
    what: 'an application is deleted',
    act: async (page) => {
      await typeName(page, 'deploy')
      await press(page, 'Delete')
    },
    told: 'The application deploy is deleted.',
    seen: applicationNow,
    is: undefined,
  },
]

/** The actions for a group or a user. */
function actionsOfPeople(collection: 'groups' | 'users'): readonly WalkedAction[] {
  const stateNow = async ({ read }: Walk) =>
    (await read(`/landfast/v1/${collection}`)).value.find(({ displayName }: Body) => displayName === 'staff')
      ?.state
  return [
    {
      what: `one of the ${collection} is made`,
      at: `/portal/${collection}`,
      act: async (page) => {
        await page.getByLabel('Name', { exact: true }).fill('staff')
        await page.getByLabel(/^What the provider calls/).fill('staff-at-the-provider')
        await press(page, collection === 'groups' ? 'Make the group' : 'Make the user')
      },
      told: 'staff is made, and needs a role.',
      seen: stateNow,
      is: 'enabled',
    },
    {
      what: `one of the ${collection} is disabled`,
      act: (page) => press(page, 'Disable staff'),
      told: 'staff is disabled. Its roles count no more, from the next request on.',
      seen: stateNow,
      is: 'disabled',
    },
    {
      what: `one of the ${collection} is enabled`,
      act: (page) => press(page, 'Enable staff'),
      told: 'staff is enabled. Its roles count again.',
      seen: stateNow,
      is: 'enabled',
    },
    {
      what: `one of the ${collection} is deleted`,
      act: async (page) => {
        const row = page.getByRole('row').filter({ hasText: 'staff-at-the-provider' })
        await row.locator('summary').click()
        await row.getByLabel('Type its name to delete it').fill('staff')
        await press(page, 'Delete staff')
      },
      told: 'staff is deleted, with its roles.',
      seen: stateNow,
      is: undefined,
    },
  ]
}

const LAST_ACTIONS: readonly WalkedAction[] = [
  {
    what: 'a new key is made',
    at: '/portal/keys',
    act: (page) => press(page, 'Make a new key'),
    told: 'is made.',
    seen: async ({ read }) => (await read('/landfast/v1/signing-keys')).value.length,
    is: 2,
  },
  {
    what: 'the audit trail is saved as a file',
    at: '/portal/audit',
    act: async (page) => {
      const saving = page.waitForEvent('download')
      await page.getByRole('link', { name: 'Save these entries as a file' }).click()
      const lines = readFileSync(await (await saving).path(), 'utf8')
        .trimEnd()
        .split('\n')
      const actions = lines.map((line) => JSON.parse(line).action)
      if (!actions.includes('delete-application')) throw new Error(`only ${actions.join(', ')}`)
    },
    told: 'Save these entries as a file',
    seen: async () => undefined,
    is: undefined,
  },
  {
    what: 'a machine is deleted',
    at: ({ machine }) => `/portal${machine}`,
    act: async (page) => {
      await typeName(page, 'web-1')
      await press(page, 'Delete')
    },
    told: 'The machine web-1 is deleted.',
    seen: async (walk) => (await machineNow(walk)).error.code,
    is: 'ResourceNotFound',
  },
  {
    what: 'a person signs out everywhere',
    act: (page) => press(page, 'Sign out everywhere'),
    told: 'Sign in',
    seen: async ({ storage }) => (await storage.db.selectFrom('portal_session').selectAll().execute()).length,
    is: 0,
  },
]

/** All of them. */
export const ACCOUNT_ACTIONS: readonly WalkedAction[] = [
  ...APPLICATION_ACTIONS,
  ...actionsOfPeople('groups'),
  ...actionsOfPeople('users'),
  ...LAST_ACTIONS,
]
