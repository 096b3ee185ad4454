import { pino } from 'pino'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { PortalSession } from '../../admission/portal-sessions.ts'
import type { Ear } from '../../storage/announcements/announcements.ts'
import { createLiveHub, type LiveBounds } from './live-hub.ts'

const BEAT = 15_000

beforeEach(() => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
})

/** Announcements whose ear the test holds. */
function trialAnnouncements() {
  const state = { ears: [] as Ear[], isAway: false, stopped: 0 }
  return {
    state,
    listen: async (ear: Ear) => {
      if (state.isAway) throw new Error('the database is away')
      state.ears.push(ear)
      const stop = () => {
        state.stopped += 1
      }
      return { stop }
    },
  }
}

function sessionOf(id: string): PortalSession {
  return { id, principalId: id, clientId: id, displayName: id, endsAt: new Date(0) }
}

/** A hub, sessions that are good until the test ends them, and streams that write down what they are sent. */
function openHub(bounds?: LiveBounds) {
  const announcements = trialAnnouncements()
  const ended = new Set<string>()
  const ending = new AbortController()
  const hub = createLiveHub({
    announcements,
    sessions: { find: async (id) => (ended.has(id) ? undefined : sessionOf(id)) },
    log: pino({ enabled: false }),
    now: () => new Date(0),
    monotonic: () => Date.now(),
    ending: ending.signal,
    ...(bounds && { bounds }),
  })
  const keep = async (session = 'one') => {
    const stream = { sent: [] as string[], isBehind: false, isEnded: false, leave: () => {} }
    await hub.keep(sessionOf(session), (onEnd) => {
      stream.leave = onEnd
      return {
        send: (event, milliseconds) => void stream.sent.push(`${event} ${milliseconds}`),
        get isBehind() {
          return stream.isBehind
        },
        end: () => {
          stream.isEnded = true
        },
      }
    })
    return stream
  }
  const hear = () => announcements.state.ears.at(-1)?.hear()
  return {
    keep,
    hear,
    endSession: (id: string) => void ended.add(id),
    ending,
    announced: announcements.state,
  }
}

const REFUSED = { code: 'live_unavailable', status: 503 }

test('every stream hears a change, and many changes within a second are one more', async () => {
  const { keep, hear } = openHub()
  const streams = [await keep(), await keep('other')]
  for (let changes = 0; changes < 100; changes += 1) hear()
  vi.advanceTimersByTime(1_000)
  for (const { sent } of streams) expect(sent.slice(1)).toEqual(['change 40', 'change 40'])
})

test('the more streams there are, the further apart their pages ask', async () => {
  const { keep, hear } = openHub()
  const first = await keep()
  hear()
  for (let count = 1; count < 500; count += 1) await keep(`session ${count}`)
  vi.advanceTimersByTime(1_000)
  hear()
  expect(first.sent).toEqual(['hello 20', 'change 20', 'change 10000'])
})

test('beyond a bound none is taken until one ends, and of one session fewer than of all', async () => {
  const { keep } = openHub({ all: 3, ofSession: 2, ofPrincipal: 3 })
  const [first] = [await keep(), await keep()]
  await expect(keep()).rejects.toMatchObject(REFUSED)
  await keep('other')
  await expect(keep('third')).rejects.toMatchObject(REFUSED)
  first?.leave()
  await keep('third')
})

test('those that come at the same moment are bound as well', async () => {
  const { keep } = openHub({ all: 2, ofSession: 2, ofPrincipal: 2 })
  const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map((session) => keep(session)))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
})

test('a stream ends when its session has ended, and those of other sessions go on', async () => {
  const { keep, endSession } = openHub()
  const [one, other] = [await keep('one'), await keep('other')]
  endSession('one')
  await vi.advanceTimersByTimeAsync(BEAT)
  expect([one.isEnded, other.isEnded, other.sent.at(-1)]).toEqual([true, false, 'beat 0'])
})

test('a stream that nobody reads is cut off', async () => {
  const { keep } = openHub()
  const [one, other] = [await keep(), await keep()]
  one.isBehind = true
  await vi.advanceTimersByTimeAsync(BEAT)
  expect([one.isEnded, other.isEnded]).toEqual([true, false])
})

test('no stream lasts longer than ten minutes', async () => {
  const { keep } = openHub()
  const stream = await keep()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(stream.isEnded).toBe(false)
  await vi.advanceTimersByTimeAsync(BEAT)
  expect(stream.isEnded).toBe(true)
})

test('all streams end at once when the control plane stops, and none is taken any more', async () => {
  const { keep, ending, announced } = openHub()
  const streams = [await keep(), await keep('other')]
  ending.abort()
  expect(streams.map(({ isEnded }) => isEnded)).toEqual([true, true])
  await expect(keep()).rejects.toMatchObject(REFUSED)
  await vi.advanceTimersByTimeAsync(0)
  expect(announced.stopped).toBe(1)
})

test('all streams share one ear, which is there for a little longer than they are', async () => {
  const { keep, announced } = openHub()
  const streams = [await keep(), await keep()]
  for (const { leave } of streams) leave()
  await vi.advanceTimersByTimeAsync(10_000)
  const third = await keep()
  expect([announced.ears.length, announced.stopped]).toEqual([1, 0])
  third.leave()
  await vi.advanceTimersByTimeAsync(30_000)
  expect(announced.stopped).toBe(1)
  await keep()
  expect(announced.ears.length).toBe(2)
})

test('when nothing can be heard any more all streams end, and new ones are taken when something can', async () => {
  const { keep, announced, hear } = openHub()
  const stream = await keep()
  announced.isAway = true
  announced.ears[0]?.lose()
  expect(stream.isEnded).toBe(true)
  await expect(keep()).rejects.toMatchObject(REFUSED)
  announced.isAway = false
  await expect(keep()).rejects.toMatchObject(REFUSED)
  await vi.advanceTimersByTimeAsync(10_000)
  const next = await keep()
  hear()
  expect(next.sent.at(-1)).toBe('change 20')
})
