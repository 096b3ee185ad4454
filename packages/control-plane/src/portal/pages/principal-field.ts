/**
 * Whom a person means who types a name or an id: one principal, or words for who is meant by it, or nobody.
 *
 * @module
 */

import { readGuid } from '../../guid.ts'
import { FormFault } from '../form-fault.ts'
import { type Html, html } from '../html/html.ts'
import { shown } from '../html/shown-text.ts'
import type { PortalApi } from '../inner/portal-api.ts'
import { findPrincipals, kindOf, type PrincipalBody, principalLink } from './principals.ts'

/** Who is meant. */
export interface MeantPrincipal {
  /** The object id; what was typed, where nobody is known by it. */
  id: string
  /** Undefined if the visitor sees none such, or several. */
  principal?: PrincipalBody | undefined
  /** Says why it is clear to nobody who is meant. */
  fault?: Html
}

/** Whom `text` means: an object id, a client id or a name. */
export async function meantBy(api: PortalApi, text: string): Promise<MeantPrincipal> {
  const typed = text.trim()
  const found = await findPrincipals(api, typed)
  const [principal] = found
  if (found.length > 1) return { id: typed, fault: severalOf(found) }
  // Whom the visitor may not see may be meant by an object id.
  if (principal || readGuid(typed)) return { id: principal?.id ?? typed, principal }
  return {
    id: typed,
    fault: html`Your account sees no machine, identity, application, user or group with the name ${shown(typed)}. Type the whole name, the client id or the object id.`,
  }
}

/** The same for the field `principal` of a form. @throws {FormFault} `field_wrong` if that is not clear. */
export async function readPrincipal(api: PortalApi, text: string): Promise<MeantPrincipal> {
  const meant = await meantBy(api, text)
  if (meant.fault) throw new FormFault('field_wrong', 'principal', meant.fault)
  return meant
}

function severalOf(found: readonly PrincipalBody[]): Html {
  const known = new Map(found.map((one) => [one.id, one]))
  return html`Several have this name: ${found.map((one, index) => html`${index > 0 && '; '}the ${kindOf(one)} ${principalLink(one.id, known)} with the ${idOf(one)}`)}. Type the id of the one that you mean.`
}

/** People know applications by their client ids. */
function idOf({ id, appId }: PrincipalBody): Html {
  return appId === undefined ? html`object id <code>${id}</code>` : html`client id <code>${appId}</code>`
}
