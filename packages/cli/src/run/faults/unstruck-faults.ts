/**
 * Faults that struck no request: a test that passes has shown nothing then.
 *
 * @see docs/emulator.md#faults
 * @module
 */

import type { SeenRequest, StandingFault } from '@landfast/emulator'
import type { GivenFault } from './fault-flags.ts'

/** How the faults of the flags stand when the command has ended, and what it asked. */
export interface Strikes {
  faults: readonly Pick<StandingFault, 'fault' | 'struck'>[]
  requests: readonly Pick<SeenRequest, 'resource'>[]
}

/** A line for each of `given` that struck no request. */
export function unstruckNotes(
  given: readonly GivenFault[],
  { faults, requests }: Strikes,
): readonly string[] {
  const standing = [...faults]
  const asked = describeAsked(requests)
  return given.flatMap(({ text, faults: own = [] }) => {
    const seen = standing.splice(0, own.length).filter(({ fault }) => fault.kind !== 'connection-refused')
    const isUnstruck = seen.length > 0 && seen.every(({ struck }) => struck === 0)
    return isUnstruck ? [`the fault "${text}" struck no request; the command asked for ${asked}`] : []
  })
}

/** More are no help. */
const AUDIENCES_MAX = 5

function describeAsked(requests: Strikes['requests']): string {
  const audiences = [...new Set(requests.flatMap(({ resource = [] }) => resource))]
  if (audiences.length === 0) return 'no token'
  const others = audiences.length > AUDIENCES_MAX ? ' and others' : ''
  return `tokens of ${audiences.slice(0, AUDIENCES_MAX).join(', ')}${others}`
}
