import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { HIMDS_MARKER, isHimdsMarker } from './himds-marker.ts'

test('our marker is known by its second line, also if the rest was written by another version', () => {
  const file = join(temporaryFolder(), 'himds')
  for (const text of [HIMDS_MARKER, '#!/bin/sh\n# landfast-himds-marker\n']) {
    writeFileSync(file, text)
    expect(isHimdsMarker(file)).toBe(true)
  }
})

test.each([
  ['an empty file', ''],
  ['a program', '\u007fELF\u0002\u0001\u0001'],
  ['a script that only mentions it', '#!/bin/sh\necho x\n# landfast-himds-marker\n'],
])('%s is none', (_, text) => {
  const file = join(temporaryFolder(), 'himds')
  writeFileSync(file, text)
  expect(isHimdsMarker(file)).toBe(false)
})

test('a folder in its place is none, nor is nothing', () => {
  const folder = join(temporaryFolder(), 'himds')
  mkdirSync(folder)
  expect(isHimdsMarker(folder)).toBe(false)
  expect(isHimdsMarker(join(folder, 'nothing'))).toBe(false)
})
