import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findUnlocked, isInstalled, stampInstalled } from './installed.mjs'

type Packages = Record<string, Record<string, unknown>>

const HERE = { os: [process.platform], cpu: [process.arch] }

const LOCKED: Packages = {
  '': { workspaces: ['packages/*', 'examples'] },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a', dev: true },
  'node_modules/ours': { resolved: 'packages/ours', link: true },
  'packages/ours': { version: '1.0.0', dependencies: { a: '1.0.0' }, bin: { ours: 'ours.js' } },
}

/** What npm notes of `packages`: the root of the workspace is no package. */
function installedOf({ '': _, ...packages }: Packages): Packages {
  return packages
}

function makeRoot(locked: Packages, installed: Packages | undefined): string {
  const root = mkdtempSync(join(tmpdir(), 'landfast-installed-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const folder of ['node_modules', 'packages/ours']) mkdirSync(join(root, folder), { recursive: true })
  const write = (file: string, content: object) => writeFileSync(join(root, file), JSON.stringify(content))
  write('package.json', { workspaces: ['packages/*', 'examples'] })
  write('packages/ours/package.json', { version: '1.0.0', dependencies: { a: '1.0.0' } })
  write('package-lock.json', { packages: locked })
  if (installed) write('node_modules/.package-lock.json', { packages: installed })
  return root
}

/** Whether it counts as installed, where the lock file names another package `entry` that is not there. */
function isWithout(entry: Record<string, unknown>): boolean {
  return isInstalled(
    makeRoot({ ...LOCKED, 'node_modules/b': { version: '1.0.0', ...entry } }, installedOf(LOCKED)),
  )
}

test('what npm notes of the lock file is installed, whatever it says besides', () => {
  const installed = installedOf(LOCKED)
  expect(isInstalled(makeRoot(LOCKED, installed))).toBe(true)
  const noted = { ...installed, 'node_modules/a': { ...installed['node_modules/a'], resolved: 'https://a' } }
  expect(isInstalled(makeRoot(LOCKED, noted))).toBe(true)
  expect(isInstalled(makeRoot(LOCKED, undefined))).toBe(false)
})

test.each<[string, Packages]>([
  ['another version', { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }],
  ['another content', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-b' } }],
  ['a link to another place', { 'node_modules/ours': { resolved: 'packages/other', link: true } }],
  ['another program of ours', { 'packages/ours': { version: '1.0.0', bin: { other: 'ours.js' } } }],
  ['a package that the lock file no longer names', { 'node_modules/c': { version: '1.0.0' } }],
])('%s is not what is locked', (_, difference) => {
  expect(isInstalled(makeRoot(LOCKED, { ...installedOf(LOCKED), ...difference }))).toBe(false)
})

test('a version or dependencies of our own packages alone need no installation', () => {
  const difference = { 'packages/ours': { version: '2.0.0', bin: { ours: 'ours.js' } } }
  expect(isInstalled(makeRoot(LOCKED, { ...installedOf(LOCKED), ...difference }))).toBe(true)
})

test('only what is optional and for other machines may be absent', () => {
  expect(isWithout({})).toBe(false)
  expect(isWithout(HERE)).toBe(false)
  expect(isWithout({ ...HERE, optional: true })).toBe(false)
  expect(isWithout({ ...HERE, os: ['!none'], optional: true })).toBe(false)
  expect(isWithout({ ...HERE, os: ['none'], optional: true })).toBe(true)
  expect(isWithout({ ...HERE, cpu: ['none'], optional: true })).toBe(true)
  expect(isWithout({ ...HERE, os: [`!${process.platform}`], optional: true })).toBe(true)
  // It is needed by one for other machines, if npm leaves it out.
  expect(isWithout({ optional: true })).toBe(true)
})

test('of packages for both C libraries only the one of this machine has to be there', () => {
  const isOther = ['glibc', 'musl'].map((libc) => isWithout({ ...HERE, libc: [libc], optional: true }))
  expect(isOther.filter(Boolean)).toHaveLength(process.platform === 'linux' ? 1 : 2)
})

test('what npm made of a lock file is taken as it is, until either changes', () => {
  const root = makeRoot(LOCKED, {})
  expect(isInstalled(root)).toBe(false)
  stampInstalled(root)
  expect(isInstalled(root)).toBe(true)
  writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: {}, by: 'hand' }))
  expect(isInstalled(root)).toBe(false)
})

test('a package.json that asks for what is not locked is found, and so is a new package', () => {
  const root = makeRoot(LOCKED, undefined)
  expect(findUnlocked(root)).toBeUndefined()
  mkdirSync(join(root, 'packages/new'))
  writeFileSync(join(root, 'packages/new/package.json'), '{}')
  expect(findUnlocked(root)).toBe('packages/new/package.json')
  rmSync(join(root, 'packages/new'), { recursive: true })
  writeFileSync(join(root, 'packages/ours/package.json'), JSON.stringify({ devDependencies: { a: '1.0.0' } }))
  expect(findUnlocked(root)).toBe('packages/ours/package.json')
})
