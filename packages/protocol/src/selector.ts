/**
 * Which of a machine's identities a request asks for.
 *
 * @see docs/protocol.md#selecting-an-identity
 * @module
 */

import { WireError } from './errors.ts'
import { PARAMETER_MAX_CHARACTERS } from './limits.ts'
import { type Query, single } from './query.ts'

/** An identity as the authority knows it. All GUIDs are lower-case. */
export interface Identity {
  tenantId: string
  clientId: string
  /** Its object id in the tenant, which ARM calls principal id. */
  principalId: string
  /** The ARM id of the resource that the identity belongs to; empty if it belongs to none. */
  resourceId: string
  /** Who gives its tokens, if not the control plane. */
  authority?: 'entra'
}

/** What an identity is known by. An empty one is unknown and selects nothing. */
type IdentityId = Exclude<keyof Identity, 'authority'>

/** What each spelling that a client uses selects by. */
const SELECTORS = {
  client_id: 'clientId',
  clientid: 'clientId',
  object_id: 'principalId',
  principal_id: 'principalId',
  principalid: 'principalId',
  msi_res_id: 'resourceId',
  mi_res_id: 'resourceId',
  'msi-res-id': 'resourceId',
} as const satisfies Record<string, IdentityId>

/** A spelling of the parameter. */
export type SelectorName = keyof typeof SELECTORS

/** Every spelling. */
export const SELECTOR_NAMES = Object.keys(SELECTORS) as SelectorName[]

/** A selector exactly as it was asked, since the answer echoes it. */
export interface Selector {
  name: SelectorName
  value: string
}

/**
 * The selector in a query, or undefined if the machine's own identity is wanted. An empty one is none: so some programs
 * write that they have none. One that is not `honoured` is refused: passed over, it would be answered with another
 * identity's token.
 *
 * @throws {WireError} `selector_repeated`, `selector_unsupported`, `parameter_repeated` or `parameter_malformed`.
 */
export function readSelector(
  query: Query,
  honoured: readonly SelectorName[] = SELECTOR_NAMES,
): Selector | undefined {
  const found: Selector[] = []
  for (const name of SELECTOR_NAMES) {
    const value = single(query, name, PARAMETER_MAX_CHARACTERS)
    if (value) found.push({ name, value })
  }
  if (found.length > 1) throw new WireError('selector_repeated')
  const [selector] = found
  if (selector && !honoured.includes(selector.name)) {
    const detail =
      honoured.length > 0 ? `("${selector.name}"); give ${honoured.join(' or ')}` : `("${selector.name}")`
    throw new WireError('selector_unsupported', { detail })
  }
  return selector
}

/** Whether `selector` means `identity`; GUIDs and ARM ids are compared without regard to case. */
export function selects(selector: Selector, identity: Identity): boolean {
  const id = identity[SELECTORS[selector.name]]
  return id !== '' && id.toLowerCase() === selector.value.toLowerCase()
}
