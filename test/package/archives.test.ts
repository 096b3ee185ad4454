/**
 * What is in the npm package and in the tar archive, by their lists.
 */

import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeArtifacts } from '../../scripts/package/artifacts.ts'
import { prepareBuild } from '../../scripts/package/build.ts'
import { readRelease } from '../../scripts/package/release.ts'
import { EPOCH_SECONDS, ROOT, standIns, trialFolder } from './trial-build.ts'

const folder = trialFolder('archives', afterAll)
const stage = join(folder, 'stage')
mkdirSync(stage)
const release = readRelease(ROOT, { SOURCE_DATE_EPOCH: String(EPOCH_SECONDS) })
const build = await prepareBuild({ release, stage, nodes: standIns(join(folder, 'nodes')) })
await makeArtifacts(build, join(folder, 'out'), ['npm', 'tar'])

/** Each line of `tar -tv`, by the path: the mode and the owner. */
function list(file: string): Map<string, string> {
  const { stdout } = spawnSync('tar', ['--numeric-owner', '-tzvf', join(folder, 'out', file)], {
    encoding: 'utf8',
  })
  const lines = stdout.trim().split('\n')
  return new Map(lines.map((line) => [line.split(/\s+/)[5] ?? '', line.split(/\s+/).slice(0, 2).join(' ')]))
}

/** Of the paths those that are no part of the bundle. */
function besideBundle(paths: Iterable<string>): string[] {
  return [...paths].filter((path) => !/\/(dist|manual)\//.test(path) && !path.endsWith('/')).sort()
}

test('the npm package has the command, Node for each processor, and the papers', () => {
  const files = list('landfast-0.1.0.tgz')
  expect(besideBundle(files.keys())).toEqual(
    [
      'package/LICENSE',
      'package/README.md',
      'package/THIRD-PARTY-NOTICES.txt',
      'package/bin/landfast.js',
      'package/bin/own-node.js',
      'package/node/linux-arm64/node',
      'package/node/linux-x64/node',
      'package/package.json',
    ].sort(),
  )
  expect(files.get('package/node/linux-arm64/node')).toBe('-rwxr-xr-x 0/0')
  for (const name of ['x64', 'arm64']) expect(files.has(`package/dist/kernel-linux-${name}.node`)).toBe(true)
})

for (const processor of ['x64', 'arm64'] as const) {
  test(`the archive for ${processor} has the program in one folder`, () => {
    const name = `landfast-0.1.0-linux-${processor}`
    const files = list(`${name}.tar.gz`)
    expect(besideBundle(files.keys())).toEqual(
      [
        'CHANGELOG.md',
        'INSTALL.txt',
        'LICENSE',
        'THIRD-PARTY-NOTICES.txt',
        'landfast',
        'node',
        'package.json',
      ]
        .map((path) => `${name}/${path}`)
        .sort(),
    )
    expect(files.get(`${name}/landfast`)).toBe('-rwxr-xr-x 0/0')
    expect(files.get(`${name}/package.json`)).toBe('-rw-r--r-- 0/0')
    expect([...files.keys()].filter((path) => path.endsWith('.node'))).toEqual([
      `${name}/dist/kernel-linux-${processor}.node`,
    ])
  })
}

test('the package.json of the npm package asks npm for nothing', () => {
  const args = ['-xzOf', join(folder, 'out/landfast-0.1.0.tgz'), 'package/package.json']
  const description = JSON.parse(spawnSync('tar', args, { encoding: 'utf8' }).stdout)
  expect(Object.keys(description).filter((name) => /dependencies|scripts/i.test(name))).toEqual([])
  expect(description).toMatchObject({ name: 'landfast', engines: { node: '>=18' } })
})
