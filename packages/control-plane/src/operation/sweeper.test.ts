import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { registerTrialMachine } from '../testing/trial.ts'
import { openTrialRegistry } from '../testing/trial-registry.ts'
import { startSweeper } from './sweeper.ts'

const NOW = new Date('2030-01-01T00:00:00Z')
const log = pino({ enabled: false })

test('what a sweep changes of a status is announced, and a sweep that changes none announces nothing', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const { storage, registry } = await openTrialRegistry(() => NOW)
  await registerTrialMachine({ registry })
  const heard: string[] = []
  const watched = { ...storage, announce: () => void heard.push('a status') }
  const audit = { days: 90, megabytes: 1_000 }
  const sweepOnce = async () => {
    const sweeper = startSweeper(watched, { log, now: () => NOW, audit })
    vi.advanceTimersByTime(60_000)
    // It has begun, and what it has begun it does.
    await vi.waitFor(() => expect(swept).toBeGreaterThan(0))
    await sweeper.stop()
  }
  let swept = 0
  watched.append = async (work) => {
    const done = await storage.append(work)
    swept += 1
    return done
  }
  await sweepOnce()
  expect(heard).toEqual([])
  const silent = NOW.getTime() - 900_000
  await storage.db.updateTable('presence').set({ status: 'Connected', last_heartbeat_at: silent }).execute()
  swept = 0
  await sweepOnce()
  expect(heard).toEqual(['a status'])
})
