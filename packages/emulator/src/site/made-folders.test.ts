import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { createEmulator } from '../emulator.ts'

test('an emulator of the Arc style removes the folders that it made, and its lock', async () => {
  const parent = temporaryFolder()
  const keyFolder = join(parent, 'above', 'keys')
  await (await createEmulator({ style: 'arc', keyFolder })).stop()
  expect(readdirSync(parent)).toEqual([])
})

test('it leaves a folder that was there, and one that somebody has put something into', async () => {
  const parent = temporaryFolder()
  const [kept, used] = [join(parent, 'kept'), join(parent, 'used', 'keys')]
  mkdirSync(kept)
  await (await createEmulator({ style: 'arc', keyFolder: kept })).stop()
  expect(readdirSync(kept)).toEqual([])
  const emulator = await createEmulator({ style: 'arc', keyFolder: used })
  writeFileSync(join(parent, 'used', 'note'), '')
  await emulator.stop()
  expect(readdirSync(join(parent, 'used'))).toEqual(['note'])
})

test('one that does not start leaves the folder to the emulator that holds it', async () => {
  const keyFolder = join(temporaryFolder(), 'keys')
  await using _ = await createEmulator({ style: 'arc', keyFolder })
  const before = readdirSync(keyFolder)
  await expect(createEmulator({ style: 'arc', keyFolder })).rejects.toMatchObject({ code: 'key_folder_held' })
  expect(readdirSync(keyFolder)).toEqual(before)
})
