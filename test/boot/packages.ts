/**
 * The packages as they are published, and a newer one for Debian of the same content.
 *
 * @module
 */

import { execFile, execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The packages that `npm run package` makes of this checkout. */
export async function makePackages(): Promise<{ deb: string; rpm: string }> {
  const processor = process.arch === 'arm64' ? 'arm64' : 'x64'
  const args = ['scripts/start.mjs', 'package', '--processor', processor, 'deb', 'rpm']
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: ROOT })
  const [deb] = /\S+\.deb$/m.exec(stdout) ?? []
  const [rpm] = /\S+\.rpm$/m.exec(stdout) ?? []
  if (deb === undefined || rpm === undefined) throw new Error(`no package was made: ${stdout}${stderr}`)
  return { deb: resolve(ROOT, deb), rpm: resolve(ROOT, rpm) }
}

/** The package `deb` with another version, in `folder`. */
export function withVersion(deb: string, version: string, folder: string): string {
  const content = join(folder, version)
  execFileSync('dpkg-deb', ['--raw-extract', deb, content])
  edit(join(content, 'DEBIAN/control'), /^Version: .*$/m, `Version: ${version}`)
  edit(join(content, 'usr/lib/landfast/package.json'), /"version": ".*"/, `"version": "${version}"`)
  const file = join(folder, `landfast_${version}.deb`)
  execFileSync('dpkg-deb', ['-Znone', '--root-owner-group', '--build', content, file], { stdio: 'ignore' })
  return file
}

function edit(path: string, pattern: RegExp, text: string): void {
  const former = readFileSync(path, 'utf8')
  const changed = former.replace(pattern, text)
  if (changed === former) throw new Error(`"${path}" has nothing that could be changed`)
  writeFileSync(path, changed)
}
