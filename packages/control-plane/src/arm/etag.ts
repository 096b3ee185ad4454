/**
 * ETags: the version of a resource. Of two writers that read the same version only the first succeeds.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1
 * @module
 */

import type { IncomingHttpHeaders } from 'node:http'
import { ArmError } from './arm-error.ts'

/** What is shown as the ETag of a resource that is not there. */
const NOTHING = 'none'

/** The ETag of `version` of a resource; `mark` tells it from one of the same name before it. */
export function etagOf(mark: string | number, version: number): string {
  return `"${mark}.${version}"`
}

/**
 * Checks the conditions in `headers` on a resource that now has the ETag `current`, or is not there.
 *
 * @throws {ArmError} `PreconditionFailed`.
 */
export function checkPreconditions(headers: IncomingHttpHeaders, current: string | undefined): void {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers
  if (match !== undefined && !isMatch(match, current)) throw failed(match, current)
  if (noneMatch !== undefined && isMatch(noneMatch, current)) throw failed(noneMatch, current)
}

function isMatch(condition: string, current: string | undefined): boolean {
  if (current === undefined) return false
  if (condition.trim() === '*') return true
  return condition.split(',').some((etag) => etag.trim().replace(/^W\//, '') === current)
}

function failed(condition: string, current = NOTHING): ArmError {
  return new ArmError('PreconditionFailed', { condition, current })
}
