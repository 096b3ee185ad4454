/**
 * Finds the page of what an id or a name means: the one in a line of a log, in a token, in an error.
 *
 * @module
 */

import { type Html, html } from '../../html/html.ts'
import { table } from '../../html/parts.ts'
import { shown } from '../../html/shown-text.ts'
import { type PageAnswer, type PageRoute, page } from '../../page.ts'
import { type KnownCode, readCode } from '../code-meaning.ts'
import { findPlaces, type Place } from './find-places.ts'
import { type FormerPlaces, formerLinks, formerPlaces } from './former-places.ts'

/** The page, which is seen only where not exactly one thing is found. */
export const FIND: PageRoute = page('/find', async ({ api, query }) => {
  const wanted = (query.q ?? '').trim()
  if (wanted === '') return { title: 'Find', body: WHAT_IS_FOUND }
  const found = await findPlaces(api, wanted)
  const [only, ...others] = found
  if (only && others.length === 0) return { redirect: only.href }
  return only ? choice(wanted, found) : nothing(wanted, await formerPlaces(api, wanted))
})

const WHAT_IS_FOUND = html`<p>Type into the field above what a line of a log, an error or a token names:</p>
<ul><li>the name of a machine, identity, application, user or group, or the beginning of the name of a machine</li>
<li>an object id, a client id, a VM id or a resource id</li>
<li>the trace id or the correlation id of an error of the token endpoint, or the request id of a failure</li>
<li>the id of a token, its <code>jti</code> or <code>uti</code>, or what the audit trail has as its beginning</li>
<li>an audience, such as <code>https://vault.azure.net</code>: who got a token for it</li>
<li>the code of a refusal, such as <code>AADSTS7000112</code>, <code>7000112</code> or <code>MachineDisabled</code></li>
<li>the id of a join token, or the thumbprint of the certificate of a machine or of the server</li></ul>
<p>You may also paste a whole message: the first id in it that names something counts.</p>`

function choice(wanted: string, places: readonly Place[]): PageAnswer {
  return {
    title: 'Several things found',
    body: html`<p>More than one thing has the name or id ${shown(wanted)}, or a name that begins with it.</p>
${table({
  caption: 'What was found',
  head: ['Name', 'What it is', 'Where'],
  rows: places.map(({ href, name, kind }) => [
    html`<a href="${href}">${shown(name)}</a>`,
    kind,
    shown(decodeURIComponent(href.slice('/portal'.length))),
  ]),
  empty: html`<p>Nothing.</p>`,
})}`,
  }
}

function nothing(wanted: string, former: FormerPlaces): PageAnswer {
  const code = readCode(wanted)
  return {
    title: 'Nothing found',
    status: 404,
    body: html`<p>${code ? codeUnseen(code) : html`Nothing that you may see has the name or id ${shown(wanted)}.`}</p>
${formerLinks(former)}
${!former.isReadable && html`<p>Your account may not read the audit trail, so ids of requests were not looked for.</p>`}
${ELSEWHERE}`,
  }
}

/** Of a code that nobody was refused with. */
function codeUnseen({ code, meaning }: KnownCode): Html {
  return html`<code>${code}</code> means: ${meaning}. Nothing that you may see in the audit trail was refused with it.`
}

const ELSEWHERE: Html = html`<h2>Where else to look</h2>
<ul><li>The audit trail has what changed something, tokens that were issued, and what was refused for want of a right or of a valid credential.
Of many equal refusals in a minute it has the first ten. One entry stands for all equal tokens of a minute: it is found by the id of each
token, but by the trace id of the first alone. For other requests look for the id in the log of the control plane, such as with
<code>journalctl -u landfast-control-plane | grep ID</code>.</li>
<li>The id in an answer of the local endpoint of a server is in the logs of that server:
<code>journalctl -u landfast-agent | grep ID</code>. The line there says why, and who asked for what. If the control plane refused
the request, <code>authorityTraceId</code> is the trace id of that. Of many equal refusals in a minute the log has the first ten.</li>
<li>The thumbprint of the certificate of an application is on the page of the application.</li>
<li>Entries that are older than the audit trail is kept are gone.</li></ul>`
