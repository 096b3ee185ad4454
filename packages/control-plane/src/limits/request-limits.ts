/**
 * The limits of one address and of one caller. A wrong credential counts against the address that sent it, never
 * against the client that it named alone: a stranger elsewhere cannot lock a machine out.
 *
 * Secrets have 256 random bits and keys cannot be guessed, so the limits save work and rows, not secrets.
 *
 * @see ../../../../docs/control-plane.md#limits
 * @module
 */

import { isIPv6 } from 'node:net'
import { BucketLimit } from './bucket-limit.ts'

/** Wrong credentials of one client from one address: one every two seconds. */
const WRONG_FOR_CLIENT = { burst: 30, perSecond: 0.5 }

/** Wrong credentials from one address, which many machines may share: five a second. */
const WRONG_FROM_ADDRESS = { burst: 300, perSecond: 5 }

/** How many seconds' worth of requests a caller may make in a row. */
const BURST_SECONDS = 10

/** Who is behind a request, before it has proved anything. */
export interface Claimant {
  address: string
  /** The client that it says it is. */
  clientId?: string | undefined
}

/** Counts, and says who has to wait. Each replica counts for itself. */
export interface RequestLimits {
  /** How many seconds a request has to wait before its credential is looked at; 0 if it need not. */
  waitSeconds(claimant: Claimant, now: Date): number
  /** Its credential was wrong. */
  wrong(claimant: Claimant, now: Date): void
  /** How many seconds a caller, named by its client id, has to wait; 0 if it need not. */
  callerWaitSeconds(clientId: string, now: Date): number
  /** It has proved itself and is served: only that counts, so no other caller can use up what it may do. */
  served(clientId: string, now: Date): void
}

/** Limits under which each caller may make `requestsPerSecond`; 0 is no limit. */
export function createRequestLimits({ requestsPerSecond }: { requestsPerSecond: number }): RequestLimits {
  const forClient = new BucketLimit(WRONG_FOR_CLIENT)
  const fromAddress = new BucketLimit(WRONG_FROM_ADDRESS)
  const callers = new BucketLimit({
    burst: requestsPerSecond * BURST_SECONDS,
    perSecond: requestsPerSecond,
  })
  return {
    waitSeconds: ({ address, clientId }, now) => {
      const network = networkOf(address)
      const wait = fromAddress.waitSeconds(network, now)
      return clientId === undefined
        ? wait
        : Math.max(wait, forClient.waitSeconds(`${network} ${clientId}`, now))
    },
    wrong: ({ address, clientId }, now) => {
      const network = networkOf(address)
      fromAddress.take(network, now)
      if (clientId !== undefined) forClient.take(`${network} ${clientId}`, now)
    },
    callerWaitSeconds: (clientId, now) =>
      requestsPerSecond === 0 ? 0 : callers.waitSeconds(clientId.toLowerCase(), now),
    served: (clientId, now) => callers.take(clientId.toLowerCase(), now),
  }
}

/** One customer of a provider has 2^64 addresses of IPv6, which are one network here. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  return mapped ?? groupsOf(address).slice(0, 4).join(':')
}

/** The eight groups of an IPv6 address, "::" written out. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? []
  const before = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':') : []
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array<string>(zeros).fill('0'), ...after]
}
