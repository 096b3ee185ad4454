/**
 * The api-versions of the VM's documents: a fixed list, since each version says which fields there are.
 *
 * @see https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service#supported-api-versions
 * @module
 */

import { PARAMETER, PARAMETER_MAX_CHARACTERS, type Query, single, WireError } from '@landfast/protocol'
import type { DocumentName } from './document-paths.ts'

/** Oldest first, as `/metadata/versions` lists them. */
export const VM_VERSIONS = [
  '2017-03-01',
  '2017-04-02',
  '2017-08-01',
  '2017-10-01',
  '2017-12-01',
  '2018-02-01',
  '2018-04-02',
  '2018-10-01',
  '2019-02-01',
  '2019-03-11',
  '2019-04-30',
  '2019-06-01',
  '2019-06-04',
  '2019-08-01',
  '2019-08-15',
  '2019-11-01',
  '2020-06-01',
  '2020-07-15',
  '2020-09-01',
  '2020-10-01',
  '2020-12-01',
  '2021-01-01',
  '2021-02-01',
  '2021-03-01',
  '2021-05-01',
  '2021-10-01',
  '2021-11-01',
  '2021-11-15',
  '2021-12-13',
  '2023-07-01',
  '2023-11-15',
  '2024-03-15',
  '2024-07-17',
  '2025-04-07',
] as const

/** A caller that asks with another version is told this many of the newest. MSAL takes the first of them. */
const NAMED = 3

/** The newest versions, newest first. */
export const NEWEST_VERSIONS = VM_VERSIONS.slice(-NAMED).reverse()

/** The version with which a document came; the others came with the first. */
const SINCE: Partial<Record<DocumentName, string>> = {
  'identity-info': '2018-02-01',
  attested: '2018-10-01',
  'scheduled-events': '2017-08-01',
  'load-balancer': '2020-10-01',
}

/** Versions that a document has beside those of all. */
const OWN: Partial<Record<DocumentName, readonly string[]>> = {
  'scheduled-events': ['2017-03-01', '2017-11-01', '2019-01-01', '2019-04-01', '2020-07-01'],
}

/**
 * The api-version in which the VM's document `name` is asked for.
 *
 * @throws {WireError} `api_version_invalid` also for one of the future, as the real service does: its fields are
 * not known, and who asks is told the newest that is.
 */
export function readVmVersion(name: DocumentName, query: Query): string {
  const version = single(query, PARAMETER.apiVersion, PARAMETER_MAX_CHARACTERS) ?? ''
  const known: readonly string[] = VM_VERSIONS
  if (OWN[name]?.includes(version)) return version
  if (known.includes(version) && version >= (SINCE[name] ?? '')) return version
  throw new WireError('api_version_invalid')
}

/**
 * Checks the api-version of an Arc document, which are those of its token endpoint.
 *
 * @throws {WireError} `api_version_missing` or `api_version_unsupported`.
 */
export function checkArcVersion(versions: readonly string[], query: Query): void {
  const version = single(query, PARAMETER.apiVersion, PARAMETER_MAX_CHARACTERS)
  const detail = `Supported are ${versions.join(' ')}`
  if (!version) throw new WireError('api_version_missing', { detail })
  if (!versions.includes(version)) throw new WireError('api_version_unsupported', { detail })
}
