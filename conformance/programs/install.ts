/**
 * Installs a program of others from its registry, with the checksums in the list that names it: package-lock.json of npm, or
 * requirements.txt of pip.
 *
 * Usage: node install.ts [FILE], in the folder of the program; FILE is what to run of the package, where it is not marked so.
 *
 * @module
 */

import { chmodSync, copyFileSync, existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { succeeds } from '../../scripts/bootstrap.ts'
import { installOnce } from '../../scripts/installed-folder.ts'

const BUILDS = fileURLToPath(new URL('../../node_modules/.conformance', import.meta.url))

/** What names the program, and what installs it into a folder. */
const INSTALLERS = [
  { list: 'package-lock.json', install: installWithNpm },
  { list: 'requirements.txt', install: installWithPip },
] as const

const [, , file] = process.argv
const from = process.cwd()
const installer = INSTALLERS.find(({ list }) => existsSync(join(from, list)))
const isInstalled =
  installer !== undefined &&
  installOnce(basename(from), {
    folder: join(BUILDS, basename(from)),
    content: readFileSync(join(from, installer.list), 'utf8'),
    install: installer.install,
  })
process.exitCode = isInstalled ? 0 : 1

function installWithNpm(folder: string): boolean {
  for (const list of ['package.json', 'package-lock.json']) copyFileSync(join(from, list), join(folder, list))
  const npm = ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--prefix', folder]
  if (!succeeds('npm', npm)) return false
  if (file !== undefined) chmodSync(join(folder, file), 0o755)
  return true
}

/** Python finds the packages by PYTHONPATH: no path within matters. */
function installWithPip(folder: string): boolean {
  const pip = ['-m', 'pip', 'install', '-q', '--no-compile', '--disable-pip-version-check']
  const list = ['--require-hashes', '--only-binary', ':all:', '-r', join(from, 'requirements.txt')]
  return succeeds('python3', [...pip, ...list, '--target', folder])
}
