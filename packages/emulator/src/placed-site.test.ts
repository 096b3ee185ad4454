import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/agent/temporary-folder.ts'
import { createEmulator, type Emulator } from './emulator.ts'
import type { EmulatorOptions } from './emulator-options.ts'

function placeOf({ url, env }: Emulator) {
  return { url, secret: env.IDENTITY_HEADER }
}

/** Where one is that is made and stopped. */
async function placeOfNext(options: EmulatorOptions = {}) {
  await using emulator = await createEmulator(options)
  return placeOf(emulator)
}

function portOf({ url }: { url: string }): number {
  return Number(new URL(url).port)
}

test('an emulator that is made after another takes its port and its secret, and is another world', async () => {
  const { identity, ...one } = await createEmulator().then(async (emulator) => {
    await emulator.stop()
    return { ...placeOf(emulator), identity: emulator.identity }
  })
  await using next = await createEmulator()
  expect(placeOf(next)).toEqual(one)
  expect(next.identity.tenantId).not.toBe(identity.tenantId)
})

test('in the Arc style it takes the port, whatever its key folder is', async () => {
  const one = await placeOfNext({ style: 'arc', keyFolder: join(temporaryFolder(), 'one') })
  expect(await placeOfNext({ style: 'arc', keyFolder: join(temporaryFolder(), 'other') })).toEqual(one)
  expect((await placeOfNext()).url).not.toContain(`:${portOf(one)}/`)
})

test('of two at once each has a place of its own, and the next takes that of the first, whichever ended first', async () => {
  const first = await createEmulator()
  const second = await createEmulator()
  expect(placeOf(second).url).not.toBe(placeOf(first).url)
  expect(placeOf(second).secret).not.toBe(placeOf(first).secret)
  await second.stop()
  await first.stop()
  expect(await placeOfNext()).toEqual(placeOf(first))
})

test('the port that the caller names comes first', async () => {
  const former = await placeOfNext()
  const { promise: free, resolve } = Promise.withResolvers<number>()
  const server = createServer().listen(0, '127.0.0.1', () => {
    const port = (server.address() as { port: number }).port
    server.close(() => resolve(port))
  })
  const port = await free
  const named = await placeOfNext({ port })
  expect(portOf(named)).toBe(port)
  expect(named.secret).not.toBe(former.secret)
  expect(await placeOfNext({ port })).toEqual(named)
})

test('where somebody else has the port meanwhile, the next has another one, and a secret that nobody knows', async () => {
  const former = await placeOfNext()
  const server = createServer().listen(portOf(former), '127.0.0.1')
  await once(server, 'listening')
  try {
    await using next = await createEmulator()
    expect(placeOf(next).url).not.toBe(former.url)
    expect(placeOf(next).secret).not.toBe(former.secret)
    await expect(createEmulator({ port: portOf(former) })).rejects.toMatchObject({ code: 'port_taken' })
  } finally {
    server.close()
  }
})
