/**
 * Scopes: where a role is assigned and where an action is done. A role at one is inherited by all below it.
 *
 * @see https://learn.microsoft.com/azure/role-based-access-control/scope-overview
 * @module
 */

import { readGuid } from '../authority/guid.ts'

/** The scope above all others. */
const ROOT_SCOPE = '/'

/** A scope that was understood. */
export interface Scope {
  /** As it was written, without a slash at the end. */
  id: string
  /** In lower case: scopes are the same whatever their case. */
  key: string
  /** The keys of the scopes whose roles count here: itself first, "/" last. */
  keys: readonly string[]
}

const SEGMENT = /^(?!\.+$)[\w.()-]+$/

/**
 * Reads "/", a subscription, a resource group, or a resource with its parents.
 *
 * @returns undefined if `text` is none of these.
 */
export function parseScope(text: string): Scope | undefined {
  const id = text.replace(/\/$/, '')
  if (id === '') return { id: ROOT_SCOPE, key: ROOT_SCOPE, keys: [ROOT_SCOPE] }
  if (!id.startsWith('/')) return undefined
  const segments = id.slice(1).toLowerCase().split('/')
  const ends = endsOfScopes(segments)
  if (!ends) return undefined
  const keys = ends.map((end) => `/${segments.slice(0, end).join('/')}`).reverse()
  return { id, key: keys[0] ?? ROOT_SCOPE, keys: [...keys, ROOT_SCOPE] }
}

/** After how many segments a scope ends, the widest first; undefined if the last of them is not all. */
function endsOfScopes(segments: readonly string[]): number[] | undefined {
  if (!segments.every((segment) => SEGMENT.test(segment))) return undefined
  if (segments[0] !== 'subscriptions' || !readGuid(segments[1])) return undefined
  const ends = [2]
  let end = 2
  if (segments[end] === 'resourcegroups' && segments.length > end + 1) {
    end += 2
    ends.push(end)
  }
  if (segments[end] === 'providers') {
    // The provider's name is followed by pairs of a type and a name, each resource below the one before it.
    end += 2
    while (end + 2 <= segments.length) {
      end += 2
      ends.push(end)
    }
  }
  return end === segments.length && ends.at(-1) === end ? ends : undefined
}
