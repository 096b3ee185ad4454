/**
 * The feature for dev containers, installed by the command line of Dev Containers under a real engine.
 */

import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT, trialArtifact } from '../package/trial-build.ts'
import { ContainerEngine, whatLacksForEngine } from './container-engine.ts'

const LACKING = whatLacksForEngine()
const FEATURE = join(ROOT, 'packaging/devcontainer-feature/landfast')
const CLI = join(ROOT, 'node_modules/@devcontainers/cli/devcontainer.js')
const IMAGE = 'debian:12'
const NAME = `landfast-1.2.3-linux-${process.arch}.tar.gz`

/** In place of curl, which the image has not: the release 1.2.3 of OWNER/landfast. */
const CURL = `#!/bin/sh
for url; do :; done
case $url in https://github.com/OWNER/landfast/releases/download/v1.2.3/*) cp "/downloads/\${url##*/}" "$6" ;; *) exit 22 ;; esac
`

let engine: ContainerEngine
let folder: string
beforeAll(async () => {
  if (LACKING !== undefined) return
  folder = mkdtempSync(join(tmpdir(), 'landfast-dev-container-'))
  engine = await ContainerEngine.start(folder)
  await engine.importDebian(IMAGE)
}, 120_000)
afterAll(async () => {
  await engine?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

test('a dev container with the feature has the command, by which programs have an identity', {
  timeout: 120_000,
}, async ({ skip }) => {
  if (LACKING !== undefined) return skip(LACKING)
  const project = join(folder, 'project')
  cpSync(FEATURE, join(project, '.devcontainer/landfast'), { recursive: true })
  const archive = await trialArtifact(folder, 'tar')
  copyFileSync(archive, join(project, '.devcontainer/landfast', basename(archive)))
  const settings = { image: IMAGE, features: { './landfast': {} } }
  writeFileSync(join(project, '.devcontainer/devcontainer.json'), JSON.stringify(settings))
  const up = await devcontainer(project, 'up', '--buildkit', 'never')
  expect(JSON.parse(up.trim().split('\n').at(-1) ?? '')).toMatchObject({ outcome: 'success' })
  const command = ['landfast', 'run', '--', 'landfast', 'token', '--decode', '--json']
  const { claims } = JSON.parse(await devcontainer(project, 'exec', ...command))
  expect(claims.oid).toMatch(/^[\da-f-]{36}$/)
})

async function devcontainer(project: string, verb: string, ...args: readonly string[]): Promise<string> {
  const places = ['--workspace-folder', project, '--docker-path', engine.writeClient()]
  const env = { PATH: process.env.PATH, HOME: folder, TMPDIR: folder }
  return (await promisify(execFile)(process.execPath, [CLI, verb, ...places, ...args], { env, cwd: project }))
    .stdout
}

test('it installs a release whose archive has the hash of the release’s list', async ({ skip }) => {
  if (LACKING !== undefined) return skip(LACKING)
  const { code, stdout, stderr } = await install({ REPOSITORY: 'OWNER/landfast', VERSION: '1.2.3' })
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'the program says version\n', stderr: '' })
})

test.for([
  ['another hash than the archive has', { SHA256: 'a'.repeat(64) }, 'nothing was installed'],
  ['a version that was not released', { VERSION: '9.9.9' }, 'could not be downloaded'],
  ['no repository', { REPOSITORY: '' }, 'the option "repository" is missing'],
] as const)('%s is refused, and nothing is installed', async ([_case, options, message], { skip }) => {
  if (LACKING !== undefined) return skip(LACKING)
  const ended = await install({ REPOSITORY: 'OWNER/landfast', VERSION: '1.2.3', ...options })
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(message) })
  expect(ended.stdout).toBe('')
})

test('its version is that of the command', () => {
  const versionIn = (file: string): string => JSON.parse(readFileSync(file, 'utf8')).version
  const version = versionIn(join(ROOT, 'packages/cli/package.json'))
  const feature = JSON.parse(readFileSync(join(FEATURE, 'devcontainer-feature.json'), 'utf8'))
  expect(feature).toMatchObject({ version, options: { version: { default: version } } })
  expect(readFileSync(join(FEATURE, 'install.sh'), 'utf8')).toContain(`VERSION:-${version}}`)
})

/** Runs the script of the feature as an image is built with it: as root, the options as variables. */
async function install(options: Record<string, string>) {
  const downloads = mkdtempSync(join(folder, 'downloads-'))
  writeFileSync(join(downloads, 'curl'), CURL, { mode: 0o755 })
  const program = join(downloads, 'landfast-1.2.3')
  mkdirSync(program)
  writeFileSync(join(program, 'landfast'), '#!/bin/sh\necho "the program says $1"\n', { mode: 0o755 })
  execFileSync('tar', ['-czf', join(downloads, NAME), '-C', downloads, 'landfast-1.2.3'])
  const sha256 = createHash('sha256')
    .update(readFileSync(join(downloads, NAME)))
    .digest('hex')
  writeFileSync(join(downloads, 'SHA256SUMS'), `${sha256}  ${NAME}\n`)
  cpSync(FEATURE, join(downloads, 'feature'), { recursive: true })
  const volumes = { curl: '/usr/local/bin/curl', feature: '/feature', '': '/downloads' }
  const given = Object.entries(volumes).flatMap(([name, place]) => [
    '-v',
    `${join(downloads, name)}:${place}:ro`,
  ])
  const variables = Object.entries(options).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  return await engine.docker('run', '--rm', ...given, ...variables, IMAGE, 'sh', '/feature/install.sh')
}
