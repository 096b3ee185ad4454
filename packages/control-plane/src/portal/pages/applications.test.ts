import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../testing/trial-database.ts'
import { formFields, startTrialPortal } from '../../testing/trial-portal.ts'

const MARKUP = '</title><script>alert(1)</script>'

describe.each(DATABASES)('on %s', (database) => {
  test('applications are found by how their names begin and by their ids, page by page', async () => {
    const trial = await startTrialPortal({ database })
    const ids = new Map<string, { principalId: string; clientId: string }>()
    for (const displayName of ['Deploy 1', 'deploy_2', 'Übung', 'x']) {
      const { body } = await trial.ask('/landfast/v1/service-principals', {
        method: 'POST',
        json: { displayName },
      })
      ids.set(displayName, body)
    }
    for (let count = 0; count < 51; count += 1)
      await trial.ask('/landfast/v1/service-principals', {
        method: 'POST',
        json: { displayName: `job ${count}` },
      })
    const owner = await trial.ownersBrowser()
    const search = async (q: string) => {
      const { text } = await owner.get(`/portal/applications?${new URLSearchParams({ q })}`)
      return Array.from(
        text.matchAll(/<th scope="row"><a [^>]*><bdi>([^<]*)</g),
        ([, name]) => name,
      ).toSorted()
    }
    expect(await search('DEPLOY')).toEqual(['Deploy 1', 'deploy_2'])
    expect(await search(' deploy_ ')).toEqual(['deploy_2'])
    expect(await search('Ü')).toEqual(['Übung'])
    for (const q of ['eploy', '%', "'"]) expect(await search(q), q).toEqual([])
    expect(await search(ids.get('x')?.clientId.toUpperCase() ?? '')).toEqual(['x'])
    expect(await search(ids.get('x')?.principalId ?? '')).toEqual(['x'])
    const first = await owner.get('/portal/applications?q=job')
    const [, next = ''] = /<a rel="next" href="([^"]*)"/.exec(first.text) ?? []
    const second = await owner.get(next.replaceAll('&amp;', '&'))
    expect([first, second].map(({ text }) => text.match(/<bdi>job \d+</g)?.length)).toEqual([50, 1])
    const none = await owner.get('/portal/applications?q=none')
    expect(none.text).toContain('No application is like that.')
    const long = await trial.ask(`/landfast/v1/service-principals?$search=${'x'.repeat(1_001)}`)
    expect([long.status, long.body.error.code]).toEqual([400, 'InvalidQueryParameter'])
  })

  test('an application is made, given a secret that signs in, disabled, enabled and deleted', async () => {
    const trial = await startTrialPortal({ database })
    const owner = await trial.ownersBrowser()
    const made = await owner.submit(await owner.get('/portal/applications'), '/portal/applications', {
      displayName: MARKUP,
    })
    const [path = ''] = String(made.headers.location).split('?')
    const page = await owner.get(path)
    expect(page.text).not.toContain('<script>')
    const clientId =
      /data-copy="([\da-f-]{36})" hidden>Copy<span class="unseen"> the client id</.exec(page.text)?.[1] ?? ''
    const withSecret = await owner.submit(page, `${path}/secrets`, {
      displayName: 's',
      lifetimeSeconds: '7776000',
    })
    const secret = /<pre tabindex="0">([\w-]{43})<\/pre>/.exec(withSecret.text)?.[1] ?? ''
    expect((await owner.get(path)).text).not.toContain(secret)
    const browser = trial.openBrowser()
    expect((await browser.signIn({ clientId, secret })).status).toBe(303)
    await owner.submit(page, `${path}/disable`)
    expect((await browser.get('/portal')).status).toBe(303)
    expect((await browser.signIn({ clientId, secret })).status).toBe(401)
    await owner.submit(await owner.get(path), `${path}/enable`)
    expect((await browser.signIn({ clientId, secret })).status).toBe(303)
    const before = await owner.get(path)
    const [, remove = ''] = /action="([^"]*\/secrets\/[^"]*\/remove)"/.exec(before.text) ?? []
    await owner.submit(before, remove)
    expect((await browser.signIn({ clientId, secret })).status).toBe(401)
    expect((await owner.submit(before, `${path}/delete`, { name: 'other' })).status).toBe(400)
    expect((await owner.submit(before, `${path}/delete`, { name: MARKUP })).status).toBe(303)
    expect((await owner.get(path)).status).toBe(404)
  })
})

test('an application is let be used by a job, the other side is told how, and the credential is removed again', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { principalId, clientId } = await trial.addApplication()
  const path = `/portal/applications/${principalId}`
  const guides: readonly (readonly [guide: string, Record<string, string>, told: string])[] = [
    ['github', { repository: 'o/r' }, 'id-token: write'],
    ['gitlab', { project: '42' }, 'FEDERATED_TOKEN'],
    ['kubernetes', { issuer: 'https://k8s.example' }, 'serviceAccountToken'],
    ['other', { issuer: 'https://ci.example', subject: 'me' }, 'api://AzureADTokenExchange'],
  ]
  for (const [guide, answers, told] of guides) {
    const form = `${path}/federate/${guide}`
    expect((await owner.get(path)).text).toContain(`href="${form}"`)
    const written = await owner.submit(await owner.get(form), form, { ...answers, credential: guide })
    expect([guide, written.status, written.text.includes(told)]).toEqual([guide, 200, true])
    expect(written.text).toContain(`AZURE_CLIENT_ID=${clientId}`)
  }
  const kept = async () =>
    (await trial.ask(`/landfast/v1/service-principals/${principalId}`)).body.federatedCredentials
  expect((await kept()).map(({ subject }: { subject: string }) => subject).toSorted()).toEqual([
    'me',
    'project_id:42:ref_type:branch:ref:main',
    'repo:o/r:ref:refs/heads/main',
    'system:serviceaccount:default:default',
  ])
  const removed = await owner.submit(await owner.get(path), `${path}/distrust`, { credential: 'other' })
  expect([removed.status, removed.headers.location]).toEqual([303, `${path}?done=untrusted&what=other`])
  expect(await kept()).toHaveLength(3)
  expect((await owner.get(`${path}/federate/constructor`)).status).toBe(404)
})

test('the pages of applications write no credential of an identity, and the other way round', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { identity } = await trial.enrolMachine('web-1')
  const path = `/portal/applications/${identity.principalId}/federate/other`
  expect((await owner.get(path)).status).toBe(404)
  const { formToken = '' } = formFields(await owner.get('/portal'), '/portal/sign-out')
  const answers = { credential: 'c', issuer: 'https://ci.example', subject: 'me', audience: 'a' }
  expect((await owner.post(path, { ...answers, formToken })).status).toBe(404)
})

test('what is no certificate is refused, and is not shown again as more than text', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { principalId } = await trial.addApplication()
  const path = `/portal/applications/${principalId}`
  const refused = await owner.submit(await owner.get(path), `${path}/certificates`, { certificate: MARKUP })
  expect([refused.status, refused.text.includes('<script>')]).toEqual([400, false])
})
