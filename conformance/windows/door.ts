/**
 * The way from clients on Windows to an agent on Linux. The one thing that the agent cannot do for them is to name its key
 * files as Windows does, so in Arc's style a relay stands between; in every other the agent is asked itself.
 *
 * @module
 */

import type { EndpointLocation, StyleName } from '@landfast/protocol'
import { COLUMNS, type Column } from '../columns.ts'
import { type RealmRelay, startRealmRelay } from './realm-relay.ts'
import type { Wine } from './wine.ts'

/** The column of `style` as it is tried on Windows, or without Wine as on this host. */
export function columnOn(wine: Wine | undefined, style: StyleName): Column {
  if (wine === undefined || style !== 'arc') return COLUMNS[style]
  const behindRelay = () => ({ style, port: 0, keyFolder: wine.keys.onLinux }) as const
  return { ...COLUMNS.arc, usual: behindRelay, elsewhere: behindRelay }
}

/** The relay in which clients find the agent of `location` at `port`; undefined where none is needed. */
export async function openDoor(
  wine: Wine | undefined,
  location: EndpointLocation,
  port: number,
): Promise<RealmRelay | undefined> {
  if (wine === undefined || location.style !== 'arc') return undefined
  const { address } = COLUMNS.arc.place
  return await startRealmRelay({ url: location.url, address, port }, wine.keys)
}
