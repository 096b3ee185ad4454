/**
 * The streams of one process: has all of them hear when something was announced, and ends those that nobody may or does read.
 *
 * @see docs/portal.md#live
 * @module
 */

import type { Logger } from 'pino'
import type { PortalSession, PortalSessions } from '../../admission/portal-sessions.ts'
import type { Announcements } from '../../storage/announcements/announcements.ts'
import { createPaced } from '../../storage/announcements/paced.ts'
import { PortalError } from '../portal-error.ts'
import type { LiveStream } from './live-stream.ts'
import { createSharedEar } from './shared-ear.ts'

/** How many streams there are at most. A browser has one, however many of its windows are looked at. */
export interface LiveBounds {
  all: number
  ofSession: number
  /** Who signs in again has another session. */
  ofPrincipal: number
}

const BOUNDS: LiveBounds = { all: 1_000, ofSession: 20, ofPrincipal: 500 }

/** Proxies give up a connection on which they see nothing for a minute, some for half of one. */
const BEAT_MILLISECONDS = 15_000

/** After ten minutes a browser comes back, perhaps to a replica that has fewer. */
const BEATS_MAX = 40

/** One page asks at once, and 500 within ten seconds. */
const SPREAD_MILLISECONDS = 20

/** What a hub is made of. */
export interface HubParts {
  announcements: Pick<Announcements, 'listen'>
  sessions: Pick<PortalSessions, 'find'>
  log: Pick<Logger, 'warn'>
  now: () => Date
  /** Any clock that only goes forward, in milliseconds. */
  monotonic?: () => number
  /** Aborted when the control plane is told to stop. */
  ending: AbortSignal
  bounds?: LiveBounds
}

/** The hub of a process. */
export interface LiveHub {
  /**
   * Keeps the stream of `session` that `begin` begins; `begin` is given what it must call when the stream has ended.
   *
   * @throws {PortalError} `live_unavailable`, and then nothing was begun.
   */
  keep(session: PortalSession, begin: (onEnd: () => void) => LiveStream): Promise<void>
}

interface Kept {
  session: PortalSession
  stream: LiveStream
  beats: number
}

/** A hub without streams. It listens, and beats, only while it has some. */
export function createLiveHub(parts: HubParts): LiveHub {
  const { ending, bounds = BOUNDS, monotonic = () => performance.now() } = parts
  const all = new Set<Kept>()
  // Who hears nothing must not believe that nothing happens: it comes back, and is refused until there is something to hear.
  const ear = createSharedEar({ ...parts, monotonic }, { hear: () => paced.wish(), lose: endAll })
  const paced = createPaced(async () => {
    for (const { stream } of all) stream.send('change', within())
  })
  let beating: NodeJS.Timeout | undefined
  let lastBeat = Promise.resolve()
  ending.addEventListener('abort', () => {
    endAll()
    ear.close()
  })

  const within = () => all.size * SPREAD_MILLISECONDS

  function endAll(): void {
    for (const kept of all) end(kept)
  }

  function end(kept: Kept): void {
    if (!all.delete(kept)) return
    ear.leave()
    kept.stream.end()
    if (all.size > 0) return
    clearInterval(beating)
    beating = undefined
  }

  function add(session: PortalSession, begin: (onEnd: () => void) => LiveStream): void {
    const kept: Kept = { session, beats: 0, stream: begin(() => end(kept)) }
    all.add(kept)
    kept.stream.send('hello', within())
    beating ??= setInterval(() => {
      lastBeat = lastBeat.then(() => beat(all, parts, end))
    }, BEAT_MILLISECONDS).unref()
  }

  function refuseBeyondBounds({ id, principalId }: PortalSession): void {
    const ofPrincipal = [...all].filter(({ session }) => session.principalId === principalId)
    const ofSession = ofPrincipal.filter(({ session }) => session.id === id)
    const isFull =
      all.size >= bounds.all ||
      ofPrincipal.length >= bounds.ofPrincipal ||
      ofSession.length >= bounds.ofSession
    if (ending.aborted || isFull) throw new PortalError('live_unavailable')
  }

  return {
    keep: async (session, begin) => {
      refuseBeyondBounds(session)
      await ear.use().catch((cause: unknown) => {
        throw new PortalError('live_unavailable', { cause })
      })
      try {
        // Others came while this one waited.
        refuseBeyondBounds(session)
      } catch (error) {
        ear.leave()
        throw error
      }
      add(session, begin)
    },
  }
}

/** Sends each of `all` a beat, and ends those whose session has ended, whose time is over, or which nobody reads. */
async function beat(
  all: ReadonlySet<Kept>,
  { sessions, now }: HubParts,
  end: (kept: Kept) => void,
): Promise<void> {
  for (const [id, own] of Map.groupBy(all, ({ session }) => session.id)) {
    const session = await sessions.find(id, now(), 'script').catch(() => undefined)
    for (const kept of own) {
      kept.beats += 1
      if (!session || kept.beats > BEATS_MAX || kept.stream.isBehind) end(kept)
      else kept.stream.send('beat', 0)
    }
  }
}
