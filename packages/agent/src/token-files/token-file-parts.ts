/**
 * What token files are made of.
 *
 * @module
 */

import type { Identity, WireError } from '@landfast/protocol'
import type { Logger } from '@landfast/server'
import type { Caller } from '../caller/caller.ts'
import type { NameService } from '../caller/name-service.ts'
import type { Clock } from '../clock.ts'
import type { MachineIdentities } from '../endpoint/selected-identity.ts'
import type { AuditLog } from '../operation/audit.ts'
import type { Metrics } from '../operation/metrics.ts'
import type { AskPolicy } from '../policy/admission.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { TokenFileEntry } from './token-file-entry.ts'
import type { WrittenPaths } from './written-paths.ts'

/** A decision about a token file. */
export interface FileDecision {
  entry: TokenFileEntry
  caller: Caller | undefined
  identity: Identity | undefined
  rule: string | undefined
  error?: WireError
}

/** What token files are made of. */
export interface TokenFilesOptions {
  entries: readonly TokenFileEntry[]
  /** Where it is kept which files the agent has written. */
  stateFolder: string
  identities: MachineIdentities
  policy: AskPolicy | undefined
  tokens: Pick<Tokens, 'get'>
  audit: AuditLog | undefined
  metrics: Pick<Metrics, 'tokenFile'>
  clock: Clock
  log: Logger
  names?: NameService
  /** From 0 to 1. */
  random?: () => number
}

/** What one token file takes from all. */
export interface TokenFileParts extends Omit<TokenFilesOptions, 'entries' | 'stateFolder' | 'audit'> {
  names: NameService
  random: () => number
  written: WrittenPaths
  decisions: { write: (decision: FileDecision) => void }
  /** Removes a file; one that may not be removed now is tried again. */
  remove: (path: string) => Promise<void>
  isStopped: () => boolean
}
