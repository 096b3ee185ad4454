import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { buildClient, isBuilt } from './client-build.ts'
import type { ClientFolder } from './client-folder.ts'

const BUILDS = fileURLToPath(new URL('../node_modules/.conformance', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'landfast'))
const older = `${folder}-older`

function folderAt(place: string): ClientFolder {
  return { folder: place, language: 'C', clients: [], build: ['true'], run: ['true'], needs: [] }
}

afterAll(() => {
  for (const place of [folder, older]) {
    rmSync(place, { recursive: true, force: true })
    rmSync(join(BUILDS, `${basename(place)}.built`), { force: true })
  }
})

test('a program is built anew when its own sources change, or those of the folder that it is named after', () => {
  mkdirSync(older)
  const [newest, other] = [folderAt(folder), folderAt(older)]
  for (const client of [newest, other]) expect(buildClient(client)).toBeUndefined()
  writeFileSync(join(older, 'client.json'), '{}')
  expect([newest, other].map(isBuilt)).toEqual([true, false])
  expect(buildClient(other)).toBeUndefined()
  writeFileSync(join(folder, 'main.go'), 'package main')
  expect([newest, other].map(isBuilt)).toEqual([false, false])
})

test('after a build that failed or was killed, a program is built anew whatever its sources are', () => {
  const client = folderAt(folder)
  const source = join(folder, 'main.go')
  writeFileSync(source, 'package first')
  expect(buildClient(client)).toBeUndefined()
  writeFileSync(source, 'package second')
  expect(buildClient({ ...client, build: ['false'] })).toMatch(/^it could not be built/)
  writeFileSync(source, 'package first')
  expect(isBuilt(client)).toBe(false)
})
