import { describe, expect, test } from 'vitest'
import { makeKeys } from '../../testing/trial.ts'
import { DATABASES } from '../../testing/trial-database.ts'
import {
  startTrialPortal,
  type TrialBrowser,
  type TrialPage,
  type TrialPortal,
} from '../../testing/trial-portal.ts'
import { ROLE } from '../../testing/trial-resource-manager.ts'

const identityAt = ({ subscriptionId }: TrialPortal, name: string) =>
  `/subscriptions/${subscriptionId}/resourceGroups/shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`

async function makeIdentity(trial: TrialPortal, browser: TrialBrowser, name: string): Promise<string> {
  const made = await browser.submit(await browser.get('/portal/identities'), '/portal/identities', {
    identityName: name,
    groupName: 'shop',
  })
  const path = `/portal${identityAt(trial, name)}`
  expect([made.status, made.headers.location]).toEqual([303, `${path}?done=made`])
  return path
}

describe.each(DATABASES)('on %s', (database) => {
  test('an identity is made, assigned to a machine, taken from it and deleted', async () => {
    const trial = await startTrialPortal({ database })
    const owner = await trial.ownersBrowser()
    const path = await makeIdentity(trial, owner, 'backup')
    await trial.enrolMachine('web-1')
    const assigned = await owner.submit(await owner.get(path), `${path}/assign`, { machineName: 'web-1' })
    expect([assigned.status, assigned.headers.location]).toEqual([303, `${path}?done=assigned&what=web-1`])
    const page = await owner.get(path)
    expect(page.text).toContain('<bdi>web-1</bdi>')
    const machine = path.replace(/Microsoft.ManagedIdentity.*/, 'Microsoft.HybridCompute/machines/web-1')
    expect((await owner.get(machine)).text).toContain('<bdi>backup</bdi>')
    expect((await owner.submit(page, `${path}/unassign`)).headers.location).toBe(
      `${path}?done=taken&what=web-1`,
    )
    expect((await owner.get(path)).text).toContain('No machine has it yet.')
    expect((await owner.submit(page, `${path}/delete`, { name: 'other' })).status).toBe(400)
    const deleted = await owner.submit(await owner.get(path), `${path}/delete`, { name: 'backup' })
    expect(deleted.headers.location).toBe('/portal/identities?done=deleted&what=backup')
    expect((await owner.get(path)).status).toBe(404)
  })

  test('each guide writes the credential that its answers mean, and says what the other side needs', async () => {
    const trial = await startTrialPortal({ database })
    const owner = await trial.ownersBrowser()
    const path = await makeIdentity(trial, owner, 'deploy')
    const answers: readonly (readonly [
      kind: string,
      Record<string, string>,
      subject: string,
      told: string,
    ])[] = [
      [
        'github',
        { repository: 'o@1/r@2', environment: '' },
        'repo:o@1/r@2:ref:refs/heads/main',
        'id-token: write',
      ],
      ['github', { repository: 'o/r', environment: 'prod' }, 'repo:o/r:environment:prod', 'id-token: write'],
      ['gitlab', { project: '42' }, 'project_id:42:ref_type:branch:ref:main', 'FEDERATED_TOKEN'],
      ['gitlab', { project: 'g/p' }, 'project_path:g/p:ref_type:branch:ref:main', 'FEDERATED_TOKEN'],
      [
        'kubernetes',
        { issuer: 'https://k8s.example' },
        'system:serviceaccount:default:default',
        'serviceAccountToken',
      ],
      ['other', { issuer: 'https://ci.example', subject: 'me' }, 'me', 'api://AzureADTokenExchange'],
    ]
    for (const [index, [kind, given, , told]] of answers.entries()) {
      const form = `${path}/federate/${kind}`
      const page = await owner.get(form)
      const written = await owner.submit(page, form, { ...given, credential: `c-${index}` })
      expect([kind, written.status, written.text.includes(told)]).toEqual([kind, 200, true])
    }
    const { body } = await trial.ask(
      `${identityAt(trial, 'deploy')}/federatedIdentityCredentials?api-version=2024-11-30`,
    )
    expect(
      body.value.map(({ properties }: { properties: { subject: string } }) => properties.subject),
    ).toEqual(answers.map(([, , subject]) => subject))
    const page = await owner.get(path)
    await owner.submit(page, `${path}/distrust`)
    expect((await owner.get(path)).text).not.toContain('<bdi>c-0</bdi>')
  })
})

test('identities are found by name, by id and by resource group, and a longer list goes on behind its page', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  await makeIdentity(trial, owner, 'backup')
  for (let count = 10; count < 63; count += 1) {
    await trial.ask(`${identityAt(trial, `web-${count}`)}?api-version=2024-11-30`, {
      method: 'PUT',
      json: { location: 'here' },
    })
  }
  const names = ({ text }: TrialPage) =>
    Array.from(text.matchAll(/userAssignedIdentities\/[\w-]+"><bdi>([\w-]+)</g), ([, name]) => name)
  const found = async (query: Record<string, string>) =>
    names(await owner.get(`/portal/identities?${new URLSearchParams(query)}`))
  const { body } = await trial.ask(`${identityAt(trial, 'backup')}?api-version=2024-11-30`)
  for (const q of ['BACK', body.properties.clientId, body.id]) expect(await found({ q })).toEqual(['backup'])
  expect(await found({ q: 'web-2', group: 'SHOP' })).toHaveLength(10)
  const first = await owner.get('/portal/identities?q=web')
  const [, next = ''] = /<a rel="next" href="([^"]*)">/.exec(first.text) ?? []
  const second = await owner.get(next.replaceAll('&amp;', '&'))
  expect([names(first).length, names(second).length]).toEqual([50, 3])
  const nothing = await owner.get('/portal/identities?q=none')
  expect([nothing.status, nothing.text.includes('No identity is like that.')]).toEqual([200, true])
})

test('whoever may read one resource group alone finds its identities by the group', async () => {
  const trial = await startTrialPortal()
  await makeIdentity(trial, await trial.ownersBrowser(), 'backup')
  const scope = `/subscriptions/${trial.subscriptionId}/resourceGroups/shop`
  const browser = trial.openBrowser()
  await browser.signIn(await trial.addApplication({ id: ROLE.reader, scope }))
  expect((await browser.get('/portal/identities')).text).toContain('Type a resource group')
  expect((await browser.get('/portal/identities?group=shop')).text).toContain('<bdi>backup</bdi>')
})

test('the page of an identity has all of its credentials, and the machines that have it page by page', async () => {
  const trial = await startTrialPortal({ maxFederatedCredentials: 101 })
  const owner = await trial.ownersBrowser()
  const path = await makeIdentity(trial, owner, 'backup')
  const at = identityAt(trial, 'backup')
  for (let count = 1; count <= 101; count += 1) {
    const properties = { issuer: 'https://ci.example', subject: `s${count}`, audiences: ['a'] }
    const written = await trial.ask(
      `${at}/federatedIdentityCredentials/cred-${count}?api-version=2024-11-30`,
      {
        method: 'PUT',
        json: { properties },
      },
    )
    expect(written.status).toBe(201)
  }
  const { body } = await trial.ask(`${at}?api-version=2024-11-30`)
  for (let count = 10; count < 63; count += 1) {
    const { publicKey } = await makeKeys()
    const place = { name: `web-${count}`, resourceGroup: 'shop', publicKey }
    const { identity } = await trial.registry.registerMachine(place)
    const row = {
      machine_principal_id: identity.principalId,
      identity_principal_id: body.properties.principalId,
    }
    await trial.storage.db.insertInto('machine_user_identity').values(row).execute()
  }
  const first = await owner.get(path)
  const [, next = ''] = /<a rel="next" href="([^"]*)">/.exec(first.text) ?? []
  const second = await owner.get(next.replaceAll('&amp;', '&'))
  const machines = ({ text }: TrialPage) => new Set(text.match(/<bdi>web-\d+</g)).size
  expect([machines(first), machines(second)]).toEqual([50, 3])
  expect(first.text.match(/<bdi>s\d+</g)).toHaveLength(101)
})

test('a credential that trusts too much is refused by what the API says', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const form = `${await makeIdentity(trial, owner, 'deploy')}/federate/other`
  const fields = { credential: 'c', issuer: 'http://plain.example', subject: 'me', audience: 'a' }
  const refused = await owner.submit(await owner.get(form), form, fields)
  expect(refused.status).toBe(400)
  expect(refused.text).toContain('http://plain.example')
})

test('a form that makes something writes over nothing that has the name already', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const path = await makeIdentity(trial, owner, 'deploy')
  const again = { identityName: 'Deploy', groupName: 'shop', location: 'elsewhere' }
  const identity = await owner.submit(await owner.get('/portal/identities'), '/portal/identities', again)
  const application = await trial.addApplication()
  const answers = { credential: 'from-ci', issuer: 'https://ci.example', subject: 'me' }
  const refused = [identity]
  for (const page of [path, `/portal/applications/${application.principalId}`]) {
    const form = `${page}/federate/other`
    expect((await owner.submit(await owner.get(form), form, answers)).status).toBe(200)
    refused.push(await owner.submit(await owner.get(form), form, { ...answers, subject: 'another' }))
    expect((await owner.get(page)).text).not.toContain('another')
  }
  for (const { status, text } of refused) {
    expect(status).toBe(409)
    expect(text).toContain('name_taken')
  }
  expect((await trial.ask(`${identityAt(trial, 'deploy')}?api-version=2024-11-30`)).body.location).toBe(
    'local',
  )
})

test('a kind of guide that is none is no page', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const path = await makeIdentity(trial, owner, 'deploy')
  for (const kind of ['constructor', '__proto__', 'x']) {
    expect((await owner.get(`${path}/federate/${kind}`)).status).toBe(404)
  }
})
