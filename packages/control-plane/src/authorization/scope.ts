/**
 * Scopes: places where a role is assigned and where an action is done. A role at one is inherited by all below it.
 *
 * @see https://learn.microsoft.com/azure/role-based-access-control/scope-overview
 * @module
 */

import { readGuid } from '../guid.ts'

/** The scope above all others. */
export const ROOT_SCOPE = '/'

/** A scope that was understood. */
export interface Scope {
  /** As it was written, without a slash at the end. */
  id: string
  /** In lower case: scopes are the same whatever their case. */
  key: string
  /** The keys of the scopes whose roles count here: itself first, "/" last. */
  keys: readonly string[]
}

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
  if (ends.at(-1) !== segments.length) return undefined
  const keys = ends.map((end) => `/${segments.slice(0, end).join('/')}`).reverse()
  return { id, key: `/${segments.join('/')}`, keys: [...keys, ROOT_SCOPE] }
}

const SEGMENT = /^(?!\.+$)[\w.()-]+$/

/** After how many of `segments` a scope ends, the widest first. */
function endsOfScopes(segments: readonly string[]): number[] {
  if (!segments.every((segment) => SEGMENT.test(segment))) return []
  const ends: number[] = []
  if (segments[0] === 'subscriptions') {
    if (!readGuid(segments[1])) return []
    ends.push(2)
    if (segments[2] === 'resourcegroups') ends.push(4)
  }
  const providers = ends.at(-1) ?? 0
  if (segments[providers] !== 'providers') return ends
  // The provider's name is followed by pairs of a type and a name, each resource below the one before it.
  for (let end = providers + 4; end <= segments.length; end += 2) ends.push(end)
  return ends
}
