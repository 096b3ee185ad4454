/**
 * Finds machines and identities by name or by ARM id, and makes their paths. No typed text can lead a call to another
 * path than the one that is meant.
 *
 * @module
 */

import { CliError } from '../cli-error.ts'
import { type Session, subscriptionOf } from './session.ts'

/** The resource group of who names none. */
export const DEFAULT_GROUP = 'landfast'

/** The types that are named so. */
export const MACHINE_TYPE = 'Microsoft.HybridCompute/machines'
export const IDENTITY_TYPE = 'Microsoft.ManagedIdentity/userAssignedIdentities'

/** Where a name is looked for. */
export interface PlaceFlags {
  subscriptionId?: string
  resourceGroup?: string
  json?: true
}

/** The ARM id of the resource of `type` that is called `text`, or has that id. */
export function resourceIdOf(session: Session, text: string, place: PlaceFlags & { type: string }): string {
  const { type } = place
  if (!text.startsWith('/')) return `${groupIdOf(session, place)}/providers/${type}/${segment(text)}`
  const id = checkedScope(text)
  if (id.toLowerCase().includes(`/providers/${type.toLowerCase()}/`)) return id
  throw new CliError('argument_invalid', { detail: `"${text}" is no id of ${type}` })
}

/** Where resources of `type` are listed: in a group if one is named, else in the whole subscription. */
export function listPathOf(session: Session, place: PlaceFlags & { type: string }): string {
  const base = place.resourceGroup ? groupIdOf(session, place) : subscriptionPath(session, place)
  return `${base}/providers/${place.type}`
}

/** The ARM id of the resource group. */
export function groupIdOf(session: Session, place: PlaceFlags): string {
  const { resourceGroup = DEFAULT_GROUP } = place
  return `${subscriptionPath(session, place)}/resourceGroups/${segment(resourceGroup)}`
}

/** The ARM id of the subscription. */
export function subscriptionPath(session: Session, place: PlaceFlags): string {
  return `/subscriptions/${segment(subscriptionOf(session, place))}`
}

/** `text` as one part of a path. @throws {CliError} `argument_invalid`. */
export function segment(text: string): string {
  if (!/^\.{0,2}$/.test(text)) return encodeURIComponent(text)
  throw new CliError('argument_invalid', { detail: `"${text}" is no name` })
}

/** The scope or id in `text`, without a slash at its end. @throws {CliError} `argument_invalid`. */
export function checkedScope(text: string): string {
  if (text === '/') return text
  const scope = text.replace(/\/$/, '')
  const isPath = /^(\/[^/?#%\s]+)+$/.test(scope) && !/\/\.{1,2}(\/|$)/.test(scope)
  if (isPath) return scope
  throw new CliError('argument_invalid', {
    detail: `"${text}" is no scope or id`,
    hints: ['one begins with a slash: "/", "/subscriptions/ID", "/subscriptions/ID/resourceGroups/NAME", …'],
  })
}

/** What comes before `/providers` in the path of what is at `scope`. */
export function scopePath(scope: string): string {
  return scope === '/' ? '' : scope
}
