/**
 * The npm package `landfast`, which needs nothing but its own tarball: the bundle, and Node's program for each processor,
 * for hosts whose Node is too old.
 *
 * @see docs/decisions/0011-node-inside-the-npm-package.md
 * @module
 */

import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packFolder } from './archive.ts'
import { type Build, processorsOf, stageFolder } from './build.ts'
import { normalize } from './normal-files.ts'

/** The oldest Node that can start the one inside. */
const OLDEST_NODE = '>=18'

/** The folder that npm expects in every tarball. */
const NAME = 'package'

/** Makes the tarball in `out`; its path. */
export async function makeNpmTarball(build: Build, out: string): Promise<string> {
  const { version, epochSeconds } = build.release
  const parent = stageFolder(build, 'npm')
  fill(build, join(parent, NAME))
  normalize(parent, epochSeconds)
  const file = join(out, `landfast-${version}.tgz`)
  await packFolder(file, { parent, names: [NAME], epochSeconds })
  return file
}

function fill(build: Build, folder: string): void {
  const { release, bundle, notices } = build
  const from = (path: string) => join(release.root, path)
  mkdirSync(folder)
  cpSync(from('packages/cli/bin'), join(folder, 'bin'), { recursive: true })
  cpSync(bundle, join(folder, 'dist'), { recursive: true })
  for (const processor of processorsOf(build)) {
    const place = join(folder, 'node', `linux-${processor}`)
    mkdirSync(place, { recursive: true })
    copyFileSync(build.nodes[processor]?.program ?? '', join(place, 'node'))
  }
  copyFileSync(from('LICENSE'), join(folder, 'LICENSE'))
  copyFileSync(from('packages/cli/README.md'), join(folder, 'README.md'))
  writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), notices)
  const own = JSON.parse(readFileSync(from('packages/cli/package.json'), 'utf8'))
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(describe(own, release), undefined, 2)}\n`)
}

/** What npm is told: nothing is to be installed beside it. */
function describe(own: Record<string, unknown>, { repository }: Build['release']): Record<string, unknown> {
  const { devDependencies: _, files: __, ...kept } = own
  const origin = repository ? { repository: { type: 'git', url: `git+${repository}.git` } } : {}
  return { ...kept, engines: { node: OLDEST_NODE }, ...origin }
}
