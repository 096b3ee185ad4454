/**
 * The state that a machine keeps of its heartbeats: the nonce for the next one, and the news of the last answer.
 *
 * @see docs/onboarding.md#heartbeat
 * @module
 */

import type { AssignedIdentity } from '@landfast/protocol'
import { hasStrings, readStateJson, removeStateJson, type StateJson, writeStateJson } from './state-json.ts'

/** A definite refusal. */
export interface Refusal {
  code: string
  message: string
  /** ISO 8601. */
  at: string
}

/** What is kept of heartbeats. */
export interface Presence {
  /** What the next heartbeat brings. */
  nonce: string
  /** The user-assigned identities of the machine. */
  identities: readonly AssignedIdentity[]
  /** The tags of the machine; missing before the first heartbeat. */
  tags?: Readonly<Record<string, string>>
  /** ISO 8601, by this machine's clock. */
  lastHeartbeatAt?: string
  /** Why the control plane takes no heartbeat of this machine. */
  refusal?: Refusal
}

const FILE: StateJson<Presence> = { name: 'presence.json', isWhole: isPresence }

/** Writes it into `folder`. Durable when this returns. */
export function writePresence(folder: string, presence: Presence): Promise<void> {
  return writeStateJson(folder, FILE, presence)
}

/** What is kept in `folder`, if anything. @throws {AgentError} if it cannot be read. */
export function readPresence(folder: string): Promise<Presence | undefined> {
  return readStateJson(folder, FILE)
}

/** Removes it. */
export function removePresence(folder: string): Promise<void> {
  return removeStateJson(folder, FILE)
}

function isPresence(value: unknown): value is Presence {
  return (
    hasStrings(value, ['nonce']) &&
    Array.isArray(value.identities) &&
    value.identities.every((identity) => hasStrings(identity, ['clientId', 'principalId', 'resourceId'])) &&
    (value.lastHeartbeatAt === undefined || typeof value.lastHeartbeatAt === 'string') &&
    (value.refusal === undefined || hasStrings(value.refusal, ['code', 'message', 'at']))
  )
}
