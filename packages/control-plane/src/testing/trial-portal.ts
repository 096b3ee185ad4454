/**
 * A control plane whose portal is looked at for one test, and browsers that do: each keeps its cookie, follows no redirect by
 * itself, and sends the headers that a browser sends. Not published.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { request as httpsRequest } from 'node:https'
import { makeTrialApplication, type TrialApplication } from './trial-application.ts'
import { startTrialOnboarding, type TrialOnboarding } from './trial-onboarding.ts'
import { addTrialRole, ROLE } from './trial-resource-manager.ts'

/** A page as it came. */
export interface TrialPage {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

/** How a form is sent. */
export interface SendForm {
  headers?: Record<string, string>
}

/** A browser. */
export interface TrialBrowser {
  cookie: string | undefined
  /** The cookie of a sign-in under way at an OpenID provider. */
  flowCookie: string | undefined
  get(path: string, headers?: Record<string, string>): Promise<TrialPage>
  /** Looks at the head of a page. */
  head(path: string): Promise<TrialPage>
  /** Sends a form as a page of the portal would. */
  post(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<TrialPage>
  /** Sends what no form sends. */
  postJson(path: string, body: unknown): Promise<TrialPage>
  /** Sends the form on `page` that goes to `to`, with what it is filled with and these. */
  submit(page: TrialPage, to: string, fields?: Record<string, string>): Promise<TrialPage>
  /** Signs in with a secret. */
  signIn(application: Pick<TrialApplication, 'clientId' | 'secret'>, back?: string): Promise<TrialPage>
}

/** A control plane with a portal. */
export interface TrialPortal extends TrialOnboarding {
  /** A browser where nobody is signed in. */
  openBrowser(): TrialBrowser
  /** An application with a secret, and a role at a scope if one is given. */
  addApplication(role?: { id: string; scope: string }): Promise<TrialApplication>
  /** A browser where an Owner of everything is signed in. */
  ownersBrowser(): Promise<TrialBrowser>
}

/** Starts one; it is stopped after the test. */
export async function startTrialPortal(
  ...options: Parameters<typeof startTrialOnboarding>
): Promise<TrialPortal> {
  const trial = await startTrialOnboarding(...options)
  const { storage, tenantId, clock, controlPlane } = trial
  const addApplication: TrialPortal['addApplication'] = async (role) => {
    const application = await makeTrialApplication({ storage, tenantId }, { time: clock.now() })
    const { principalId } = application
    if (role) await addTrialRole(storage, { principalId, role, time: clock.now() })
    return application
  }
  const openBrowser = () => openTrialBrowser(controlPlane)
  return {
    ...trial,
    addApplication,
    openBrowser,
    ownersBrowser: async () => {
      const browser = openBrowser()
      await browser.signIn(await addApplication({ id: ROLE.owner, scope: '/' }))
      return browser
    },
  }
}

/** A browser at this replica where nobody is signed in. */
export function openTrialBrowser(
  controlPlane: Pick<TrialPortal['controlPlane'], 'url' | 'caFile'>,
): TrialBrowser {
  const load = async (
    path: string,
    { method, headers = {}, body }: { method: string; headers?: Record<string, string>; body?: string },
  ) => {
    const page = await ask(controlPlane, path, {
      method,
      headers: { ...cookies(), ...headers },
      body,
    })
    for (const line of [page.headers['set-cookie'] ?? []].flat()) keepCookie(line)
    return page
  }
  const cookies = (): Record<string, string> => {
    const kept = [browser.cookie, browser.flowCookie].filter((one) => one !== undefined)
    return kept.length === 0 ? {} : { Cookie: kept.join('; ') }
  }
  const keepCookie = (line: string) => {
    const [pair = ''] = line.split(';', 1)
    const name = pair.startsWith('__Host-landfast-sign-in=') ? 'flowCookie' : 'cookie'
    browser[name] = line.includes('Max-Age=0') ? undefined : pair
  }
  const browser: TrialBrowser = {
    cookie: undefined,
    flowCookie: undefined,
    get: (path, headers = { 'Sec-Fetch-Site': 'same-origin' }) => load(path, { method: 'GET', headers }),
    head: (path) => load(path, { method: 'HEAD' }),
    post: (path, fields, headers = { 'Sec-Fetch-Site': 'same-origin' }) =>
      load(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(fields).toString(),
      }),
    postJson: (path, body) =>
      load(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
        body: JSON.stringify(body),
      }),
    submit: (page, to, fields = {}) => browser.post(to, { ...formFields(page, to), ...fields }),
    signIn: ({ clientId, secret }, back = '/portal') =>
      browser.post('/portal/sign-in', { clientId, secret, back }),
  }
  return browser
}

async function ask(
  { url, caFile }: Pick<TrialPortal['controlPlane'], 'url' | 'caFile'>,
  path: string,
  { method, headers, body }: { method: string; headers: Record<string, string>; body?: string | undefined },
): Promise<TrialPage> {
  const ca = await readFile(caFile)
  const { promise, resolve, reject } = Promise.withResolvers<TrialPage>()
  const outgoing = httpsRequest(url, { path, ca, agent: false, method, headers }, async (incoming) => {
    const chunks = await incoming.toArray()
    const { statusCode: status = 0, headers: answered } = incoming
    resolve({ status, headers: answered, text: Buffer.concat(chunks).toString() })
  })
  outgoing.on('error', reject)
  outgoing.end(body)
  return promise
}

/** The path and query of the link that `landfast portal` would open. */
export async function codeLink({ ask, owner }: TrialPortal, as = owner): Promise<string> {
  const { body } = await ask('/landfast/v1/portal/codes', { method: 'POST', as })
  const { pathname, search } = new URL(body.url)
  return pathname + search
}

/** The fields of the form on `page` that is sent to `to`, as they are filled. */
export function formFields({ text }: TrialPage, to: string): Record<string, string> {
  const form = text.split('<form').find((part) => part.includes(`method="post" action="${to}"`))
  if (form === undefined) throw new Error(`the page has no form that is sent to "${to}"`)
  const [inner = ''] = form.split('</form>', 1)
  const fields = Array.from(inner.matchAll(/<input [^>]*>/g), ([input]) => [
    / name="([^"]*)"/.exec(input)?.[1] ?? '',
    unescaped(/ value="([^"]*)"/.exec(input)?.[1] ?? ''),
  ])
  return Object.fromEntries(fields)
}

function unescaped(text: string): string {
  const names = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" } as const
  return text.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (name) => names[name as keyof typeof names])
}
