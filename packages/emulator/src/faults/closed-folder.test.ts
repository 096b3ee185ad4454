import { chmodSync, rmdirSync, statSync } from 'node:fs'
import { setImmediate as turnOfLoop } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { ClosedFolder } from './closed-folder.ts'

/** More than enough for two changes to meet at every point. */
const ROUNDS = 100

/** A folder of mode 0710. */
function openFolder(): string {
  const path = temporaryFolder()
  chmodSync(path, 0o710)
  return path
}

function modeOf(path: string): number {
  return statSync(path).mode & 0o777
}

test('a folder is closed until it is opened, and then has the mode that it had', async () => {
  const path = openFolder()
  const folder = new ClosedFolder()
  await folder.close(path)
  expect(modeOf(path)).toBe(0)
  await folder.open()
  expect(modeOf(path)).toBe(0o710)
})

test('two requests that close a folder at once leave it the mode that it had', async () => {
  const path = openFolder()
  for (let round = 0; round < ROUNDS; round += 1) {
    const folder = new ClosedFolder()
    const first = folder.close(path)
    for (let turns = 0; turns < round % 5; turns += 1) await turnOfLoop()
    await Promise.all([first, folder.close(path)])
    expect(modeOf(path)).toBe(0)
    await folder.open()
    expect(modeOf(path)).toBe(0o710)
  }
})

test('a folder that is closed while it is being opened is closed, and has its mode again', async () => {
  const path = openFolder()
  const folder = new ClosedFolder()
  for (let round = 0; round < ROUNDS; round += 1) {
    await folder.close(path)
    await Promise.all([folder.open(), folder.close(path)])
    expect(modeOf(path)).toBe(0)
    await folder.open()
    expect(modeOf(path)).toBe(0o710)
  }
})

test('after the end a folder is open, and nothing closes it', async () => {
  const path = openFolder()
  const folder = new ClosedFolder()
  const closing = folder.close(path)
  await folder.end()
  await closing
  await folder.close(path)
  expect(modeOf(path)).toBe(0o710)
})

test('one that is gone needs nothing, and is in the way of no other', async () => {
  const gone = openFolder()
  const folder = new ClosedFolder()
  await folder.close(gone)
  rmdirSync(gone)
  await folder.open()
  await expect(folder.close(gone)).rejects.toMatchObject({ code: 'ENOENT' })
  const path = openFolder()
  await folder.close(path)
  expect(modeOf(path)).toBe(0)
  await folder.end()
  expect(modeOf(path)).toBe(0o710)
})
