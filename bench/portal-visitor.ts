/**
 * A person at a portal: signs in with a secret and looks at pages, over one connection that is kept.
 *
 * @module
 */

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'

/** Somebody who is signed in. */
export interface PortalVisitor {
  /** Loads a page, and resolves to how many bytes it has. @throws {Error} unless it was found. */
  visit(path: string): Promise<number>
}

/** Who signs in, and where. */
export interface PortalAccount {
  url: string
  ca: string
  clientId: string
  clientSecret: string
}

/** What a browser loads at its first visit, in bytes with the headers of the answers. */
export interface FirstVisit {
  what: string
  bytes: number
}

interface Loaded {
  answer: IncomingMessage
  body: string
  bytes: number
}

/** What a browser sends with a form of the portal. */
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' }

/** Signs in as a browser that was never there: what that loaded, and the visitor. */
export async function signInToPortal({
  url,
  ca,
  clientId,
  clientSecret,
}: PortalAccount): Promise<{ visitor: PortalVisitor; first: FirstVisit[] }> {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 1 })
  const load = (path: string, cookie?: string) => ask(new URL(path, url), { agent, cookie })
  const signIn = await load('/portal/sign-in')
  const assets = [...signIn.body.matchAll(/(?:href|src)="(\/portal\/assets\/[^"]+)"/g)].map(
    ([, path = '']) => path,
  )
  const loaded = []
  for (const path of new Set(assets)) loaded.push({ what: path, bytes: (await load(path)).bytes })
  const form = new URLSearchParams({ clientId, secret: clientSecret }).toString()
  const { answer } = await ask(new URL('/portal/sign-in', url), { agent, form })
  const cookie = answer.headers['set-cookie']?.[0]?.split(';', 1)[0]
  if (!cookie) throw new Error(`the portal answered ${answer.statusCode} to the sign-in`)
  const overview = await load('/portal', cookie)
  return {
    visitor: {
      visit: async (path) => {
        const page = await load(path, cookie)
        if (page.answer.statusCode === 200 || page.answer.statusCode === 303) return page.bytes
        throw new Error(`${path} answered ${page.answer.statusCode}: ${page.body.slice(0, 500)}`)
      },
    },
    first: [
      { what: 'the page to sign in', bytes: signIn.bytes },
      ...loaded.map(({ what, bytes }) => ({ what: nameOf(what), bytes })),
      { what: 'the overview', bytes: overview.bytes },
    ],
  }
}

async function ask(
  url: URL,
  { agent, cookie, form }: { agent: Agent; cookie?: string | undefined; form?: string },
): Promise<Loaded> {
  const headers = { ...(cookie && { Cookie: cookie }), ...(form !== undefined && FORM) }
  const sent = request(url, { agent, headers, method: form === undefined ? 'GET' : 'POST' })
  sent.end(form)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const body = await text(answer)
  const head = answer.rawHeaders.reduce((sum, word) => sum + word.length + 2, 0)
  return { answer, body, bytes: head + Buffer.byteLength(body) }
}

/** Without the digest of its content. */
function nameOf(path: string): string {
  return path.split('/').at(-1) ?? path
}
