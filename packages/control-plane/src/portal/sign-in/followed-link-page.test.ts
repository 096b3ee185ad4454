import { expect, test } from 'vitest'
import { startTrialPortal } from '../../testing/trial-portal.ts'

const FOLLOWED = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-User': '?1' }

test.each(['cross-site', 'same-site'])(
  'a link followed on a %s page leads to the sign-in in a second request, which brings the cookie',
  async (site) => {
    const browser = (await startTrialPortal()).openBrowser()
    const { status, headers, text } = await browser.get('/portal/audit?machine=a%22b', {
      ...FOLLOWED,
      'Sec-Fetch-Site': site,
    })
    const path = '/portal/sign-in?back=%2Fportal%2Faudit%3Fmachine%3Da%2522b'
    expect([status, headers.refresh, headers.location]).toEqual([200, `0; url=${path}`, undefined])
    expect(text).toContain(`<a href="${path}">`)
  },
)

test.each([
  ['a frame', { 'Sec-Fetch-Dest': 'iframe' }],
  ['a page that leads on by itself', { 'Sec-Fetch-User': '' }],
])('%s of another site is no person, and sees the sign-in', async (_case, headers) => {
  const browser = (await startTrialPortal()).openBrowser()
  const answer = await browser.get('/portal/audit/export', { ...FOLLOWED, ...headers })
  expect([answer.status, answer.headers.refresh]).toEqual([303, undefined])
})

test('the second request ends at the page for a person who is signed in, and else at the sign-in', async () => {
  const trial = await startTrialPortal()
  const followed = await trial.openBrowser().get('/portal/keys', FOLLOWED)
  const path = String(followed.headers.refresh).slice('0; url='.length)
  const [stranger, owner] = [trial.openBrowser(), await trial.ownersBrowser()]
  expect((await owner.get(path, { 'Sec-Fetch-Site': 'same-origin' })).headers.location).toBe('/portal/keys')
  for (const site of ['same-origin', 'cross-site']) {
    const { status, headers, text } = await stranger.get(path, { ...FOLLOWED, 'Sec-Fetch-Site': site })
    expect([status, headers.refresh, text.includes('<h1><bdi>Sign in</bdi>')]).toEqual([200, undefined, true])
  }
})

test.each([
  '//evil.example/portal/x',
  '/portal//evil.example',
  '/portal/..//evil.example',
  '/portal/sign-out',
  '/portal/x;url=https://evil.example',
  '/portal/x?back=https://evil.example#"',
])('no link leads to another site by way of the portal: %s', async (path) => {
  const { headers } = await (await startTrialPortal()).openBrowser().get(path, FOLLOWED)
  expect(String(headers.refresh ?? '0; url=/portal')).toMatch(
    /^0; url=\/portal(\/sign-in(\?back=%2Fportal[^;/]*)?)?$/,
  )
})

test('a form, a request of a script and a typed address are answered as they always were', async () => {
  const browser = (await startTrialPortal()).openBrowser()
  const form = await browser.post('/portal/roles', {}, FOLLOWED)
  expect([form.status, form.headers.refresh, form.text.includes('cross_site')]).toEqual([
    403,
    undefined,
    true,
  ])
  for (const headers of [{ ...FOLLOWED, 'Sec-Fetch-Dest': 'empty' }, { 'Sec-Fetch-Site': 'none' }, {}]) {
    const answer = await browser.get('/portal/roles', headers as Record<string, string>)
    expect([answer.status, answer.headers.refresh]).toEqual([303, undefined])
  }
})

test('a browser that brings the cookie with the first request gets the page at once', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  const { headers, text } = await owner.get('/portal/keys', FOLLOWED)
  expect([headers.refresh, text.includes('Signing keys')]).toEqual([undefined, true])
})
