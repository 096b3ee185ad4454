import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { removeTokenFiles, WrittenPaths } from './written-paths.ts'

const NAME = 'token-files.json'

function keptIn(folder: string): unknown {
  return JSON.parse(readFileSync(join(folder, NAME), 'utf8'))
}

test('what is noted is on disk when it is said to be, in the order of the paths', async () => {
  const folder = temporaryFolder()
  const written = await WrittenPaths.read(folder)
  expect([written.all, written.has('/b')]).toEqual([[], false])
  await Promise.all([written.add('/b'), written.add('/b'), written.add('/a')])
  expect(keptIn(folder)).toEqual({ paths: ['/a', '/b'] })
  const again = await WrittenPaths.read(folder)
  expect([again.has('/a'), again.has('/b'), again.has('/c')]).toEqual([true, true, false])
  await again.delete('/a')
  expect(keptIn(folder)).toEqual({ paths: ['/b'] })
})

test('what could not be noted is not on the list, and the next may be', async () => {
  const folder = join(temporaryFolder(), 'state')
  writeFileSync(folder, 'in its place')
  const written = WrittenPaths.none(folder)
  await expect(written.add('/a')).rejects.toThrow()
  expect(written.has('/a')).toBe(false)
  rmSync(folder)
  await written.add('/b')
  expect(keptIn(folder)).toEqual({ paths: ['/b'] })
})

test('to forget what is not on the list writes nothing', async () => {
  const folder = temporaryFolder()
  await WrittenPaths.none(folder).delete('/a')
  expect(existsSync(join(folder, NAME))).toBe(false)
})

test.each(['{}', 'null', '{"paths":"/a"}', '{"paths":["a"]}', '{"paths":["/a",1]}', '[]'])(
  'the list %s is broken, and names nothing that may be replaced or removed',
  async (text) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, NAME), text, { mode: 0o600 })
    await expect(WrittenPaths.read(folder)).rejects.toThrow()
    expect(await removeTokenFiles(folder)).toEqual([])
  },
)

test('a file that may not be removed stays on the list with its reason, and the others go', async () => {
  const folder = temporaryFolder()
  const [safe, open] = [temporaryFolder(), temporaryFolder()]
  const [first, second] = [join(safe, 'token'), join(open, 'token')]
  for (const path of [first, second]) writeFileSync(path, 'token', { mode: 0o600 })
  const written = WrittenPaths.none(folder)
  for (const path of [second, first]) await written.add(path)
  chmodSync(open, 0o777)
  expect(await removeTokenFiles(folder)).toEqual([expect.stringContaining(open)])
  expect([existsSync(first), existsSync(second), keptIn(folder)]).toEqual([false, true, { paths: [second] }])
  chmodSync(open, 0o700)
  expect(await removeTokenFiles(folder)).toEqual([])
  expect([existsSync(second), existsSync(join(folder, NAME))]).toEqual([false, false])
})

test('where nothing was written there is nothing to remove', async () => {
  const folder = temporaryFolder()
  expect(await removeTokenFiles(folder)).toEqual([])
  rmSync(folder, { recursive: true })
  expect(await removeTokenFiles(folder)).toEqual([])
})
