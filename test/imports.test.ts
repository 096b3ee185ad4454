/** Which package may import which: the direction of docs that nobody would re-check by hand. */

import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** What a package may import of the others; its own files by relative paths, and never beyond itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  client: ['@landfast/protocol'],
  agent: ['@landfast/protocol'],
  'control-plane': ['@landfast/protocol'],
  cli: [
    '@landfast/protocol',
    '@landfast/client',
    '@landfast/agent',
    '@landfast/agent/upstream',
    '@landfast/control-plane',
  ],
}

const ROOT = new URL('../packages/', import.meta.url).pathname
const IMPORT = /(?:\bfrom|\bimport|\bimport\(|\bgetBuiltinModule\()\s*'([^']+)'/g

interface Import {
  file: string
  name: string
}

/** Every import of a package's sources, types among them. */
function importsOf(name: string): Import[] {
  const files = globSync(`${ROOT}${name}/src/**/*.ts`).filter((file) => !file.endsWith('.test.ts'))
  expect(files.length).toBeGreaterThan(0)
  return files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(IMPORT)].map(([, imported = '']) => ({
      file: file.slice(ROOT.length),
      name: imported,
    })),
  )
}

function isOurs(name: string): boolean {
  return name === 'landfast' || name.startsWith('landfast/') || name.startsWith('@landfast/')
}

test('every package is in the table', () => {
  const packages = globSync(`${ROOT}*/package.json`).map((file) => file.slice(ROOT.length).split('/')[0])
  expect(packages.sort()).toEqual(Object.keys(MAY_IMPORT).sort())
})

test.each(Object.entries(MAY_IMPORT))('%s imports only what the design allows', (name, allowed) => {
  const wrong = importsOf(name).filter((one) => isOurs(one.name) && !allowed.includes(one.name))
  expect(wrong).toEqual([])
})

test.each(Object.keys(MAY_IMPORT))('%s reaches into no other package by a path', (name) => {
  const beyond = importsOf(name).filter(({ file, name: imported }) => {
    const { pathname } = new URL(imported, `file:///${file}`)
    return imported.startsWith('.') && !pathname.startsWith(`/${name}/src/`)
  })
  expect(beyond).toEqual([])
})

test('the protocol imports nothing at all', () => {
  expect(importsOf('protocol').filter((one) => !one.name.startsWith('./'))).toEqual([])
})
