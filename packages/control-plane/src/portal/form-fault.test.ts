import { describe, expect, test } from 'vitest'
import { PROVIDER } from '../testing/trial-people.ts'
import { startTrialPortal, type TrialPage } from '../testing/trial-portal.ts'

/** What stands beside the field that is wrong. */
function faultIn({ text }: TrialPage): string {
  const [, said = ''] = /<p class="fault" id="fault">(.*?)<\/p>/s.exec(text) ?? []
  return said.replaceAll(/<[^>]*>/g, '')
}

async function start() {
  const trial = await startTrialPortal({ portalProvider: PROVIDER })
  return { trial, owner: await trial.ownersBrowser() }
}

async function identityIn({ trial, owner }: Awaited<ReturnType<typeof start>>, groupName = 'shop') {
  const given = { identityName: 'deploy', groupName }
  await owner.submit(await owner.get('/portal/identities'), '/portal/identities', given)
  const group = `/portal/subscriptions/${trial.subscriptionId}/resourceGroups/${groupName}`
  return `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deploy`
}

test('a form that asks for a name says whether nothing or another name was typed, and keeps that', async () => {
  const { trial, owner } = await start()
  const { identity } = await trial.enrolMachine('web-1')
  const page = `/portal${identity.resourceId}`
  const send = async (name: string) => owner.submit(await owner.get(page), `${page}/delete`, { name })
  expect(faultIn(await send(''))).toBe('The name was not typed. To delete this, type web-1.')
  const mistyped = await send('web-2')
  expect(mistyped.status).toBe(400)
  expect(faultIn(mistyped)).toBe('web-2 is the name of something else. To delete this, type web-1.')
  expect(mistyped.text).toContain('name="name" value="web-2"')
  expect(mistyped.text).toContain(`data-address="${page}"`)
  expect((await owner.submit(mistyped, `${page}/delete`, { name: 'web-1' })).status).toBe(303)
})

test('a form in a row that is folded is open when it is shown again', async () => {
  const { trial, owner } = await start()
  const json = { displayName: 'staff', claimValue: 'staff' }
  const { body } = await trial.ask('/landfast/v1/groups', { method: 'POST', json })
  const to = `/portal/groups/${body.principalId}/delete`
  const again = await owner.submit(await owner.get('/portal/groups'), to, { name: '' })
  expect(faultIn(again)).toContain('type staff')
  expect(again.text).toContain('<details open>')
})

test('a key that makes every token worthless needs the word, and is said to', async () => {
  const { owner } = await start()
  const send = async (name: string) =>
    owner.submit(await owner.get('/portal/keys'), '/portal/keys/rotate', { urgency: 'compromised', name })
  const empty = await send('')
  expect([empty.status, faultIn(empty)]).toEqual([
    400,
    'The word was not typed. Type compromised, or choose another urgency.',
  ])
  expect(empty.text).toContain('<option value="compromised" selected>')
  expect(faultIn(await send('comprimised'))).toContain('comprimised is not the word.')
  expect((await send('compromised')).headers.location).toContain('/portal/keys?done=made&what=')
})

test('a line of tags without "=" is refused, and all lines are kept', async () => {
  const { trial, owner } = await start()
  const { identity } = await trial.enrolMachine('web-1')
  const page = `/portal${identity.resourceId}`
  const tags = 'env=prod\nno equals sign'
  const refused = await owner.submit(await owner.get(page), `${page}/tags`, { tags })
  expect(faultIn(refused)).toContain('The line no equals sign has no “=”.')
  expect(refused.text).toContain(`>${tags}</textarea>`)
  const twice = await owner.submit(await owner.get(page), `${page}/tags`, { tags: 'a=1\nA=2' })
  expect([twice.text.includes('tag_twice'), faultIn(twice)]).toEqual([true, 'The name A stands twice.'])
})

test('a machine of another resource group is proposed where an identity is assigned to none', async () => {
  const { trial, owner } = await start()
  await trial.enrolMachine('web-1')
  const page = await identityIn({ trial, owner }, 'other')
  const assign = async (machineName: string) =>
    owner.submit(await owner.get(page), `${page}/assign`, { machineName })
  const refused = await assign('web-1')
  expect(faultIn(refused)).toBe(
    'There is no machine web-1 in other. One of this name is in shop. Type that resource group.',
  )
  expect(refused.text).toContain('name="machineName" value="web-1"')
  expect(faultIn(await assign('none'))).toContain('Your account sees no machine with the name none.')
  const again = await owner.submit(refused, `${page}/assign`, { groupName: 'shop' })
  expect(again.status).toBe(303)
})

describe('a guide refuses', () => {
  test.each<[guide: string, Record<string, string>, said: string]>([
    ['github', { repository: 'not a repo' }, 'octo-org/shop'],
    ['github', { repository: 'octo-org@1/shop' }, 'octo-org@123456/shop@456789'],
    ['github', { repository: 'https://github.com/o/r' }, 'octo-org/shop'],
    ['github', { repository: 'o/r', branch: 'refs/heads/main' }, 'by its name alone'],
    ['github', { repository: 'o/r', branch: 'a b' }, 'by its name alone'],
    ['github', { repository: 'o/r', branch: '' }, 'a branch or an environment'],
    ['github', { repository: 'o/r', environment: 'prod:eu' }, '%3A'],
    ['github', { repository: 'o/r', audience: 'a b' }, 'without spaces'],
    ['github', { repository: 'o/r', issuer: '' }, 'as a URL'],
    ['gitlab', { project: 'shop' }, 'group/project'],
    ['gitlab', { project: 'a/b', branch: 'x..y' }, 'by its name alone'],
    ['kubernetes', { namespace: 'Shop', issuer: 'https://k8s.example' }, 'small letters'],
    ['kubernetes', { account: 'a_b', issuer: 'https://k8s.example' }, 'small letters'],
    ['other', { issuer: 'https://ci.example', subject: 'a\nb' }, 'on one line'],
  ])('%s with %j', async (guide, answers, said) => {
    const { trial, owner } = await start()
    const { principalId } = await trial.addApplication()
    const form = `/portal/applications/${principalId}/federate/${guide}`
    const refused = await owner.submit(await owner.get(form), form, { ...answers, credential: 'job' })
    expect([refused.status, faultIn(refused)]).toEqual([400, expect.stringContaining(said)])
    expect(refused.text).toContain('name="credential" value="job"')
    const { body } = await trial.ask(`/landfast/v1/service-principals/${principalId}`)
    expect(body.federatedCredentials).toEqual([])
  })
})

test('a guide tells the URL of the control plane where the other variables are', async () => {
  const { trial, owner } = await start()
  const form = `${await identityIn({ trial, owner })}/federate/github`
  const answers = { repository: 'octo-org@123456/shop@456789', credential: 'job' }
  const { text } = await owner.submit(await owner.get(form), form, answers)
  const [, variables = ''] = /<pre tabindex="0">(AZURE_[^<]*)</.exec(text) ?? []
  expect(variables).toContain(`AZURE_AUTHORITY_HOST=${trial.controlPlane.url}/`)
})
