/**
 * The identity that a program wants: the machine's own, or a user-assigned one that it selects by an id.
 *
 * @see docs/protocol.md#selecting-an-identity
 * @module
 */

import { hasControlCharacters, PARAMETER_MAX_CHARACTERS } from '@landfast/protocol'
import { ClientError } from './errors.ts'
import type { Fields } from './tokens/token-answer.ts'

/** One of the three ids; none means the machine's own identity. */
export interface IdentityIds {
  /** Client id of a user-assigned identity. */
  clientId?: string | undefined
  /** Object id, which ARM calls principal id. */
  objectId?: string | undefined
  /** ARM id. */
  resourceId?: string | undefined
}

/** An identity that was selected. */
export interface Selected {
  by: 'clientId' | 'objectId' | 'resourceId'
  id: string
  /** The variable that selected it, if the program did not. */
  variable?: string
}

/** How a source spells the parameter for each id; what it does not spell cannot be selected there. */
export type Spelling = Partial<Record<Selected['by'], string>>

/** The spellings by which the answer may name the identity that it is for. */
const ECHOES: Record<Selected['by'], readonly string[]> = {
  clientId: ['client_id', 'clientid'],
  objectId: ['object_id', 'principal_id', 'principalid'],
  resourceId: ['msi_res_id', 'mi_res_id', 'msi-res-id'],
}

/**
 * The one id in `ids`.
 *
 * @throws {ClientError} `option_invalid` if there are several, or one that is no id: passed over, it would mean another
 * identity.
 */
export function readSelected(ids: IdentityIds): Selected | undefined {
  const given = (['clientId', 'objectId', 'resourceId'] as const).filter((by) => ids[by] !== undefined)
  if (given.length > 1) throw new ClientError('option_invalid', `give only one of ${given.join(', ')}`)
  const [by] = given
  if (!by) return undefined
  const id = ids[by]
  if (typeof id !== 'string' || id.trim() === '' || id.length > PARAMETER_MAX_CHARACTERS) {
    throw new ClientError('option_invalid', `"${by}" is empty or too long`)
  }
  if (hasControlCharacters(id)) throw new ClientError('option_invalid', `"${by}" holds control characters`)
  return { by, id }
}

/** Which identity it is, for a person. */
export function describeIdentity(selected: Selected | undefined): string {
  const by = selected?.variable === undefined ? '' : ` (of ${selected.variable})`
  return `${nameIdentity(selected)}${by}`
}

/** Which identity it is, as the key of what is held. */
export function nameIdentity(selected: Selected | undefined): string {
  return selected ? `${selected.by} ${selected.id.toLowerCase()}` : 'the own identity'
}

/**
 * Checks that the answer is for the selected identity. An agent that does not know selectors passes them over and gives
 * the machine's own token; so where `strict`, silence is no confirmation.
 *
 * @throws {ClientError} `identity_unconfirmed`.
 */
export function confirmIdentity(selected: Selected | undefined, fields: Fields, strict: boolean): void {
  if (!selected) return
  const echo = echoOf(selected.by, fields)
  const confirmed = echo === undefined ? !strict : echo.toLowerCase() === selected.id.toLowerCase()
  if (!confirmed) throw new ClientError('identity_unconfirmed', describeIdentity(selected))
}

function echoOf(by: Selected['by'], fields: Fields): string | undefined {
  const found = Object.entries(fields).find(([name]) => ECHOES[by].includes(name.toLowerCase()))
  return found && String(found[1])
}
