/**
 * The policy in use. Requests ask it, and the agent looks at its file every second.
 *
 * @see docs/policy.md#the-file
 * @module
 */

import type { Logger } from '@landfast/server'
import type { AgentError } from '../errors.ts'
import { type AskPolicy, createAskPolicy } from './admission.ts'
import type { GuardedExchange } from './exchange-guard.ts'
import { openPolicyFile } from './policy-file.ts'

/** How often the file is looked at. */
const CHECK_MS = 1000

/** What the watch takes from outside. */
export interface PolicyWatchParts {
  log: Logger
  /** Told how it ended when the file was read anew. */
  onRead: (outcome: 'loaded' | 'refused') => void
  /** A token that only rules which name its audience give away. */
  exchange?: GuardedExchange | undefined
}

/** A policy file that is watched. */
export interface PolicyWatch {
  readonly ask: AskPolicy
  /** Why the file that was read last is not in force. */
  readonly refusal: AgentError | undefined
  /** Reads the file now. */
  reload(): void
  stop(): void
}

/**
 * Reads the file at `path` and watches it from then on.
 *
 * @throws {AgentError} `policy_unreadable`, `policy_open` or `policy_broken`.
 */
export async function watchPolicy(
  path: string,
  { log, onRead, exchange }: PolicyWatchParts,
): Promise<PolicyWatch> {
  let refusal: AgentError | undefined
  const file = await openPolicyFile(path, {
    onLoaded: ({ rules }) => {
      refusal = undefined
      onRead('loaded')
      log.info({ policy: path, rules: rules.length }, 'the policy was read anew')
    },
    onRefused: (error) => {
      refusal = error
      onRead('refused')
      log.error({ code: error.code, err: error }, 'the policy stays as it was: the new one was refused')
    },
  })
  const timer = setInterval(() => file.check(), CHECK_MS).unref()
  return {
    ask: createAskPolicy(file, exchange),
    get refusal() {
      return refusal
    },
    reload: () => file.reload(),
    stop: () => clearInterval(timer),
  }
}
