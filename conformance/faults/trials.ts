/**
 * The faults that every client meets, in the style where they happen.
 *
 * @module
 */

import type { StyleName } from '@landfast/protocol'

/** One fault, as `landfast run --fault` takes it. */
export interface Trial {
  fault: string
  style: StyleName
}

/** Whether the endpoint is well again after one request, or never. */
export type Duration = 'once' | 'always'

/** Both, in the order of the page. */
export const DURATIONS = ['once', 'always'] as const

const ANYWHERE = [
  '400',
  '403',
  '404',
  '410',
  '429',
  '429,retry-after=2',
  '500',
  '503',
  'latency=2',
  'timeout',
  'connection-reset',
  'broken-json',
  'cut-body',
  'empty-token',
  'expired-token',
  'short-token=30',
  'other-identity',
  'clock-off=2h',
] as const

const OF_CHALLENGES = [
  'key-file-missing',
  'key-file-unreadable',
  'key-file-late=200ms',
  'key-file-elsewhere',
  'key-refused',
] as const

/** Every trial. */
export const TRIALS: readonly Trial[] = [
  ...ANYWHERE.map((fault) => ({ fault, style: 'app-service' as const })),
  { fault: 'connection-refused', style: 'app-service' },
  ...OF_CHALLENGES.map((fault) => ({ fault, style: 'arc' as const })),
]

/** The fault for so long: connections have no number of requests, so that one is over after two seconds. */
export function lasting({ fault }: Trial, duration: Duration): string {
  const isOnce = duration === 'once'
  if (fault === 'connection-refused') return `${fault},for=${isOnce ? '2' : '600'}`
  return `${fault},times=${isOnce ? '1' : 'always'}`
}
