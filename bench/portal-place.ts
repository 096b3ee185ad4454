/**
 * The large registry of which a portal is asked, and the machine that a call is about.
 *
 * @module
 */

import { resourceKeyOf } from '../packages/control-plane/src/testing/filled-registry.ts'

/** The registry that is asked. */
export interface PortalPlace {
  subscriptionId: string
  machines: number
  /** When the trail was filled, in milliseconds since 1970. */
  filledAt: number
}

const DAY_MILLISECONDS = 86_400_000

/** A prime, so that calls that follow each other are about machines far apart. */
const STEP = 7_919

/** The number of the machine that the call is about. */
export function numberAt({ machines: count }: PortalPlace, call: number): number {
  return (call * STEP) % count
}

/** Its ARM id. */
export function machineAt(place: PortalPlace, call: number): string {
  return resourceKeyOf(numberAt(place, call), place.subscriptionId)
}

/** Its name. */
export function nameAt(place: PortalPlace, call: number): string {
  return machineAt(place, call).split('/').at(-1) ?? ''
}

/** The id of its resource group. */
export function groupAt(place: PortalPlace, call: number): string {
  return machineAt(place, call).split('/providers')[0] ?? ''
}

/** When the trail was as old as this many days. */
export function daysBefore({ filledAt }: PortalPlace, days: number): string {
  return new Date(filledAt - days * DAY_MILLISECONDS).toISOString()
}

/** A day of the trail, as a search names it. */
export function yesterday(place: PortalPlace): { since: string; until: string } {
  return { since: daysBefore(place, 2), until: daysBefore(place, 1) }
}
