/**
 * The limits of one address and of one caller. Wrong credentials change only what wrong credentials are answered with:
 * whoever proves itself is served, however many wrong ones came before. What a caller itself is given counts against it.
 *
 * Secrets have 256 random bits and keys cannot be guessed, so the limits tell clients to slow down and save lines, not
 * secrets.
 *
 * @see ../../../../docs/control-plane.md#limits
 * @module
 */

import { isIPv6 } from 'node:net'
import { BucketLimit } from '@landfast/server'

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
  /** Its credential was looked at and is wrong. How many seconds it should wait before the next; 0 if it need not. */
  wrong(claimant: Claimant, now: Date): number
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
    wrong: ({ address, clientId }, now) => {
      const network = networkOf(address)
      const wait = takeOrWait(fromAddress, network, now)
      if (clientId === undefined) return wait
      return Math.max(wait, takeOrWait(forClient, `${network} ${clientId}`, now))
    },
    callerWaitSeconds: (clientId, now) =>
      requestsPerSecond === 0 ? 0 : callers.waitSeconds(clientId.toLowerCase(), now.getTime()),
    served: (clientId, now) => callers.take(clientId.toLowerCase(), now.getTime()),
  }
}

function takeOrWait(limit: BucketLimit, name: string, now: Date): number {
  const wait = limit.waitSeconds(name, now.getTime())
  limit.take(name, now.getTime())
  return wait
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
