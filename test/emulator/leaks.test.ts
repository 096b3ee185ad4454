/** What is left of an emulator: a test file may make one for each of its tests. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createEmulator } from '@landfast/emulator'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

const EMULATORS = 50

/** What a process opens, compiles and caches is there after so many. */
const WARM_UP = 20

/** Far below what one emulator holds while it runs. */
const KEPT_MAX_BYTES = 45_000

// Other test files make emulators at the same time.
const folder = mkdtempSync(join(tmpdir(), 'landfast-leaks-'))
beforeAll(() => void vi.stubEnv('TMPDIR', folder))
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** What the process holds now. */
function held() {
  collectGarbage()
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    resources: process
      .getActiveResourcesInfo()
      .filter((name) => name !== 'FSReqCallback')
      .toSorted(),
    folders: readdirSync(folder),
    bytes: process.memoryUsage().heapUsed,
  }
}

/** By the events of the process. */
function countListeners(): Map<string | symbol, number> {
  return new Map(process.eventNames().map((name) => [name, process.listenerCount(name)]))
}

/** As a test would: a token, with an environment that is applied and a fault that is never met. */
async function useOne(): Promise<void> {
  await using emulator = await createEmulator({ style: 'vm', identities: ['worker'] })
  emulator.applyEnv({})
  await emulator.fault({ kind: 'status', status: 429 })
  await emulator.clearFaults()
  const url = new URL('/metadata/identity/oauth2/token', emulator.url)
  url.search = '?api-version=2018-02-01&resource=api://orders'
  const answer = await fetch(url, { headers: { Metadata: 'true' } })
  expect([answer.status, await answer.json()]).toMatchObject([200, { token_type: 'Bearer' }])
}

test(`${EMULATORS} emulators one after the other leave no descriptor, timer, listener or folder, and no memory`, async () => {
  for (let made = 0; made < WARM_UP; made += 1) await useOne()
  const { bytes, ...before } = held()
  const listeners = countListeners()
  for (let made = 0; made < EMULATORS; made += 1) await useOne()
  const { bytes: after, ...then } = held()
  expect(then).toEqual(before)
  // One of a library comes and goes with what it watches; one for each emulator would be many.
  for (const [name, count] of countListeners())
    expect([name, count <= (listeners.get(name) ?? 0) + 1]).toEqual([name, true])
  expect((after - bytes) / EMULATORS).toBeLessThan(KEPT_MAX_BYTES)
})
