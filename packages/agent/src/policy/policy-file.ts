/**
 * The policy file in use: read at start, read again when it changes, and kept as it was when the new one is invalid.
 *
 * @see docs/policy.md#the-file
 * @module
 */

import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { whyOthersWrite } from '@landfast/server'
import { AgentError } from '../errors.ts'
import type { Policy } from './policy.ts'

/** A policy that can change while it is in use. */
export interface PolicyFile {
  readonly path: string
  /** The last one that was good. */
  readonly current: Policy
  /** Reads the file now. */
  reload(): void
  /** Reads the file if it was changed before the last call and not since: its writer may not be done. */
  check(): void
}

/** Told what became of a file that was read anew. */
export interface PolicyEvents {
  onLoaded: (policy: Policy) => void
  /** The policy before it stays in force. */
  onRefused: (error: AgentError) => void
}

/**
 * Reads the file at `path` for the first time.
 *
 * @throws {AgentError} `policy_unreadable`, `policy_open` or `policy_broken`.
 */
export async function openPolicyFile(path: string, events: PolicyEvents): Promise<PolicyFile> {
  // YAML is loaded only where there is a policy.
  const { parsePolicy } = await import('./policy-text.ts')
  return new ReadPolicyFile(resolve(path), parsePolicy, events)
}

/** The policy in the file at `path`, read once. */
export async function readPolicy(path: string): Promise<Policy> {
  return (await openPolicyFile(path, { onLoaded: () => {}, onRefused: () => {} })).current
}

class ReadPolicyFile implements PolicyFile {
  readonly path: string
  readonly #parse: (text: string, path: string) => Policy
  readonly #events: PolicyEvents
  #current: Policy
  /** What was read last, good or not. */
  #read: string
  /** What was there at the last check. */
  #seen: string

  constructor(path: string, parse: (text: string, path: string) => Policy, events: PolicyEvents) {
    this.path = path
    this.#parse = parse
    this.#events = events
    this.#read = versionOf(path)
    this.#seen = this.#read
    this.#current = this.#load()
  }

  get current(): Policy {
    return this.#current
  }

  reload(): void {
    this.#read = versionOf(this.path)
    this.#seen = this.#read
    try {
      this.#current = this.#load()
    } catch (error) {
      this.#events.onRefused(error as AgentError)
      return
    }
    this.#events.onLoaded(this.#current)
  }

  check(): void {
    const present = versionOf(this.path)
    const isSettled = present === this.#seen
    this.#seen = present
    if (isSettled && present !== this.#read) this.reload()
  }

  #load(): Policy {
    return this.#parse(readSafely(this.path), this.path)
  }
}

/** Where no other user can change the file or its folders, none can put another in its place before it is read. */
function readSafely(path: string): string {
  let reason: string | undefined
  try {
    reason = whyOthersWrite(path)
    if (reason === undefined) return readFileSync(path, 'utf8')
  } catch (error) {
    throw new AgentError('policy_unreadable', `"${path}" (${(error as NodeJS.ErrnoException).code})`, error)
  }
  throw new AgentError('policy_open', reason)
}

function versionOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}
