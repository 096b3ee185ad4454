/**
 * One source in front of the authorities of an agent: the identity says which of them gives its tokens, and each has pauses of
 * its own.
 *
 * @module
 */

import type { Identity } from '@landfast/protocol'
import type { Clock } from '../clock.ts'
import { createPausedSource, ENTRA_PAUSE_MAX_SECONDS } from './paused-source.ts'
import type { TokenSource } from './source.ts'

/** The authorities. */
export interface Authorities {
  /** The machine's own identity; of Entra ID if there is no control plane. */
  identity: Identity
  /** Gives its tokens, and those of every identity of the same authority. */
  source: TokenSource
  /** Entra ID beside it. */
  entra?: { source: TokenSource } | undefined
}

/** The tokens of all of them. */
export function sourceOfAuthorities({ identity, source, entra }: Authorities, clock: Clock): TokenSource {
  const atEntra = { clock, maxSeconds: ENTRA_PAUSE_MAX_SECONDS }
  const first = createPausedSource(source, identity.authority ? atEntra : { clock })
  return entra ? routeByIdentity(first, createPausedSource(entra.source, atEntra)) : first
}

function routeByIdentity(controlPlane: TokenSource, entra: TokenSource): TokenSource {
  return {
    getToken: (identity, ...asked) =>
      (identity.authority ? entra : controlPlane).getToken(identity, ...asked),
    close() {
      controlPlane.close()
      entra.close()
    },
  }
}
