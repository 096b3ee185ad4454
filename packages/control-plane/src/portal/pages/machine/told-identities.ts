/**
 * The identities that an agent names in its health, as the control plane knows them: a client id says nothing to a person.
 *
 * @module
 */

import { type Html, html } from '../../html/html.ts'
import { link } from '../../html/parts.ts'
import { shown } from '../../html/shown-text.ts'
import { mayDo } from '../../inner/allowed.ts'
import { groupIn, nameIn, pathOfId } from '../../inner/resource-paths.ts'
import type { PageRequest } from '../../page.ts'
import { findPrincipals, kindOf, resourceIdOf } from '../principals.ts'
import type { MachineBody } from './machine-facts.ts'

/** The ARM ids of the identities that the visitor may see, by what the agent calls them. Of a name there may be several. */
export type ToldIdentities = ReadonlyMap<string, readonly string[]>

/** An agent tells three; a host that tells more makes no more work. */
const LOOKED_UP_MAX = 6

/** The identities that these parts of the health of a machine are about. */
export async function toldIdentities(
  api: PageRequest['api'],
  parts: readonly { part: string; ok: boolean }[],
): Promise<ToldIdentities> {
  const named = parts.flatMap(({ part, ok }) => (ok ? [] : (identityIn(part) ?? [])))
  const texts = [...new Set(named)].slice(0, LOOKED_UP_MAX)
  return new Map(await Promise.all(texts.map(async (text) => [text, await idsOf(api, text)] as const)))
}

/** What of a part names an identity: "identity ID", "token AUDIENCE ID". */
export function identityIn(part: string): string | undefined {
  const [kind, ...words] = part.split(' ')
  return kind === 'identity' ? words[0] : kind === 'token' ? words[1] : undefined
}

async function idsOf(api: PageRequest['api'], text: string): Promise<string[]> {
  const found = await findPrincipals(api, text, ['servicePrincipals'])
  return found.flatMap((one) => (kindOf(one) === 'identity' ? (resourceIdOf(one) ?? []) : []))
}

/** The identities with their names, each as a link to its page; nothing where the visitor sees none. */
export function identityLinks(ids: readonly string[]): Html | false {
  return (
    ids.length > 0 &&
    html`${ids.map((id, index) => html`${index > 0 && ', or '}<a href="${link(pathOfId(id))}">${shown(nameIn(id))}</a>${ids.length > 1 && html` in ${shown(groupIn(id))}`}`)}`
  )
}

/** What is to be done about an identity that a program asks for and `machine` does not have, or did not have just now. */
export function assignLinks(
  ids: readonly string[],
  machine: MachineBody,
  { rights }: Pick<PageRequest, 'rights'>,
): Html | false {
  if (ids.length === 0) return html`No identity that you may see has this name or id.`
  const assigned = Object.keys(machine.identity.userAssignedIdentities ?? {}).map((id) => id.toLowerCase())
  if (ids.some((id) => assigned.includes(id.toLowerCase())))
    return html`The machine has it by now; its agent knows that with its next heartbeat.`
  const links = ids.filter((id) => mayDo(rights, 'assignIdentity', id)).map((id) => assignLink(id, machine))
  return links.length > 0 && html`${links}`
}

/** To the form that gives the identity to the machine, filled in. */
function assignLink(id: string, machine: MachineBody): Html {
  const filled = link(pathOfId(id), { machine: machine.name, group: groupIn(machine.id) })
  return html`<a href="${filled}#assign">Assign ${shown(nameIn(id))} to this machine</a> `
}
