/**
 * Which package may import which, and within a package which room: a folder of `src`, or a file at its root. The
 * rooms of a package are listed in its README, each above those that it imports.
 */

import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect, test } from 'vitest'

/** What a package may import of the others; its own files by relative paths, and never beyond itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  client: ['@landfast/protocol'],
  server: ['@landfast/protocol'],
  agent: ['@landfast/protocol', '@landfast/server', '@landfast/server/proxy', '@landfast/server/x509'],
  'control-plane': [
    '@landfast/protocol',
    '@landfast/server',
    '@landfast/server/proxy',
    '@landfast/server/x509',
  ],
  emulator: [
    '@landfast/protocol',
    '@landfast/server',
    '@landfast/agent',
    '@landfast/agent/upstream',
    '@landfast/control-plane',
  ],
  testcontainers: ['@landfast/protocol'],
  cli: [
    '@landfast/protocol',
    '@landfast/server',
    '@landfast/server/proxy',
    '@landfast/client',
    '@landfast/agent',
    '@landfast/agent/upstream',
    '@landfast/agent/entra',
    '@landfast/control-plane',
    '@landfast/emulator',
    '@landfast/emulator/environment',
    '@landfast/emulator/faults',
    '@landfast/emulator/folders',
  ],
}

const PACKAGES = Object.keys(MAY_IMPORT)
const ROOT = new URL('../packages/', import.meta.url).pathname
const IMPORT = /(?:\bfrom|\bimport|\bimport\(|\bgetBuiltinModule\()\s*'([^']+)'/g

/** The section of a README in which a table lists the rooms. */
const ROOMS = /^## Rooms\n(.*?)(?=^## |$(?![\s\S]))/ms

/** A stranger overlooks no more than this. */
const ENTRIES_MAX = 26
const FILES_MAX = 30

interface Import {
  file: string
  name: string
}

/** The source files of a package by their paths in `src`, tests aside. */
function filesOf(name: string): string[] {
  const files = globSync('**/*.ts', { cwd: `${ROOT}${name}/src` }).filter(
    (file) => !file.endsWith('.test.ts'),
  )
  expect(files.length).toBeGreaterThan(0)
  return files
}

/** Every import of a package's sources, types among them. */
function importsOf(name: string): Import[] {
  return filesOf(name).flatMap((file) =>
    [...readFileSync(`${ROOT}${name}/src/${file}`, 'utf8').matchAll(IMPORT)].map(([, imported = '']) => ({
      file,
      name: imported,
    })),
  )
}

/** The imports of a package among its own files, each a pair of paths in `src`. */
function ownImportsOf(name: string): [file: string, imported: string][] {
  return importsOf(name)
    .filter((one) => one.name.startsWith('.'))
    .map((one) => [one.file, posix.join(posix.dirname(one.file), one.name)])
}

function isOurs(name: string): boolean {
  return name === 'landfast' || name.startsWith('landfast/') || name.startsWith('@landfast/')
}

/** The room of a file: `challenge/`, or the file itself at the root. */
function roomOf(file: string): string {
  const [first = '', ...rest] = file.split('/')
  return rest.length > 0 ? `${first}/` : first
}

/** The rooms of a package as its README lists them: a room imports only those further down. */
function listedRooms(name: string): string[] {
  const [, section = ''] = ROOMS.exec(readFileSync(`${ROOT}${name}/README.md`, 'utf8')) ?? []
  const cells = Array.from(section.matchAll(/^\| (`[^|]+)\|/gm), ([, cell = '']) => cell)
  return cells.flatMap((cell) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, room = '']) => room))
}

/** The first circle that following `imports` leads into, as a walk that ends where it began. */
function circleIn(imports: readonly (readonly [string, string])[]): string[] | undefined {
  const next = Map.groupBy(imports, ([file]) => file)
  const cleared = new Set<string>()
  const walk = (file: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
    if (cleared.has(file)) return undefined
    for (const [, imported] of next.get(file) ?? []) {
      const circle = walk(imported, [...way, file])
      if (circle) return circle
    }
    cleared.add(file)
    return undefined
  }
  for (const file of next.keys()) {
    const circle = walk(file, [])
    if (circle) return circle
  }
  return undefined
}

test('every package is in the table', () => {
  const packages = globSync(`${ROOT}*/package.json`).map((file) => file.slice(ROOT.length).split('/')[0])
  expect(packages.sort()).toEqual(PACKAGES.toSorted())
})

test.each(Object.entries(MAY_IMPORT))('%s imports only what the design allows', (name, allowed) => {
  const wrong = importsOf(name).filter((one) => isOurs(one.name) && !allowed.includes(one.name))
  expect(wrong).toEqual([])
})

test.each(PACKAGES)('%s reaches into no other package by a path', (name) => {
  expect(ownImportsOf(name).filter(([, imported]) => imported.startsWith('..'))).toEqual([])
})

test('the protocol imports nothing at all', () => {
  expect(importsOf('protocol').filter((one) => !one.name.startsWith('./'))).toEqual([])
})

test.each(PACKAGES)('the README of %s lists its rooms', (name) => {
  const rooms = new Set(filesOf(name).map(roomOf))
  expect(listedRooms(name).toSorted()).toEqual([...rooms].sort())
})

test.each(PACKAGES)('a room of %s imports only rooms that its README lists below it', (name) => {
  const order = listedRooms(name)
  const upwards = ownImportsOf(name).filter(
    ([file, imported]) => order.indexOf(roomOf(file)) > order.indexOf(roomOf(imported)),
  )
  expect(upwards).toEqual([])
})

test.each(PACKAGES)('no files of %s import each other in a circle', (name) => {
  expect(circleIn(ownImportsOf(name))).toBeUndefined()
})

test('a circle is found, however long and wherever it begins', () => {
  const line = [
    ['a', 'b'],
    ['b', 'c'],
    ['a', 'c'],
  ] as const
  expect(circleIn(line)).toBeUndefined()
  expect(circleIn([...line, ['c', 'b']])).toEqual(['b', 'c', 'b'])
  expect(circleIn([...line, ['c', 'd'], ['d', 'a']])).toEqual(['a', 'b', 'c', 'd', 'a'])
})

test.each(PACKAGES)('%s has few enough rooms, and folders of few enough files', (name) => {
  expect(new Set(filesOf(name).map(roomOf)).size).toBeLessThanOrEqual(ENTRIES_MAX)
  const folders = Map.groupBy(filesOf(name), posix.dirname)
  const crowded = [...folders].filter(([, files]) => files.length > FILES_MAX).map(([folder]) => folder)
  expect(crowded).toEqual([])
})
