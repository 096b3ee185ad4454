/**
 * The `api-version`s of each type of resource: those that Microsoft's libraries, az and the connected machine agent
 * send, and those between. The answers are the same for all of them.
 *
 * @see docs/resource-manager.md
 * @module
 */

/** `Microsoft.HybridCompute/machines`, from the first that had identities to the newest library's. */
export const MACHINE_VERSIONS = [
  '2019-12-12',
  '2020-08-02',
  '2020-08-15-preview',
  '2021-01-28-preview',
  '2021-03-25-preview',
  '2021-04-22-preview',
  '2021-05-17-preview',
  '2021-05-20',
  '2021-06-10-preview',
  '2021-12-10-preview',
  '2022-03-10',
  '2022-05-10-preview',
  '2022-08-11-preview',
  '2022-11-10',
  '2022-12-27',
  '2022-12-27-preview',
  '2023-03-15-preview',
  '2023-04-25-preview',
  '2023-06-20-preview',
  '2023-10-03-preview',
  '2024-03-31-preview',
  '2024-05-20-preview',
  '2024-07-10',
  '2024-07-31-preview',
  '2024-09-10-preview',
  '2024-11-10-preview',
  '2025-01-13',
  '2025-02-19-preview',
  '2025-06-01',
  '2025-08-01-preview',
  '2025-09-16-preview',
  '2026-06-16-preview',
  '2026-07-15',
] as const

/** Tenant and subscriptions. */
export const SUBSCRIPTION_VERSIONS = [
  '2014-04-01',
  '2015-01-01',
  '2015-11-01',
  '2016-06-01',
  '2018-06-01',
  '2019-06-01',
  '2019-11-01',
  '2020-01-01',
  '2021-01-01',
  '2022-09-01',
  '2022-12-01',
] as const

/** Resource groups, providers and lists of resources of every type. */
export const RESOURCE_VERSIONS = [
  '2015-11-01',
  '2016-02-01',
  '2016-07-01',
  '2016-09-01',
  '2017-05-10',
  '2018-02-01',
  '2018-05-01',
  '2019-03-01',
  '2019-05-01',
  '2019-05-10',
  '2019-07-01',
  '2019-08-01',
  '2019-10-01',
  '2020-06-01',
  '2020-08-01',
  '2020-10-01',
  '2021-01-01',
  '2021-04-01',
  '2022-09-01',
  '2023-07-01',
  '2024-03-01',
  '2024-07-01',
  '2024-11-01',
  '2025-03-01',
  '2025-04-01',
] as const
