/**
 * What every client meets: faults and scenarios, each in the style where it happens, and an identity that comes and goes.
 *
 * @module
 */

import { SCENARIO_NAMES } from '@landfast/emulator/faults'
import type { StyleName } from '@landfast/protocol'

/** One fault or scenario, as `landfast run --fault` takes it. */
export interface Trial {
  fault: string
  style: StyleName
  parts: readonly Part[]
}

/** Whether the endpoint is well again after one request, or never. */
export type Duration = 'once' | 'always'

/** Where a cell stands on the page, in the page's order. */
export const PARTS = ['once', 'always', 'scenario', 'identity'] as const

/** One of them. */
export type Part = (typeof PARTS)[number]

const DURATIONS = ['once', 'always'] as const satisfies readonly Duration[]

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
  'connection-refused',
] as const

/** After which clients try again at a virtual machine in another way than elsewhere. */
const OF_VIRTUAL_MACHINES = ['404', '410', '429', '500', '503'] as const

const OF_CHALLENGES = [
  'key-file-missing',
  'key-file-unreadable',
  'key-group-lost',
  'key-file-late=200ms',
  'key-file-elsewhere',
  'key-refused',
] as const

/** Where each scenario was reported from; default: App Service. */
const STYLES_OF_SCENARIOS: Readonly<Record<string, StyleName>> = {
  throttled: 'vm',
  'region-down': 'vm',
  'agent-restart': 'arc',
}

/** Where an identity comes and goes. */
export const IDENTITY_STYLE = 'app-service'

/** Every trial of a fault or a scenario. */
export const TRIALS: readonly Trial[] = [
  ...ANYWHERE.map((fault) => ({ fault, style: 'app-service' as const, parts: DURATIONS })),
  ...OF_VIRTUAL_MACHINES.map((fault) => ({ fault, style: 'vm' as const, parts: DURATIONS })),
  ...OF_CHALLENGES.map((fault) => ({ fault, style: 'arc' as const, parts: DURATIONS })),
  ...SCENARIO_NAMES.map((fault) => ({
    fault,
    style: STYLES_OF_SCENARIOS[fault] ?? ('app-service' as const),
    parts: ['scenario'] as const,
  })),
]

/** The fault for so long: connections have no number of requests, so that one is over after two seconds. A scenario says so itself. */
export function lasting({ fault }: Pick<Trial, 'fault'>, part: Part): string {
  if (part === 'scenario') return fault
  const isOnce = part === 'once'
  if (fault === 'connection-refused') return `${fault},for=${isOnce ? '2' : '600'}`
  return `${fault},times=${isOnce ? '1' : 'always'}`
}
