/**
 * What is known of a request when it is granted or refused, as the audit log and the log of the agent name it. Never a key,
 * a secret or a token.
 *
 * @see docs/security.md#the-audit-log
 * @module
 */

import type { Identity, Selector, Trace } from '@landfast/protocol'
import type { Caller } from '../caller/caller.ts'

/** What a decision was about, as far as it is known. */
export interface Decided {
  readonly correlationId: string
  /** The trace that the caller says the request is a part of. */
  readonly trace?: Trace | undefined
  caller?: Caller
  audience?: string
  /** By what an identity was selected, if one was. */
  selector?: Selector | undefined
  identity?: Identity
  /** The rule of the policy that decided. */
  rule?: string | undefined
}

/** Who asked. */
export function askerOf({ caller, trace }: Pick<Decided, 'caller' | 'trace'>) {
  return {
    traceId: trace?.traceId,
    userId: caller?.userId,
    user: caller?.user,
    program: caller?.program?.path,
    processId: caller?.program?.processId,
    unit: caller?.program?.placement?.unit,
    container: caller?.program?.placement?.container?.id,
    workload: caller?.workload,
    address: caller?.address,
  }
}

/** Whose refusals are counted together. */
export function subjectOf({ userId, workload, address }: Partial<Caller> = {}): string {
  if (workload !== undefined) return `workload ${workload}`
  return address === undefined ? `${userId}` : `address ${address}`
}

/** The selector of a request whose identity was not found. */
export function selectedInVain({
  selector,
  identity,
}: Pick<Decided, 'selector' | 'identity'>): string | undefined {
  return selector && !identity ? `${selector.name}=${selector.value}` : undefined
}

/** An application of Entra ID has no ARM id. */
export function nameOf({ resourceId, clientId }: Identity): string {
  return resourceId || clientId
}
