import { exec } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createEmulator, type Emulator } from './emulator.ts'

afterEach(() => void vi.useRealTimers())

/** Not by fetch, which waits on faked time for a kept connection that is to be used again. */
async function ask({ env }: Emulator): Promise<number | undefined> {
  const url = `${env.IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=api://orders`
  const request = get(url, { agent: false, headers: { 'X-IDENTITY-HEADER': env.IDENTITY_HEADER ?? '' } })
  const [response] = await once(request, 'response')
  response.resume()
  return response.statusCode
}

/** Time that no fake holds up. */
const pass = (seconds: number) => promisify(exec)(`sleep ${seconds}`)

const options = { services: ['key-vault', 'sql', 'resource-manager'], identities: ['worker'] } as const

describe.each([
  ['stands', {}],
  ['is past', { now: new Date('2001-01-01') }],
  ['is to come', { now: new Date('2091-01-01') }],
])('in a test whose time %s', (_, time) => {
  test('an emulator starts, gives tokens and stops', async () => {
    vi.useFakeTimers(time)
    await using emulator = await createEmulator(options)
    expect(await ask(emulator)).toBe(200)
    await emulator.assign('worker')
  })

  test('an emulator that has started before has faults by the time that truly passes', async () => {
    await using emulator = await createEmulator(options)
    vi.useFakeTimers(time)
    expect(await ask(emulator)).toBe(200)
    await emulator.fault({ kind: 'latency', delaySeconds: 0.01 })
    expect(await ask(emulator)).toBe(200)
    await emulator.fault({ kind: 'connection-refused', forSeconds: 0.2 })
    await emulator.fault({ kind: 'status', status: 503, forSeconds: 0.2 })
    await expect(ask(emulator)).rejects.toThrow('ECONNREFUSED')
    await pass(0.3)
    await expect.poll(() => ask(emulator).catch(() => 'refused')).toBe(200)
  })
})
