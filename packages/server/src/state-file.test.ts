import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { childCommand, startChild } from '../../../test/agent/child.ts'
import { temporaryFolder } from '../../../test/agent/temporary-folder.ts'
import { writeStateFile } from './state-file.ts'

test('a file is replaced, readable by its owner alone, and nothing else is left', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'state.json')
  writeFileSync(file, 'old', { mode: 0o644 })
  await writeStateFile(file, 'new')
  expect(readFileSync(file, 'utf8')).toBe('new')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['state.json'])
})

test('a write that fails leaves what was there, and no draft', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'gone', 'state.json')
  await expect(writeStateFile(file, 'new')).rejects.toMatchObject({ code: 'ENOENT' })
  expect(readdirSync(folder)).toEqual([])
})

test('a draft by a name that is given is replaced if a crash left one, whatever it is', async () => {
  const folder = temporaryFolder()
  const [file, draft] = [join(folder, 'key.pem'), join(folder, 'key.pem.new')]
  const other = join(folder, 'other')
  writeFileSync(other, 'precious')
  symlinkSync(other, draft)
  await writeStateFile(file, 'new', { draft })
  expect(readFileSync(file, 'utf8')).toBe('new')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(other, 'utf8')).toBe('precious')
  expect(readdirSync(folder).sort()).toEqual(['key.pem', 'other'])
})

test('two who write at once leave one content or the other', async () => {
  const file = join(temporaryFolder(), 'state.json')
  const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(10_000))
  await Promise.all(contents.map((content) => writeStateFile(file, content)))
  expect(contents).toContain(readFileSync(file, 'utf8'))
})

test('a writer that is killed at any moment leaves a whole file', async () => {
  const file = join(temporaryFolder(), 'state.json')
  for (let round = 0; round < 6; round += 1) {
    const writer = startChild(childCommand('state-writer.ts', file))
    for (let line = 0; line < 1 + round * 7; line += 1) await writer.read()
    await writer.end('SIGKILL')
    const content = readFileSync(file, 'utf8')
    expect(content).toMatch(/^(\d)\1*$/)
    expect(content).toHaveLength(100_000)
  }
})
