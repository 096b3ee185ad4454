import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { childCommand, startChild } from '../../../../test/agent/child.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'

function take(folder: string): FolderLock {
  const lock = lockFolder(folder)
  if ('heldBy' in lock) throw new Error(`held by ${lock.heldBy}`)
  return lock
}

test('a second holder in the same process is told who the first is', () => {
  const folder = temporaryFolder()
  const lock = take(folder)
  expect(lockFolder(folder)).toEqual({
    heldBy: expect.stringMatching(new RegExp(`^process ${process.pid} of user "[^"]+" since 20`)),
  })
  expect(lockFolder(folder)).toHaveProperty('heldBy')
  lock.release()
  take(folder).release()
})

test('a holder in another process is named, and when it is killed the folder is free', async () => {
  const folder = temporaryFolder()
  const holder = startChild(childCommand('lock-holder.ts', folder))
  const { pid } = await holder.read()
  expect(lockFolder(folder)).toEqual({ heldBy: expect.stringContaining(`process ${pid} of user`) })
  await holder.end('SIGKILL')
  take(folder).release()
})

test('a lock of this process is seen by another', async () => {
  const folder = temporaryFolder()
  const lock = take(folder)
  const other = startChild(childCommand('lock-holder.ts', folder))
  expect(await other.read()).toEqual({ heldBy: expect.stringContaining(`process ${process.pid} of user`) })
  lock.release()
})

test('the files of the lock are for its owner alone', () => {
  const folder = temporaryFolder()
  const lock = take(folder)
  for (const name of ['.lock', '.lock-holder.json']) {
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  }
  lock.release()
})

test('a holder whose name cannot be read holds the folder all the same', () => {
  const folder = temporaryFolder()
  const lock = take(folder)
  writeFileSync(join(folder, '.lock-holder.json'), 'not JSON')
  expect(lockFolder(folder)).toEqual({ heldBy: 'a process that left no name' })
  lock.release()
})

test('what was left behind by a killed holder is no obstacle', () => {
  const folder = temporaryFolder()
  take(folder).release()
  expect(existsSync(join(folder, '.lock'))).toBe(true)
  const lock = take(folder)
  expect(JSON.parse(readFileSync(join(folder, '.lock-holder.json'), 'utf8'))).toMatchObject({
    pid: process.pid,
  })
  lock.release()
})

test('a folder that is not there is an error, not a holder', () => {
  expect(() => lockFolder(join(temporaryFolder(), 'gone'))).toThrow(
    expect.objectContaining({ code: 'ENOENT' }),
  )
})
