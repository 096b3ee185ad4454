/**
 * The key that is to follow the machine's present one. The agent writes it down before it asks for a certificate, and
 * again before the first use; the present key stays until that use has succeeded.
 *
 * @see docs/onboarding.md#renewal
 * @module
 */

import { hasStrings, readStateJson, removeStateJson, type StateJson, writeStateJson } from './state-json.ts'

/** A key on its way to be the machine's. */
export interface NextKey {
  privateKey: string
  /** PEM; missing until the control plane has certified the key. */
  certificate?: string
}

const FILE: StateJson<NextKey> = { name: 'next-key.json', isWhole: isNextKey }

/** Writes it into `folder`. Durable when this returns. */
export function writeNextKey(folder: string, key: NextKey): Promise<void> {
  return writeStateJson(folder, FILE, key)
}

/** The key in `folder`, if there is one. @throws {AgentError} if it cannot be read. */
export function readNextKey(folder: string): Promise<NextKey | undefined> {
  return readStateJson(folder, FILE)
}

/** Removes it. */
export function removeNextKey(folder: string): Promise<void> {
  return removeStateJson(folder, FILE)
}

function isNextKey(value: unknown): value is NextKey {
  return (
    hasStrings(value, ['privateKey']) &&
    (value.certificate === undefined || typeof value.certificate === 'string')
  )
}
