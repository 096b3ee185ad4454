/**
 * An authority that answers as a test says.
 *
 * @module
 */

import { SourceError, type SourceFailure, type SourceToken, type TokenSource } from '@landfast/agent'
import type { Identity } from '@landfast/protocol'

/** The identity of the machine in tests. */
export const IDENTITY: Identity = {
  tenantId: '0b8f1c1e-6a0e-4f0a-9d0c-00000000000a',
  clientId: '0b8f1c1e-6a0e-4f0a-9d0c-00000000000b',
  principalId: '0b8f1c1e-6a0e-4f0a-9d0c-00000000000c',
  resourceId:
    '/subscriptions/0b8f1c1e-6a0e-4f0a-9d0c-00000000000d/resourceGroups/rg/providers/Microsoft.HybridCompute/machines/web',
}

/** The application in Entra ID that the machine is in tests. */
export const APPLICATION: Identity = {
  tenantId: '0b8f1c1e-6a0e-4f0a-9d0c-0000000000e0',
  clientId: '0b8f1c1e-6a0e-4f0a-9d0c-0000000000e1',
  principalId: '',
  resourceId: '',
  authority: 'entra',
}

/** One request upstream. */
export interface Asked {
  identity: Identity
  audience: string
  signal: AbortSignal
  /** Of the request that began it, if that named one. */
  traceparent?: string
}

/** A source whose answer can be changed at any time. */
export class FakeSource implements TokenSource {
  /** Every request so far. */
  readonly asked: Asked[] = []
  /** Set when the source was closed. */
  closed = false
  /** Life of the tokens it gives. */
  lifetimeSeconds = 3600
  /** Why it gives none, unless undefined. */
  failure: SourceFailure | undefined
  retryAfterSeconds: number | undefined
  /** Awaited before each answer. */
  gate: Promise<unknown> = Promise.resolve()

  async getToken(
    identity: Identity,
    audience: string,
    signal: AbortSignal,
    traceparent?: string,
  ): Promise<SourceToken> {
    this.asked.push({ identity, audience, signal, ...(traceparent !== undefined && { traceparent }) })
    const number = this.asked.length
    await this.gate
    if (this.failure) throw this.#error(this.failure)
    return { accessToken: `token-${number}-for-${audience}`, expiresInSeconds: this.lifetimeSeconds }
  }

  close(): void {
    this.closed = true
  }

  #error(failure: SourceFailure): SourceError {
    const { retryAfterSeconds } = this
    return new SourceError(
      failure,
      `the test says ${failure}`,
      retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
    )
  }
}
