/**
 * One endpoint for applications: its keys, its addresses, and the requests under way.
 *
 * @module
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { ARC_PORT, type EndpointLocation, STYLES, styleOf, VM_ADDRESS, VM_PORT } from '@landfast/protocol'
import { type ArcKeyParts, type ArcKeys, openArcKeys } from '../challenge/arc-keys.ts'
import type { AgentError } from '../errors.ts'
import { Listener } from '../listening/listener.ts'
import { keepOwnCertificate, makeOwnCertificate, type OwnCertificate } from '../listening/own-certificate.ts'
import { takeVmAddress } from '../listening/vm-address.ts'
import type { EndpointOptions } from './endpoint-options.ts'
import { createEndpointServer } from './endpoint-server.ts'
import { type SharedParts, stationsOf } from './endpoint-stations.ts'
import { handleRequest, type Stations } from './request.ts'

/** What an endpoint is made of beside its options. */
export interface EndpointParts extends SharedParts {
  readonly createKeys: ArcKeyParts['createKeys']
  /** Where the certificate of an endpoint with TLS is kept; without it each start has another. */
  readonly stateFolder: string | undefined
  /** Told when an address was lost: the agent must stop. */
  readonly onLost: (error: AgentError) => void
  /** Takes what is to be done once no request is left; the last is done first. */
  readonly onStop: (step: () => Promise<void> | void) => void
}

/** An endpoint that answers. */
export interface Endpoint {
  readonly location: EndpointLocation
  /** Undefined in styles without key files. */
  readonly keys: ArcKeys | undefined
  /** Takes no request any more; what is under way may finish within this time. */
  stop(withinMs: number): Promise<void>
  /** Resolves when no request is being answered. */
  idle(): Promise<void>
}

/**
 * Starts the endpoint that `options` ask for.
 *
 * @throws {AgentError} with the code of what was in the way.
 */
export async function startEndpoint(options: EndpointOptions, parts: EndpointParts): Promise<Endpoint> {
  const style = styleOf(options.style)
  const keys = options.style === 'arc' ? openArcKeys(options, parts) : undefined
  const tls = style.scheme === 'https' ? await ownCertificate(parts.stateFolder) : undefined
  const stations = stationsOf(options, keys?.keys, parts)
  const place = await takePlace(options, parts)
  const answering = new Set<Promise<void>>()
  const listener = new Listener({
    ...place,
    createServer: () => createServer(stations, tls, answering),
    onAddressMissing: (address) =>
      parts.log.warn({ address }, 'IPv6 is off here; the address is tried again every 30 seconds'),
    onLost: parts.onLost,
  })
  await listener.start()
  const origin = `${style.scheme}://${place.addresses[0]}:${listener.port}`
  return {
    location: {
      style: options.style,
      url: `${origin}${style.path}`,
      ...('secret' in options && { secret: options.secret }),
      ...(tls && { thumbprint: tls.thumbprint, certificate: tls.certificate }),
      ...('clientId' in style.variables && { clientId: parts.identities.own.clientId }),
    },
    keys,
    stop: (withinMs) => listener.stop(withinMs),
    idle: async () => void (await Promise.all(answering)),
  }
}

function ownCertificate(stateFolder: string | undefined): Promise<OwnCertificate> {
  return stateFolder === undefined ? makeOwnCertificate() : keepOwnCertificate(stateFolder)
}

/** Where the endpoint listens; the VM style's own address is taken first, if it is asked for. */
async function takePlace(
  options: EndpointOptions,
  { onStop }: Pick<EndpointParts, 'onStop'>,
): Promise<{ addresses: readonly string[]; port: number }> {
  const { port, style } = options
  if (!('atVmAddress' in options) || !options.atVmAddress) {
    return { addresses: STYLES[style].addresses, port: port ?? (style === 'arc' ? ARC_PORT : 0) }
  }
  onStop(await takeVmAddress())
  return { addresses: [VM_ADDRESS], port: port ?? VM_PORT }
}

/** A server whose requests stand in `answering` until they are answered. */
function createServer(
  stations: Stations,
  tls: OwnCertificate | undefined,
  answering: Set<Promise<void>>,
): Server {
  const { style } = stations.tokens
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const answer = handleRequest(stations, request, response).finally(() => answering.delete(answer))
    answering.add(answer)
  }
  return createEndpointServer(handle, { style, tls })
}
