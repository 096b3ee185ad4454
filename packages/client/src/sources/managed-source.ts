/**
 * A source that is one managed identity endpoint, asked once for a token.
 *
 * @module
 */

import { ClientError } from '../errors.ts'
import { describeIdentity, nameIdentity } from '../identity.ts'
import type { Source } from '../source.ts'
import type { Surroundings } from '../surroundings.ts'
import { askEndpoint, type ManagedEndpoint, readEndpointAnswer } from './managed-endpoint.ts'

/** The source of `endpoint`. What cannot be selected there is not asked for: it would be passed over. */
export function managedSource(
  endpoint: ManagedEndpoint,
  surroundings: Surroundings,
  foundBy: string,
): Source {
  return {
    place: placeOfEndpoint(endpoint),
    foundBy,
    ask: async (question) => {
      checkSelectable(endpoint)
      return readEndpointAnswer(
        endpoint,
        await askEndpoint(endpoint, question, surroundings),
        surroundings.now(),
      )
    },
  }
}

/** Where the tokens of `endpoint` come from, and whose they are. */
export function placeOfEndpoint({ style, url, selected }: ManagedEndpoint): string {
  return `${style} ${url.href} ${nameIdentity(selected)}`
}

function checkSelectable({ style, selected, spelling }: ManagedEndpoint): void {
  if (!selected || spelling[selected.by] !== undefined) return
  const ways = Object.keys(spelling)
  const selects = ways.length === 0 ? 'selects no identity' : `selects one by ${ways.join(' or ')} alone`
  throw new ClientError(
    'identity_unselectable',
    `${style} ${selects}, and ${describeIdentity(selected)} is asked for`,
  )
}
