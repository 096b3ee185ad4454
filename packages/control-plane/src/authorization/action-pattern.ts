/**
 * Matches actions with the patterns of a role.
 *
 * @see https://learn.microsoft.com/azure/role-based-access-control/role-definitions#actions-format
 * @module
 */

import type { RoleDefinition } from './role-definitions.ts'

/** Whether `role` allows `action`, for example "Microsoft.HybridCompute/machines/read". */
export function permits(role: Pick<RoleDefinition, 'actions' | 'notActions'>, action: string): boolean {
  return matchesAny(role.actions, action) && !matchesAny(role.notActions, action)
}

function matchesAny(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => matchesAction(pattern, action))
}

/**
 * Whether `pattern` means `action`, whatever their case. A "*" stands for any characters, slashes among them. A
 * part that is only "*" may be missing: Managed Identity Operator grants "userAssignedIdentities/assign/action"
 * by a pattern that has such a part before "assign".
 */
export function matchesAction(pattern: string, action: string): boolean {
  return (COMPILED.get(pattern) ?? compile(pattern)).test(action)
}

/** Patterns come from the table of roles alone, so this does not grow. */
const COMPILED = new Map<string, RegExp>()

function compile(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&')
    .replaceAll('/*/', '/(?:*/)?')
    .replaceAll('*', '.*')
  const compiled = new RegExp(`^${source}$`, 'is')
  COMPILED.set(pattern, compiled)
  return compiled
}
