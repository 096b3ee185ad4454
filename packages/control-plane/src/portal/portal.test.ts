import { describe, expect, test } from 'vitest'
import { send, startTrial } from '../testing/trial.ts'
import { formFields, startTrialPortal } from '../testing/trial-portal.ts'

test('who is not signed in is sent to the sign-in, and comes back to the page that was meant', async () => {
  const trial = await startTrialPortal()
  const browser = trial.openBrowser()
  const { status, headers } = await browser.get('/portal/machines?status=Connected')
  expect([status, headers.location]).toEqual([
    303,
    '/portal/sign-in?back=%2Fportal%2Fmachines%3Fstatus%3DConnected',
  ])
  const application = await trial.addApplication()
  const signedIn = await browser.signIn(application, '/portal/machines?status=Connected')
  expect([signedIn.status, signedIn.headers.location]).toEqual([303, '/portal/machines?status=Connected'])
})

test('every page says that nothing of it comes from elsewhere, and that no site may frame or keep it', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const pages = [
    await trial.openBrowser().get('/portal/sign-in'),
    await owner.get('/portal'),
    await owner.get('/portal/nothing'),
    await trial.openBrowser().get('/portal'),
    await owner.post('/portal/nothing', {}, {}),
  ]
  for (const { headers } of pages) {
    expect(headers).toMatchObject({
      'content-security-policy':
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-store',
    })
  }
})

test('no page has script or style of its own, since the policy would refuse them', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  for (const path of ['/portal', '/portal/machines']) {
    const { text } = await owner.get(path)
    expect(text).not.toMatch(/<style|style=|\son\w+=|<script(?! type="module" src=)|javascript:/i)
  }
})

test('a file may be kept for ever, and is not sent to who has it', async () => {
  const trial = await startTrialPortal()
  const browser = trial.openBrowser()
  const { text } = await browser.get('/portal/sign-in')
  const [css = ''] = /\/portal\/assets\/portal\.[\w-]+\.css/.exec(text) ?? []
  const first = await browser.get(css)
  expect(first.headers).toMatchObject({
    'content-type': 'text/css; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
  })
  const again = await browser.get(css, { 'If-None-Match': String(first.headers.etag) })
  expect([again.status, again.text]).toEqual([304, ''])
})

test('below the files there is nothing else, whatever the path says', async () => {
  const browser = (await startTrialPortal()).openBrowser()
  for (const name of ['portal.css', '..%2f..%2fpackage.json', '%00', '']) {
    expect((await browser.get(`/portal/assets/${name}`)).status).toBe(404)
  }
})

test('a form that cannot be read is answered by a page', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const large = await owner.post('/portal/sign-out', { big: 'x'.repeat(140_000) })
  expect([large.status, large.headers['content-type']]).toEqual([413, 'text/html; charset=utf-8'])
  expect(large.text).toContain('form_too_large')
  const { status, text } = await owner.post('/portal/sign-out', {}, { 'Content-Type': 'text/x-odd' })
  expect([status, text.includes('form_malformed')]).toEqual([400, true])
})

test('what is no form does nothing, and is answered by a page', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  const sent = [{ a: { toString: 1, valueOf: 1 } }, { a: null }, [1], 'text', null]
  const answers = await Promise.all(sent.map((body) => owner.postJson('/portal/sign-out', body)))
  for (const { status, headers } of answers) {
    expect([status, headers['content-type']]).toEqual([403, 'text/html; charset=utf-8'])
  }
  expect((await owner.get('/portal')).status).toBe(200)
})

test('of a form that another site sent nothing is shown, since it would seem to be said by the portal', async () => {
  const browser = (await startTrialPortal()).openBrowser()
  const { status, text } = await browser.post(
    '/portal/machines',
    { Message: 'Call this number', back: '/portal/find?q=Call' },
    { 'Sec-Fetch-Site': 'cross-site' },
  )
  expect([status, text.includes('cross_site'), text.includes('Call')]).toEqual([403, true, false])
})

test('a browser that does not say which site a form comes from reads that, and its form does nothing', async () => {
  const trial = await startTrialPortal()
  const application = await trial.addApplication()
  const { clientId, secret } = application
  const browser = trial.openBrowser()
  const { status, text } = await browser.post('/portal/sign-in', { clientId, secret }, {})
  expect([status, browser.cookie]).toEqual([403, undefined])
  expect(text).toContain('site_unsaid')
  expect(text).toContain('Your browser does not say which site a form comes from')
  expect(text).not.toContain('came from another site')
  expect(text).not.toContain(secret)
})

test('what was typed into a form is not lost when the session has ended meanwhile', async () => {
  const trial = await startTrialPortal()
  const owner = await trial.ownersBrowser()
  const typed = `-----BEGIN\n${'line <b>\n'.repeat(100)}`
  const fields = formFields(await owner.get('/portal/roles'), '/portal/roles')
  trial.clock.advance(3_601)
  const { status, text } = await owner.post('/portal/roles', { ...fields, description: typed })
  expect([status, text.includes('form_expired')]).toEqual([403, true])
  expect(text).toContain(typed.replaceAll('<', '&lt;').replaceAll('>', '&gt;'))
  expect(text).toContain('<a href="/portal/roles">')
  expect(text).not.toContain(fields.formToken)
})

test('a page that is not there is said to be missing', async () => {
  const owner = await (await startTrialPortal()).ownersBrowser()
  const { status, text } = await owner.get('/portal/nothing')
  expect([status, text.includes('page_unknown')]).toEqual([404, true])
})

test.each(['/portal/%', '/portal/%ff', '//portal/machines/%E0%A4%A'])(
  'an address that cannot be read, such as %s, is answered by a page',
  async (path) => {
    const owner = await (await startTrialPortal()).ownersBrowser()
    const { status, text, headers } = await owner.get(path)
    expect([status, text.includes('page_unknown')]).toEqual([404, true])
    expect(headers['content-security-policy']).toBeDefined()
  },
)

describe('switched off', () => {
  test('there is no portal and no route to it', async () => {
    const trial = await startTrialPortal({ portal: false })
    const { status } = await trial.openBrowser().get('/portal')
    const code = await trial.ask('/landfast/v1/portal/codes', { method: 'POST' })
    expect([status, code.status]).toEqual([404, 404])
  })

  test.each(['/portal', '/portal/machines', '/portal/%ff'])(
    'a browser at %s reads that it is',
    async (path) => {
      const browser = (await startTrialPortal({ portal: false })).openBrowser()
      const { status, headers, text } = await browser.get(path)
      expect([status, headers['content-type']]).toEqual([404, 'text/plain; charset=utf-8'])
      expect(text).toContain('The portal of this control plane is switched off.')
      expect(await browser.head(path)).toMatchObject({ status: 404, text: '' })
    },
  )
})

test('the OpenAPI document does not have the pages, which are for people', async () => {
  const { controlPlane } = await startTrial()
  const { body } = await send(controlPlane, `${controlPlane.url}/openapi.json`)
  const paths = Object.keys(body.paths).filter((path) => path.includes('portal'))
  expect(paths).toEqual(['/landfast/v1/portal/codes'])
})
