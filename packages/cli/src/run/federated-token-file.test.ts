import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FakeClock } from '../../../../test/agent/fake-clock.ts'
import { FakeSource, IDENTITY } from '../../../../test/agent/fake-source.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { FederatedTokenFile } from './federated-token-file.ts'

const LIFE_SECONDS = 3600

async function writeFirst() {
  const [clock, source, folder] = [new FakeClock(), new FakeSource(), temporaryFolder()]
  const path = join(folder, 'federated-token')
  const { signal } = new AbortController()
  const file = new FederatedTokenFile({ path, clock, getToken: () => source.getToken(IDENTITY, 'x', signal) })
  await file.write()
  return { file, path, folder, clock, source, read: () => readFileSync(path, 'utf8') }
}

test('the file is its owner\u2019s alone, and holds the token and nothing else', async () => {
  const { path, folder, read } = await writeFirst()
  expect(read()).toBe('token-1-for-x')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['federated-token'])
})

test('the file is renewed at half of the token\u2019s life, and not before', async () => {
  const { file, clock, source, read } = await writeFirst()
  clock.pass(LIFE_SECONDS / 2 - 1)
  await file.renewIfDue()
  expect([read(), source.asked.length]).toEqual(['token-1-for-x', 1])
  clock.pass(1)
  await file.renewIfDue()
  expect(read()).toBe('token-2-for-x')
  clock.pass(LIFE_SECONDS / 2 - 1)
  await file.renewIfDue()
  expect(source.asked.length).toBe(2)
})

test('a renewal is another file in its place: who reads meanwhile reads one token, whole', async () => {
  const { file, path, folder, clock, read } = await writeFirst()
  const descriptor = openSync(path, 'r')
  try {
    const former = statSync(path).ino
    clock.pass(LIFE_SECONDS / 2)
    await file.renewIfDue()
    expect(statSync(path).ino).not.toBe(former)
    expect([readFileSync(descriptor, 'utf8'), read()]).toEqual(['token-1-for-x', 'token-2-for-x'])
    expect(readdirSync(folder)).toEqual(['federated-token'])
  } finally {
    closeSync(descriptor)
  }
})

test('while the control plane is down the former token stays, and it is asked again every 30 seconds', async () => {
  const { file, clock, source, read } = await writeFirst()
  source.failure = 'unavailable'
  clock.pass(LIFE_SECONDS / 2)
  for (const [seconds, asked] of [
    [0, 2],
    [29, 2],
    [1, 3],
    [LIFE_SECONDS, 4],
  ] as const) {
    clock.pass(seconds)
    await file.renewIfDue()
    expect([read(), source.asked.length]).toEqual(['token-1-for-x', asked])
  }
  source.failure = undefined
  clock.pass(30)
  await file.renewIfDue()
  expect(read()).toBe('token-5-for-x')
  clock.pass(30)
  await file.renewIfDue()
  expect(source.asked.length).toBe(5)
})

test('an answer that takes long is waited for once', async () => {
  const { file, clock, source, read } = await writeFirst()
  const gate = Promise.withResolvers<void>()
  source.gate = gate.promise
  clock.pass(LIFE_SECONDS / 2)
  const renewals = [file.renewIfDue(), file.renewIfDue()]
  clock.pass(LIFE_SECONDS)
  renewals.push(file.renewIfDue())
  gate.resolve()
  await Promise.all(renewals)
  expect([read(), source.asked.length]).toEqual(['token-2-for-x', 2])
})

test('a machine that slept renews when it wakes, and a clock that was set back holds nothing up', async () => {
  const slept = await writeFirst()
  slept.clock.sleep(LIFE_SECONDS)
  await slept.file.renewIfDue()
  expect(slept.read()).toBe('token-2-for-x')
  const set = await writeFirst()
  set.clock.set(-LIFE_SECONDS)
  set.clock.pass(LIFE_SECONDS / 2)
  await set.file.renewIfDue()
  expect(set.read()).toBe('token-2-for-x')
})

test('the first token that is not to be had is told', async () => {
  const source = new FakeSource()
  source.failure = 'unavailable'
  const { signal } = new AbortController()
  const path = join(temporaryFolder(), 'federated-token')
  const getToken = () => source.getToken(IDENTITY, 'x', signal)
  const file = new FederatedTokenFile({ path, clock: new FakeClock(), getToken })
  await expect(file.write()).rejects.toMatchObject({ failure: 'unavailable' })
})
