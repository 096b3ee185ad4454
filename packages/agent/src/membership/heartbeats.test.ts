import type { HeartbeatAnswer, PartHealth } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { writePresence } from '../machine/presence.ts'
import { type HeartbeatsOptions, openHeartbeats } from './heartbeats.ts'

const DAY_MS = 86_400_000
const health = (part: string): readonly PartHealth[] => [{ part, ok: true, since: 'then' }]

/** Heartbeats to a control plane that answers with `more`, and what each of them told of its health. */
async function open(more: Partial<HeartbeatAnswer> = { healthTaken: true }) {
  const folder = temporaryFolder()
  await writePresence(folder, { nonce: 'first', identities: [] })
  const told: (readonly PartHealth[] | undefined)[] = []
  const control = { now: 1_000, isAway: false }
  const onboarding = {
    heartbeat: async (beat: { health?: readonly PartHealth[] }) => {
      told.push(beat.health)
      if (control.isAway) throw new Error('away')
      return { nonce: 'next', nextHeartbeatSeconds: 300, identities: [], ...more }
    },
  }
  const credentials = { usable: async () => ({ sign: () => '' }), proven: async () => {} }
  const heartbeats = await openHeartbeats({
    ...{ folder, hostName: () => 'host-a', properties: {}, now: () => control.now },
    ...({ onboarding, credentials } as unknown as Pick<HeartbeatsOptions, 'onboarding' | 'credentials'>),
  })
  const beat = async (of?: readonly PartHealth[]) => {
    await heartbeats?.beat(AbortSignal.timeout(60_000), of).catch(() => {})
    return told.at(-1)
  }
  return { beat, control }
}

test('health is told when it differs from what the control plane has', async () => {
  const { beat } = await open()
  expect(await beat(health('a'))).toEqual(health('a'))
  expect(await beat(health('a'))).toBeUndefined()
  expect(await beat(health('b'))).toEqual(health('b'))
  expect(await beat()).toBeUndefined()
  expect(await beat(health('b'))).toBeUndefined()
})

test('health whose heartbeat has no answer is told again', async () => {
  const { beat, control } = await open()
  control.isAway = true
  await beat(health('a'))
  control.isAway = false
  expect(await beat(health('a'))).toEqual(health('a'))
})

test('a control plane that does not say that it keeps health is told with each heartbeat', async () => {
  const { beat } = await open({})
  await beat(health('a'))
  expect(await beat(health('a'))).toEqual(health('a'))
})

test('health is told again after a day, since a backup may have been put back', async () => {
  const { beat, control } = await open()
  await beat(health('a'))
  control.now += DAY_MS
  expect(await beat(health('a'))).toBeUndefined()
  control.now += 1
  expect(await beat(health('a'))).toEqual(health('a'))
  expect(await beat(health('a'))).toBeUndefined()
})
