/**
 * How a person looks up what the audit trail of a control plane has of a request that it refused.
 *
 * @see docs/errors.md
 * @module
 */

import { isRequestId } from './correlation.ts'

/**
 * The hint about the entry with `id` in the trail of the control plane at `origin`; undefined if that is no id: it stands in a
 * command that a person may copy.
 *
 * @param flag by which flag of `landfast control-plane audit` it is found.
 */
export function trailHint(
  origin: string,
  flag: '--id' | '--correlation-id',
  id: unknown,
): string | undefined {
  if (typeof id !== 'string' || !isRequestId(id)) return undefined
  return `the audit trail of the control plane has more: "landfast control-plane audit ${flag} ${id}", or ${origin}/portal/find?q=${id}`
}
