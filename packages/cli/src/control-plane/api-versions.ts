/**
 * The api-version that the command sends for each kind of resource: one that Azure has as well.
 *
 * @see docs/resource-manager.md
 * @module
 */

export const MACHINES = { apiVersion: '2024-07-10' } as const
export const GROUPS = { apiVersion: '2024-11-01' } as const
export const SUBSCRIPTIONS = { apiVersion: '2022-12-01' } as const
export const IDENTITIES = { apiVersion: '2023-01-31' } as const
export const ROLES = { apiVersion: '2022-04-01' } as const
