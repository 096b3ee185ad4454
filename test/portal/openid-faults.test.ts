/** What may go wrong on the way to the company's OpenID provider and back: nobody comes in, and the page says why. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { trialDatabaseUrl } from '../../packages/control-plane/src/testing/trial-database.ts'
import { takeDatabaseAway } from '../../packages/control-plane/src/testing/trial-outage.ts'
import type { TrialBrowser, TrialPage } from '../../packages/control-plane/src/testing/trial-portal.ts'
import { ROLE } from '../../packages/control-plane/src/testing/trial-resource-manager.ts'
import { type OpenIdTrial, startOpenIdTrial } from './openid-trial.ts'

/** Of somebody who would come in if nothing were wrong. */
async function start(...options: Parameters<typeof startOpenIdTrial>): Promise<OpenIdTrial> {
  const trial = await startOpenIdTrial(...options)
  await trial.addGroup(ROLE.reader)
  return trial
}

/** Nobody is signed in, and the page shows the code. */
function expectRefusal(page: TrialPage, browser: TrialBrowser, [status, code]: readonly [number, string]) {
  const [, shown] = /Code <code>(\w+)<\/code>/.exec(page.text) ?? []
  expect([page.status, shown, browser.cookie]).toEqual([status, code, undefined])
}

const STATE = [400, 'openid_state'] as const
const WRONG = [502, 'openid_answer_wrong'] as const
const UNAVAILABLE = [502, 'openid_unavailable'] as const

function answerJson(response: ServerResponse, body: unknown, status = 200): true {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  return true
}

function isAt(path: string) {
  return ({ url }: IncomingMessage) => url?.split('?')[0] === path
}

const isToken = isAt('/token')

/** The token endpoint answers with an ID token of these claims in the place of the right ones. */
async function comeWithToken(
  trial: OpenIdTrial,
  browser: TrialBrowser,
  { change, forged = false }: { change: Record<string, unknown>; forged?: boolean },
): Promise<{ page: TrialPage; token: string }> {
  const { company, clock } = trial
  const location = await trial.begin(browser)
  const now = Math.floor(clock.now().getTime() / 1000)
  const { person } = company
  const right = {
    ...{ iss: company.issuer, aud: 'portal', iat: now, exp: now + 600 },
    ...{ nonce: new URL(location).searchParams.get('nonce'), ...person },
  }
  const token = await company.idToken({ ...right, ...change }, { forged })
  company.instead = (request, response) =>
    isToken(request) &&
    answerJson(response, { access_token: 'MARKED-ACCESS', token_type: 'Bearer', id_token: token })
  const page = await browser.get(await company.comeBack(location))
  return { page, token }
}

test('an ID token in which nothing is wrong signs in, however it came', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  const { page } = await comeWithToken(trial, browser, { change: {} })
  expect([page.status, browser.cookie === undefined]).toEqual([200, false])
})

describe('an ID token signs in nobody', () => {
  const HOUR = 3_600
  const now = () => Math.floor(Date.now() / 1000)

  test.each<[string, { change: Record<string, unknown>; forged?: boolean }]>([
    ['with another nonce', { change: { nonce: 'x' } }],
    ['without a nonce', { change: { nonce: undefined } }],
    ['for another audience', { change: { aud: 'other' } }],
    ['for two audiences and nobody in particular', { change: { aud: ['portal', 'other'], azp: 'other' } }],
    ['of another issuer', { change: { iss: 'https://other.example.com' } }],
    ['that has expired', { change: { iat: now() - 2 * HOUR, exp: now() - HOUR } }],
    ['that is not good yet', { change: { nbf: now() + HOUR } }],
    ['that another key has signed', { change: {}, forged: true }],
    ['without a subject', { change: { sub: undefined } }],
    ['with a subject that nobody could see', { change: { sub: 'a\u0007b' } }],
  ])('%s', async (_, wish) => {
    const lines: string[] = []
    const log = pino(
      new Writable({
        write: (chunk, _encoding, done) => {
          lines.push(String(chunk))
          done()
        },
      }),
    )
    const trial = await start({ log })
    const browser = trial.openBrowser()
    const { page, token } = await comeWithToken(trial, browser, wish)
    expectRefusal(page, browser, WRONG)
    const written = lines.join('') + page.text
    expect(written).toContain('openid_answer_wrong')
    for (const secret of [token, 'MARKED-ACCESS']) expect(written).not.toContain(secret)
  })
})

test('an answer is refused in a browser that did not begin, that has begun anew, and whose cookie was changed', async () => {
  const trial = await start()
  const [browser, other] = [trial.openBrowser(), trial.openBrowser()]
  const path = await trial.company.comeBack(await trial.begin(browser))
  expectRefusal(await other.get(path), other, STATE)
  await trial.begin(other)
  expectRefusal(await other.get(path), other, STATE)
  const { flowCookie = '' } = browser
  for (const changed of [flowCookie.slice(0, -1), `${flowCookie}A`, '__Host-landfast-sign-in=x']) {
    other.flowCookie = changed
    expectRefusal(await other.get(path), other, STATE)
  }
  expect((await browser.get(path)).status).toBe(200)
})

test('a sign-in has ten minutes', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  const path = await trial.company.comeBack(await trial.begin(browser))
  trial.clock.advance(600)
  expectRefusal(await browser.get(path), browser, STATE)
})

test('an answer that was used signs in nobody a second time, even if the provider would let it', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  const location = await trial.begin(browser)
  const { flowCookie } = browser
  const now = Math.floor(trial.clock.now().getTime() / 1000)
  const nonce = new URL(location).searchParams.get('nonce')
  const claims = { iss: trial.company.issuer, aud: 'portal', iat: now, exp: now + 600, nonce }
  const token = await trial.company.idToken({ ...claims, ...trial.company.person })
  trial.company.instead = (request, response) =>
    isToken(request) && answerJson(response, { access_token: 'x', token_type: 'Bearer', id_token: token })
  const path = await trial.company.comeBack(location)
  expect((await browser.get(path)).status).toBe(200)
  const thief = trial.openBrowser()
  thief.flowCookie = flowCookie
  expectRefusal(await thief.get(path), thief, STATE)
})

test('an answer of another provider, or one that does not say whose it is, is refused', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  for (const change of [
    (query: URLSearchParams) => query.set('iss', 'https://other.example.com'),
    (query: URLSearchParams) => query.delete('iss'),
    (query: URLSearchParams) => query.append('code', 'second'),
  ]) {
    const [path = '', query = ''] = (await trial.company.comeBack(await trial.begin(browser))).split('?')
    const changed = new URLSearchParams(query)
    change(changed)
    expectRefusal(await browser.get(`${path}?${changed}`), browser, WRONG)
  }
})

test('who does not sign in at the provider is told so, by its code and by no other word of it', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  trial.company.person = undefined
  const path = await trial.company.comeBack(await trial.begin(browser))
  expect(path).toContain('error=access_denied')
  const page = await browser.get(`${path}&error_description=Call+0123`)
  expectRefusal(page, browser, [403, 'openid_refused'])
  expect([page.text.includes('access_denied'), page.text.includes('0123')]).toEqual([true, false])
  const odd = await trial.begin(browser)
  const state = new URL(odd).searchParams.get('state') ?? ''
  const answer = { state, iss: trial.company.issuer, error: 'Call 0123' }
  const shown = await browser.get(`/portal/sign-in/callback?${new URLSearchParams(answer)}`)
  expectRefusal(shown, browser, [403, 'openid_refused'])
  expect(shown.text).not.toContain('0123')
})

describe('the token endpoint', () => {
  test.each<[string, (response: ServerResponse) => unknown, readonly [number, string]]>([
    ['refuses', (response) => answerJson(response, { error: 'invalid_client' }, 401), WRONG],
    ['fails', (response) => response.writeHead(500).end(), UNAVAILABLE],
    ['leads elsewhere', (response) => response.writeHead(302, { Location: '/x' }).end(), WRONG],
    ['answers with something else', (response) => response.end('<html>MARKED</html>'), WRONG],
    ['answers with broken JSON', (response) => brokenJson(response), WRONG],
    [
      'gives no ID token',
      (response) => answerJson(response, { access_token: 'x', token_type: 'Bearer' }),
      WRONG,
    ],
    ['says more than anybody reads', (response) => response.end('x'.repeat(600_000)), UNAVAILABLE],
    ['hangs up', (response) => response.destroy(), UNAVAILABLE],
    ['does not answer in time', () => undefined, UNAVAILABLE],
  ])('%s, and nobody is signed in', async (_, answer, refusal) => {
    const trial = await start()
    const browser = trial.openBrowser()
    trial.company.instead = (request, response) => {
      if (!isToken(request)) return false
      answer(response)
      return true
    }
    const page = await trial.comeIn(browser)
    expectRefusal(page, browser, refusal)
    expect(page.text).not.toContain('MARKED')
    trial.company.instead = undefined
    expect((await trial.comeIn(browser)).status).toBe(200)
  })
})

function brokenJson(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"access_token": "MARKED')
}

describe('the discovery document', () => {
  const good = (issuer: string) => ({
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
  })

  test.each<[string, (issuer: string) => unknown, readonly [number, string]]>([
    ['of another issuer', (issuer) => ({ ...good(issuer), issuer: `${issuer}/` }), WRONG],
    ['that is no object', () => 'x', WRONG],
    ['without a token endpoint', (issuer) => ({ ...good(issuer), token_endpoint: undefined }), WRONG],
    [
      'that leads over plain HTTP',
      (issuer) => ({ ...good(issuer), authorization_endpoint: 'http://issuer.test/auth' }),
      WRONG,
    ],
    [
      'that leads to a script',
      (issuer) => ({ ...good(issuer), authorization_endpoint: 'javascript:x' }),
      WRONG,
    ],
  ])('%s leads nobody anywhere', async (_, document, refusal) => {
    const trial = await start()
    const browser = trial.openBrowser()
    trial.company.instead = (request, response) =>
      isAt('/.well-known/openid-configuration')(request) &&
      answerJson(response, document(trial.company.issuer))
    const page = await browser.get('/portal/sign-in/openid')
    expectRefusal(page, browser, refusal)
  })

  test('of another issuer is in the log with both issuers', async () => {
    const lines: string[] = []
    const write = (chunk: unknown, _encoding: unknown, done: () => void) => {
      lines.push(String(chunk))
      done()
    }
    const trial = await start({ log: pino(new Writable({ write })) })
    const { issuer } = trial.company
    trial.company.instead = (request, response) =>
      isAt('/.well-known/openid-configuration')(request) &&
      answerJson(response, { ...good(issuer), issuer: `${issuer}/` })
    const browser = trial.openBrowser()
    expectRefusal(await browser.get('/portal/sign-in/openid'), browser, WRONG)
    const told = lines.map((line) => JSON.parse(line)).find(({ code }) => code === 'openid_answer_wrong')
    expect(told.why).toContain(`it states "${issuer}/", not "${issuer}"`)
  })

  test('that cannot be had is asked for again after some seconds, and not before', async () => {
    const trial = await start()
    const browser = trial.openBrowser()
    let asked = 0
    trial.company.instead = (_request, response) => {
      asked += 1
      response.writeHead(503).end()
      return true
    }
    const page = () => browser.get('/portal/sign-in/openid')
    for (let count = 0; count < 3; count += 1) expectRefusal(await page(), browser, UNAVAILABLE)
    expect(asked).toBe(1)
    trial.company.instead = undefined
    trial.clock.advance(11)
    expect((await page()).status).toBe(303)
  })
})

test('while the provider is away the others come in, and the page says so', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  await trial.company.server.stop()
  expectRefusal(await browser.get('/portal/sign-in/openid'), browser, UNAVAILABLE)
  await browser.signIn(await trial.addApplication({ id: ROLE.reader, scope: '/' }))
  expect((await browser.get('/portal')).status).toBe(200)
})

test('of more sign-ins from one address than the provider can be waited for, the next one is told to come later', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  const held: ServerResponse[] = []
  trial.company.instead = (_request, response) => held.push(response) > 0
  const pages = Array.from({ length: 9 }, () => browser.get('/portal/sign-in/openid'))
  expectRefusal(await Promise.race(pages), browser, [503, 'openid_busy'])
  const fail = (response: ServerResponse) => response.writeHead(503).end()
  trial.company.instead = (_request, response) => fail(response) !== undefined
  for (const response of held) fail(response)
  const statuses = (await Promise.all(pages)).map(({ status }) => status)
  expect(statuses.toSorted()).toEqual([...Array(8).fill(502), 503])
})

test('another site sends nobody to the provider: who is signed in there would come in unasked', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  for (const site of ['cross-site', 'same-site']) {
    const { status, headers } = await browser.get('/portal/sign-in/openid', { 'Sec-Fetch-Site': site })
    expect([status, headers.location, browser.flowCookie]).toEqual([303, '/portal/sign-in', undefined])
  }
})

test('the cookie of a sign-in is for this host alone, for ten minutes, and shows nothing of it', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  const { headers } = await browser.get('/portal/sign-in/openid')
  const location = new URL(String(headers.location))
  const [line = ''] = headers['set-cookie'] ?? []
  expect(line).toMatch(
    /^__Host-landfast-sign-in=lfs1\.[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/,
  )
  for (const name of ['state', 'nonce', 'code_challenge']) {
    const value = location.searchParams.get(name) ?? ''
    expect([name, value.length, line.includes(value)]).toEqual([name, 43, false])
  }
  expect(location.searchParams.get('code_challenge_method')).toBe('S256')
  expect(location.searchParams.get('redirect_uri')).toBe(`${trial.controlPlane.url}/portal/sign-in/callback`)
})

describe('the groups of a person', () => {
  test.each<[string, unknown]>([
    ['one text', 'platform-team'],
    ['an object', { 'platform-team': true }],
    ['a list with a number', ['platform-team', 7]],
  ])('that are %s are not guessed at', async (_, groups) => {
    const trial = await start()
    const browser = trial.openBrowser()
    const { page } = await comeWithToken(trial, browser, { change: { groups } })
    expectRefusal(page, browser, [502, 'openid_groups'])
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['are not told', { groups: undefined }, 'has no claim &quot;groups&quot;'],
    [
      'are too many for the provider',
      { groups: undefined, _claim_names: { groups: 'src1' } },
      'too many of them',
    ],
    ['are told by a sign alone', { groups: undefined, hasgroups: true }, 'too many of them'],
    ['are others', { groups: ['a', 'b', 'Platform-Team'] }, '<bdi>3</bdi>'],
  ])('%s, and the page says that', async (_, change, text) => {
    const trial = await start()
    const browser = trial.openBrowser()
    const { page } = await comeWithToken(trial, browser, { change })
    expectRefusal(page, browser, [403, 'openid_no_role'])
    expect(page.text).toContain(text)
  })

  test('may be ten thousand, of which one is known here', async () => {
    const trial = await start()
    const browser = trial.openBrowser()
    const groups = Array.from({ length: 10_000 }, (_, index) => `group-${index}`)
    const { page } = await comeWithToken(trial, browser, { change: { groups: [...groups, 'platform-team'] } })
    expect(page.status).toBe(200)
  })

  test('are in the claim that the operator names, whatever it is called', async () => {
    const groupsClaim = 'https://example.com/teams'
    const trial = await start({ provider: { groupsClaim } })
    trial.company.person = { sub: 'ada-1', groups: 7, [groupsClaim]: ['platform-team'] }
    expect((await trial.comeIn(trial.openBrowser())).status).toBe(200)
  })
})

test('who comes back while the database is away is told so, and where to sign in again', async () => {
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const trial = await start({ databaseUrl })
  const browser = trial.openBrowser()
  const path = await trial.company.comeBack(await trial.begin(browser))
  await takeDatabaseAway(databaseUrl)
  const page = await browser.get(path)
  expectRefusal(page, browser, [503, 'unavailable'])
  expect(page.headers['retry-after']).toBe('5')
  expect(page.text).toContain('<a href="/portal/sign-in">Sign in again</a>')
})

test('a portal without a secret comes in by PKCE alone', async () => {
  const trial = await start({ provider: { isPublic: true } })
  expect((await trial.comeIn(trial.openBrowser())).status).toBe(200)
})

test('a name that is none is not taken, and no name is markup', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  const change = { preferred_username: ' ', email: 'a'.repeat(200), name: '<script>alert(1)</script>' }
  expect((await comeWithToken(trial, browser, { change })).page.status).toBe(200)
  const { text } = await browser.get('/portal')
  expect([text.includes('<script>alert'), text.includes('&lt;script&gt;alert(1)')]).toEqual([false, true])
})

test('a clock that is four minutes off does no harm, one that is an hour off is found out', async () => {
  const trial = await start()
  const browser = trial.openBrowser()
  for (const [seconds, status] of [
    [240, 200],
    [-480, 200],
    [2 * 3_600, 502],
  ] as const) {
    trial.clock.advance(seconds)
    browser.cookie = undefined
    const page = await trial.comeIn(browser)
    expect([seconds, page.status]).toEqual([seconds, status])
  }
})
