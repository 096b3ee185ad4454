/**
 * A site in the place of one of this process that has ended: at its port, with its secret. `@azure/identity` asks for as long as
 * the process lasts where it asked first.
 *
 * @module
 */

import { AgentError } from '@landfast/agent'
import { type FaultySite, type FaultySiteOptions, startFaultySite } from './faulty-site.ts'

/** Where an endpoint is, or was. */
interface Place extends Pick<FaultySiteOptions['endpoint'], 'style'> {
  port: number
  secret?: string
}

/** Every place, the oldest first, since a client asks there. */
const places: Place[] = []

/** Those where an endpoint is. */
const taken = new Set<Place>()

/** Somebody else has the port meanwhile. */
const PORT_LOST = ['port_taken', 'port_ephemeral']

/** A site, and what lets another have its place once it has stopped. */
export interface PlacedSite extends FaultySite {
  leave(): void
}

/** Starts one, whose options may name a port. @throws what `startFaultySite` throws. */
export async function startPlacedSite(options: FaultySiteOptions): Promise<PlacedSite> {
  const place = takePlace(options.endpoint)
  if (!place) return await startElsewhere(options)
  try {
    const endpoint = { ...options.endpoint, ...place } as FaultySiteOptions['endpoint']
    return placedAt(place, await startFaultySite({ ...options, endpoint }))
  } catch (error) {
    taken.delete(place)
    if (!(error instanceof AgentError && PORT_LOST.includes(error.code))) throw error
    // Who has the port may have read the secret there.
    places.splice(places.indexOf(place), 1)
    return await startElsewhere(options)
  }
}

/** The port that the caller names comes first. */
function takePlace({ style, port = 0 }: FaultySiteOptions['endpoint']): Place | undefined {
  const place = places.find(
    (one) => !taken.has(one) && one.style === style && (port === 0 || one.port === port),
  )
  if (place) taken.add(place)
  return place
}

async function startElsewhere(options: FaultySiteOptions): Promise<PlacedSite> {
  const running = await startFaultySite(options)
  const { style } = options.endpoint
  const { url, secret } = running.site.location
  const place = { style, port: Number(new URL(url).port), ...(secret !== undefined && { secret }) }
  places.push(place)
  taken.add(place)
  return placedAt(place, running)
}

function placedAt(place: Place, running: FaultySite): PlacedSite {
  return { ...running, leave: () => void taken.delete(place) }
}
