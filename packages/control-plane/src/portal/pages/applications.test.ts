import { describe, expect, test } from 'vitest'
import { DATABASES } from '../../testing/trial-database.ts'
import { startTrialPortal } from '../../testing/trial-portal.ts'

const MARKUP = '</title><script>alert(1)</script>'

describe.each(DATABASES)('on %s', (database) => {
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
      /data-copy="([\da-f-]{36})" hidden aria-label="Copy the client id"/.exec(page.text)?.[1] ?? ''
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

test('what is no certificate is refused, and is not shown again as more than text', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const { principalId } = await trial.addApplication()
  const path = `/portal/applications/${principalId}`
  const refused = await owner.submit(await owner.get(path), `${path}/certificates`, { certificate: MARKUP })
  expect([refused.status, refused.text.includes('<script>')]).toEqual([400, false])
})
