/**
 * What a join token is to those who made it: the lines for the servers, and which servers have joined by it.
 *
 * @module
 */

import { parseJoinToken } from '@landfast/protocol'
import { type Html, html } from '../html/html.ts'
import { commandLine, dueWhen, facts, happened, link } from '../html/parts.ts'
import { shown } from '../html/shown-text.ts'
import { nameIn, pathOfId } from '../inner/resource-paths.ts'
import { joinLines } from './join-lines.ts'

/** A join token as the API shows it. */
export interface TokenBody {
  id: string
  subscriptionId: string
  resourceGroup: string
  uses: number
  usesLeft: number
  expiresAt: string
  createdBy: string
  /** Where one token is asked for. */
  machines?: readonly { resourceId: string; joinedAt: string }[]
}

/** Names and addresses that each host has for itself. */
const OWN_HOST = /^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/

/** The page that shows a token the only time. Who has joined stays in sight, whichever line is copied. */
export function madePage(made: TokenBody & { token: string }, now: Date): Html {
  const { url = '', caFingerprint } = parseJoinToken(made.token) ?? {}
  return html`<div class="notice good" role="status"><p>The token is shown only once, now. Any holder of it can join
${made.uses === 1 ? 'a server' : `${made.uses} servers`} until it is used up or ends.</p></div>
${ownHostWarning(url)}
<div class="beside">
<div class="follows"><h2>Has it joined?</h2>
${progress(made.id, made, now)}</div>
<div>${joinLines(made.token).map(
    ({ title, text, line }) => html`<h2>${title}</h2><p>${text}</p>${commandLine(line, title)}`,
  )}
${caFingerprint === undefined && html`<p>A server that does not trust the CA of this control plane needs <code>--ca-file FILE</code> in its line.</p>`}</div>
</div>`
}

/** A server elsewhere would look for the control plane at itself. */
function ownHostWarning(url: string): Html | false {
  return (
    URL.canParse(url) &&
    OWN_HOST.test(new URL(url).hostname) &&
    html`<div class="notice bad"><p><strong>These lines work on the host of the control plane only: they have its address as <code>${url}</code>.</strong></p>
<p>Set <code>host</code> and <code>url</code> in the settings of the control plane (docs/configuration.md) to what servers can reach, restart it, and make a new line.</p></div>`
  )
}

/** The script reads it again; without script the link does. */
export function progress(id: string, token: TokenBody | undefined, now: Date): Html {
  const path = link(`/join/${id}`)
  return html`<div id="progress" data-live="${path}" role="status">${
    token
      ? facts([
          ['Joined', `${token.uses - token.usesLeft} of ${token.uses}`],
          ['Resource group', shown(token.resourceGroup)],
          ['Ends', dueWhen(token.expiresAt, now)],
          ['Machines', machineLinks(token, now)],
        ])
      : html`<p>No token that you may see has this id. If there was one, it lets no server in any more: it is used up, has ended, or was taken
back.</p>`
  }</div>
<p><a href="${path}">Look again</a>, or see the <a href="${link('/machines', { group: token?.resourceGroup })}">machines</a></p>`
}

/** Each leads to its page, the latest first. */
function machineLinks({ machines = [] }: TokenBody, now: Date): Html {
  if (machines.length === 0) return html`none yet`
  return html`<ul>${machines.map(
    ({ resourceId, joinedAt }) =>
      html`<li><a href="${link(pathOfId(resourceId))}">${shown(nameIn(resourceId))}</a>, ${happened(joinedAt, now)}</li>`,
  )}</ul>`
}
