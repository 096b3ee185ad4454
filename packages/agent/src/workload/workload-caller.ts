/**
 * Which workload asks: the one whose secret the request has, if it comes from a network from which that is good.
 *
 * @see docs/security.md#workloads
 * @module
 */

import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { rowOfVersion, type Style, type Target, WireError } from '@landfast/protocol'
import type { Caller } from '../caller/caller.ts'
import { distantCaller } from '../caller/distant-caller.ts'
import { type HostNetworks, readHostNetworks } from './connected-networks.ts'
import { type Includes, neighboursOf, plainAddress } from './networks.ts'
import type { Workloads } from './workloads.ts'

/** The networks of this host are looked at again after this time. */
const NETWORKS_GOOD_MS = 1000

/** What workloads are known by. */
export interface WorkloadCallerParts {
  style: Style
  workloads: Pick<Workloads, 'find'>
  /** Milliseconds of a clock that never jumps. */
  monotonic: () => number
  readNetworks?: () => HostNetworks
}

/** The request that a caller made. */
interface Request {
  readonly request: Pick<IncomingMessage, 'headers'>
  readonly target: Pick<Target, 'query'>
}

/** Finds workloads, and lets them in. */
export interface WorkloadCallers {
  /** Who asks; without a workload's secret only an address. Never rejects. */
  readonly find: (socket: Pick<Socket, 'remoteAddress' | 'localAddress'>, asked: Request) => Promise<Caller>
  /** @throws {WireError} `identity_header_rejected`, or `workload_elsewhere`, for a caller that was found here. */
  readonly admit: (caller: Caller) => Promise<void>
}

/** A finder of workloads at one endpoint. */
export function createWorkloadCallers(parts: WorkloadCallerParts): WorkloadCallers {
  const { style, workloads, monotonic, readNetworks = readHostNetworks } = parts
  const elsewhere = new WeakSet<Caller>()
  const neighbours = rememberNeighbours(readNetworks, monotonic)

  const find: WorkloadCallers['find'] = async (
    { remoteAddress = '', localAddress = '' },
    { request, target },
  ) => {
    const { secretHeader = '' } = rowOfVersion(style, target.query)
    const secret = request.headers[secretHeader.toLowerCase()]
    const workload = typeof secret === 'string' ? workloads.find(secret) : undefined
    const address = plainAddress(remoteAddress)
    const caller = distantCaller(address, workload?.name)
    const isNear = workload && (workload.from ?? neighbours(plainAddress(localAddress)))
    if (!isNear?.(address)) elsewhere.add(caller)
    return caller
  }

  const admit = async (caller: Caller) => {
    if (caller.workload === undefined) throw new WireError('identity_header_rejected')
    if (elsewhere.has(caller)) throw new WireError('workload_elsewhere', { detail: `("${caller.address}")` })
  }

  return { find, admit }
}

/** A bridge may come and go, and its network change; to list all interfaces for each request would take too long. */
function rememberNeighbours(
  readNetworks: () => HostNetworks,
  monotonic: () => number,
): (address: string) => Includes | undefined {
  const known = new Map<string, { neighbours: Includes; at: number }>()
  return (address) => {
    const former = known.get(address)
    const now = monotonic()
    if (former && now - former.at < NETWORKS_GOOD_MS) return former.neighbours
    const neighbours = neighboursOf(address, readNetworks())
    if (neighbours) known.set(address, { neighbours, at: now })
    return neighbours
  }
}
