/**
 * A source that is one managed identity endpoint, asked once for a token.
 *
 * @module
 */

import { nameIdentity } from './identity.ts'
import { askEndpoint, type ManagedEndpoint, readEndpointAnswer } from './managed-endpoint.ts'
import type { Source } from './source.ts'
import type { Surroundings } from './surroundings.ts'

/** The source of `endpoint`; in words if what is selected cannot be selected there. */
export function managedSource(
  endpoint: ManagedEndpoint,
  surroundings: Surroundings,
  foundBy: string,
): Source | string {
  const unselectable = whyUnselectable(endpoint)
  if (unselectable !== undefined) return unselectable
  return {
    place: placeOfEndpoint(endpoint),
    foundBy,
    ask: async (question) =>
      readEndpointAnswer(endpoint, await askEndpoint(endpoint, question, surroundings), surroundings.now()),
  }
}

/** Where the tokens of `endpoint` come from, and whose they are. */
export function placeOfEndpoint({ style, url, selected }: ManagedEndpoint): string {
  return `${style} ${url.href} ${nameIdentity(selected)}`
}

function whyUnselectable({ style, selected, spelling }: ManagedEndpoint): string | undefined {
  if (!selected || spelling[selected.by] !== undefined) return undefined
  const ways = Object.keys(spelling)
  return `${style} selects ${ways.length === 0 ? 'no identity' : `one by ${ways.join(' or ')} alone`}, and ${nameIdentity(selected)} is asked for`
}
