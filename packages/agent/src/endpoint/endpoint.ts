/**
 * One endpoint for applications: its keys, its addresses, and the requests under way.
 *
 * @module
 */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type EndpointLocation, styleOf } from '@landfast/protocol'
import { type ArcKeyParts, type ArcKeys, openArcKeys } from '../challenge/arc-keys.ts'
import { AgentError } from '../errors.ts'
import { Listener, type ListenerOptions } from '../listening/listener.ts'
import { keepOwnCertificate, makeOwnCertificate, type OwnCertificate } from '../listening/own-certificate.ts'
import { SILENCE_COMMAND } from '../listening/silent-address.ts'
import { takeVmAddress } from '../listening/vm-address.ts'
import type { EndpointOptions, Intercept } from './endpoint-options.ts'
import { createEndpointServer } from './endpoint-server.ts'
import { type SharedParts, stationsOf } from './endpoint-stations.ts'
import { hostInUrl, type Place, placesOf } from './places.ts'
import { handleRequest, type Stations } from './request.ts'
import { openRole, type Role } from './role-station.ts'
import type { MachineIdentities } from './selected-identity.ts'

/** Logged with the command where ARP could not be quieted. */
const HEARD =
  'this host answers its neighbours’ ARP requests for 169.254.169.254, so what they send there may come here; run the command as root'

/** What an endpoint is made of beside its options. */
export interface EndpointParts extends SharedParts {
  readonly createKeys: ArcKeyParts['createKeys']
  readonly intercept: Intercept | undefined
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
  /** In the style whose answers are credentials of a role. */
  readonly role?: Role | undefined
  /** What an address still waits for; undefined where all of them answer. */
  waiting?(): AgentError | undefined
  /** From now on each answer is the last one of its connection. */
  drain(): void
  /** Has no address until the function is called that it resolves to. */
  suspend?(): Promise<() => Promise<void>>
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
  const role = options.style === 'aws' ? openRole(options, parts) : undefined
  const stations = stationsOf(options, { keys: keys?.keys, role }, parts)
  if ('atVmAddress' in options && options.atVmAddress) {
    const warn = () => parts.log.warn({ command: SILENCE_COMMAND }, HEARD)
    parts.onStop(await takeVmAddress(warn))
  }
  const answering = new Answering()
  const { place, platform } = placesOf(options)
  const { listener, drain, suspend, stop } = await listenAt(place, platform, (where) => ({
    ...where,
    createServer: () => createServer(stations, tls, { answering, intercept: parts.intercept }),
    onAddressMissing: (address) =>
      parts.log.warn({ address }, 'IPv6 is off here; the address is tried again every 30 seconds'),
    onLost: parts.onLost,
  }))
  const origin = `${style.scheme}://${hostInUrl(place.addresses[0] ?? '')}:${listener.port}`
  return {
    location: {
      style: options.style,
      url: `${origin}${style.path}`,
      ...('secret' in options && { secret: options.secret }),
      ...(tls && { thumbprint: tls.thumbprint, certificate: tls.certificate }),
      ...('clientId' in style.variables && {
        clientId: clientIdToAsk(parts.identities),
      }),
    },
    keys,
    role,
    drain,
    suspend,
    stop,
    idle: () => answering.idle(),
  }
}

/**
 * What clients ask for where a program selects nothing. With two authorities it depends on the audience: they are given an
 * empty one, which selects nothing, since whichever id they sent would be asked for every audience.
 */
function clientIdToAsk({ own, entra }: MachineIdentities): string {
  return entra ? '' : own.clientId
}

function explainPlatformPort(error: unknown): unknown {
  if (!(error instanceof AgentError) || error.code !== 'port_taken') return error
  return new AgentError('platform_port_taken', error.message, error)
}

function ownCertificate(stateFolder: string | undefined): Promise<OwnCertificate> {
  return stateFolder === undefined ? makeOwnCertificate() : keepOwnCertificate(stateFolder)
}

/** The platform's port is had before a challenge is given, and let go of when none is given any more. */
async function listenAt(
  place: Place,
  platform: Place | undefined,
  optionsAt: (place: Place) => ListenerOptions,
): Promise<Pick<Endpoint, 'drain' | 'stop'> & Pick<Required<Endpoint>, 'suspend'> & { listener: Listener }> {
  const held = platform && new Listener(optionsAt(platform))
  const listener = new Listener(optionsAt(place))
  try {
    await held?.start().catch((error) => {
      throw explainPlatformPort(error)
    })
    await listener.start()
  } catch (error) {
    await held?.stop(0)
    throw error
  }
  const stop = async (withinMs: number) => {
    await listener.stop(withinMs)
    await held?.stop(withinMs)
  }
  const drain = () => {
    listener.drain()
    held?.drain()
  }
  const suspend = async () => {
    await Promise.all([listener.suspend(), held?.suspend()])
    return async () => {
      await held?.resume()
      await listener.resume()
    }
  }
  return { listener, drain, suspend, stop }
}

/** How many requests are being answered, and when there is none any more. */
class Answering {
  #count = 0
  #none: PromiseWithResolvers<void> | undefined
  readonly #left = (): void => {
    this.#count -= 1
    if (this.#count === 0) this.#none?.resolve()
  }

  readonly #failed = (cause: unknown): never => {
    this.#left()
    throw cause
  }

  /** Counts `answer` until it is there. */
  add(answer: Promise<void>): void {
    this.#count += 1
    void answer.then(this.#left, this.#failed)
  }

  async idle(): Promise<void> {
    if (this.#count === 0) return
    this.#none ??= Promise.withResolvers()
    await this.#none.promise
  }
}

/** A server whose requests are counted in `answering` until they are answered. */
function createServer(
  stations: Stations,
  tls: OwnCertificate | undefined,
  { answering, intercept }: { answering: Answering; intercept: Intercept | undefined },
): Server {
  const {
    onRefused,
    tokens: { style },
  } = stations
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const ask = () => handleRequest(stations, request, response)
    answering.add(intercept?.(request, response, ask) ?? ask())
  }
  return createEndpointServer(handle, { style, tls, onRefused })
}
