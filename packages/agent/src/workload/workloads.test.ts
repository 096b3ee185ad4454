import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { digestOf, type Workload } from './workload.ts'
import { addWorkload, folderVersion, removeWorkload, replaceWorkload } from './workload-folder.ts'
import { Workloads } from './workloads.ts'

const named = (name: string, ...secrets: Workload['secrets']): Workload => {
  return { name, identities: [], audiences: [], from: [], secrets, file: '', endpoint: '', added: '' }
}

/** The workloads of a new folder; `skewMs` is how far the clock is from the file system's. */
function open({ skewMs = 0, versionOf = folderVersion } = {}) {
  const folder = join(temporaryFolder(), 'workloads')
  const broken: string[] = []
  const clock = { skewMs }
  const workloads = new Workloads(folder, {
    now: () => Date.now() + clock.skewMs,
    onBroken: (file) => broken.push(file),
    versionOf,
  })
  return { folder, broken, clock, workloads }
}

test('a workload is found by its own secret alone', async () => {
  const { folder, workloads } = open()
  await addWorkload(folder, named('shop', { sha256: digestOf('of-shop') }))
  await addWorkload(folder, named('bank', { sha256: digestOf('of-bank') }))
  const names = ['of-shop', 'of-bank', 'of-nobody', '', digestOf('of-shop')].map(
    (one) => workloads.find(one)?.name,
  )
  expect(names).toEqual(['shop', 'bank', undefined, undefined, undefined])
})

test.each([
  ['as the file system tells it', folderVersion],
  ['where its clock stands still', () => ({ version: 'the same', changedAt: Date.now() })],
])('what was added, changed or removed counts at once, %s', async (_how, versionOf) => {
  const { folder, workloads } = open({ versionOf })
  for (let round = 0; round < 20; round += 1) {
    const [first, second] = [`first ${round}`, `second ${round}`]
    expect(workloads.find(first)).toBeUndefined()
    await addWorkload(folder, named('shop', { sha256: digestOf(first) }))
    expect(workloads.find(first)?.name).toBe('shop')
    await replaceWorkload(folder, named('shop', { sha256: digestOf(second) }))
    expect([workloads.find(first), workloads.find(second)?.name]).toEqual([undefined, 'shop'])
    await removeWorkload(folder, 'shop')
    expect([workloads.find(second), workloads.named('shop')]).toEqual([undefined, undefined])
  }
})

test('the secret before the newest is good until its end', async () => {
  const { folder, clock, workloads } = open()
  const until = new Date(Date.now() + 60_000).toISOString()
  await addWorkload(folder, named('shop', { sha256: digestOf('new') }, { sha256: digestOf('old'), until }))
  expect([workloads.find('new')?.name, workloads.find('old')?.name]).toEqual(['shop', 'shop'])
  clock.skewMs = 60_000
  expect([workloads.find('new')?.name, workloads.find('old')?.name]).toEqual(['shop', undefined])
})

test('a file that is no good is told once, and keeps no other workload out', async () => {
  const { folder, broken, workloads } = open()
  await addWorkload(folder, named('shop', { sha256: digestOf('of-shop') }))
  writeFileSync(join(folder, 'bad.json'), '{}')
  for (let times = 0; times < 3; times += 1) expect(workloads.find('of-shop')?.name).toBe('shop')
  expect(broken).toEqual([join(folder, 'bad.json')])
})

test('while the folder rests, it is not read again', async () => {
  const { folder, workloads } = open({ skewMs: 3_600_000 })
  await addWorkload(folder, named('shop', { sha256: digestOf('of-shop') }))
  expect(workloads.find('of-shop')?.name).toBe('shop')
  const known = workloads.named('shop')
  utimesSync(join(folder, 'shop.json'), 0, 0)
  expect(workloads.named('shop')).toBe(known)
})
