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

/** Which of the buckets. */
type BucketKind = 'client' | 'address' | 'caller'

/** How much was taken from one bucket. */
export type Taking = readonly [kind: BucketKind, name: string, count: number]

/** Counts, and says who has to wait. Each replica counts for itself, and the processes of one replica together. */
export interface RequestLimits {
  /** Its credential was looked at and is wrong. How many seconds it should wait before the next; 0 if it need not. */
  wrong(claimant: Claimant, now: Date): number
  /** How many seconds a caller, named by its client id, has to wait; 0 if it need not. */
  callerWaitSeconds(clientId: string, now: Date): number
  /** It has proved itself and is served: only that counts, so no other caller can use up what it may do. */
  served(clientId: string, now: Date): void
  /** What was taken here since this was last asked, if it is shared. */
  newTakings(): Taking[]
  /** What was taken elsewhere counts here as well. */
  hear(takings: readonly Taking[], now: Date): void
}

/** Limits under which each caller may make `requestsPerSecond`; 0 is no limit. */
export function createRequestLimits({
  requestsPerSecond,
  isShared = false,
}: {
  requestsPerSecond: number
  /** Whether others are told what is taken. */
  isShared?: boolean
}): RequestLimits {
  const buckets: Record<BucketKind, BucketLimit> = {
    client: new BucketLimit(WRONG_FOR_CLIENT),
    address: new BucketLimit(WRONG_FROM_ADDRESS),
    caller: new BucketLimit({ burst: requestsPerSecond * BURST_SECONDS, perSecond: requestsPerSecond }),
  }
  const taken = createTakings()
  const take = (kind: BucketKind, name: string, now: Date) => {
    buckets[kind].take(name, now.getTime())
    if (isShared) taken.add(kind, name)
  }
  const takeOrWait = (kind: BucketKind, name: string, now: Date) => {
    const wait = buckets[kind].waitSeconds(name, now.getTime())
    take(kind, name, now)
    return wait
  }
  return {
    wrong: ({ address, clientId }, now) => {
      const network = networkOf(address)
      const wait = takeOrWait('address', network, now)
      if (clientId === undefined) return wait
      return Math.max(wait, takeOrWait('client', `${network} ${clientId}`, now))
    },
    callerWaitSeconds: (clientId, now) =>
      requestsPerSecond === 0 ? 0 : buckets.caller.waitSeconds(clientId.toLowerCase(), now.getTime()),
    served: (clientId, now) => {
      if (requestsPerSecond > 0) take('caller', clientId.toLowerCase(), now)
    },
    newTakings: taken.withdraw,
    hear: (takings, now) => {
      for (const [kind, name, count] of takings) buckets[kind].take(name, now.getTime(), count)
    },
  }
}

/** What was taken since it was last told. */
function createTakings() {
  let counts: Record<BucketKind, Map<string, number>> = noTakings()
  return {
    add: (kind: BucketKind, name: string) => {
      counts[kind].set(name, (counts[kind].get(name) ?? 0) + 1)
    },
    withdraw: (): Taking[] => {
      const told = counts
      counts = noTakings()
      return (Object.keys(told) as BucketKind[]).flatMap((kind) =>
        [...told[kind]].map(([name, count]) => [kind, name, count] as const),
      )
    },
  }
}

function noTakings(): Record<BucketKind, Map<string, number>> {
  return { client: new Map(), address: new Map(), caller: new Map() }
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
