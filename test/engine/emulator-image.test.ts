/**
 * The emulator in its image, under a real engine: as Docker Compose brings it up with the example, and as Testcontainers starts it. The
 * other images have the names that stand there, and are made here; libraries come from this checkout in place of npm.
 */

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findBuiltProgram } from '../../scripts/built-program.ts'
import { findPython } from '../../scripts/python.ts'
import { ROOT, trialArtifact } from '../package/trial-build.ts'
import { whatIsLacking } from '../privilege.ts'
import { ContainerEngine, whatLacksForEngine } from './container-engine.ts'
import { RECIPES } from './recipes.ts'

const LACKING = whatLacksForEngine() ?? whatIsLacking(['openssl'])
const EXAMPLE = 'examples/emulator/compose'
/** What clients of the engine are told beside where it is: the image that cleans up after them comes from a registry. */
/** The engine has another memory at /dev/shm than this host. */
const CLIENT = {
  TMPDIR: '/tmp',
  TESTCONTAINERS_RYUK_DISABLED: 'true',
  TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
}
const MODULES = join(ROOT, 'node_modules')

let engine: ContainerEngine
let folder: string
beforeAll(async () => {
  if (LACKING !== undefined) return
  folder = mkdtempSync(join(tmpdir(), 'landfast-compose-'))
  const [started, archive] = await Promise.all([
    ContainerEngine.start(MODULES, folder),
    trialArtifact(folder, 'image'),
  ])
  engine = started
  await engine.load(archive)
  await engine.importMusl('node:24-alpine', { npm: '' })
  const azurite = 'exec node /app/node_modules/azurite/dist/src/blob/main.js "$@"'
  await engine.importMusl('mcr.microsoft.com/azure-storage/azurite:3.35.0', { 'azurite-blob': azurite })
  cpSync(join(ROOT, EXAMPLE), join(folder, EXAMPLE), { recursive: true })
  cpSync(join(ROOT, 'examples/blob-upload.ts'), join(folder, 'examples/blob-upload.ts'))
  const volumes = [`${MODULES}:/app/node_modules:ro`]
  const services = Object.fromEntries(['orders', 'storage', 'upload'].map((name) => [name, { volumes }]))
  writeFileSync(join(folder, 'libraries.json'), JSON.stringify({ services }))
}, 120_000)
afterAll(async () => {
  await engine?.stop()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

function compose(...args: readonly string[]) {
  const file = join(folder, EXAMPLE, 'compose.yaml')
  return engine.docker(
    'compose',
    '--progress=quiet',
    '-f',
    file,
    '-f',
    join(folder, 'libraries.json'),
    ...args,
  )
}

async function logOf(service: string): Promise<string> {
  return (await compose('logs', '--no-log-prefix', service)).stdout
}

test('the application gets a token, and meets the faults that the emulator is told to have', async ({
  skip,
}) => {
  if (LACKING !== undefined) return skip(LACKING)
  const up = await compose('up', '--exit-code-from', 'orders')
  expect(up.code, up.stdout + up.stderr).toBe(0)
  expect(await logOf('orders')).toMatch(/a token for api:\/\/orders, of [\da-f-]{36}/)
  expect((await compose('up', '--detach', '--wait', 'identity')).code).toBe(0)
  const tell = ['exec', '--no-TTY', 'identity', '/usr/bin/landfast', 'fault']
  expect(await compose(...tell, '429,retry-after=1,times=2')).toMatchObject({ code: 0 })
  expect((await compose('run', '--rm', '--no-TTY', 'orders')).stdout).toContain('a token for')
  expect(await compose(...tell)).toMatchObject({ code: 0, stdout: '' })
  expect((await compose('down', '--timeout', '10')).code).toBe(0)
})

test('with storage beside it the application uploads a blob by its identity', async ({ skip }) => {
  if (LACKING !== undefined) return skip(LACKING)
  makeCertificate(join(folder, EXAMPLE, 'certs'))
  const up = await compose('--profile', 'storage', 'up', '--exit-code-from', 'upload', 'upload')
  expect(up.code, up.stdout + up.stderr).toBe(0)
  expect(await logOf('upload')).toMatch(/uploaded \d+ bytes to https:\/\/storage:10000\//m)
})

/** As the README of the example does. */
function makeCertificate(certs: string): void {
  mkdirSync(certs)
  const subject = ['-subj', '/CN=storage', '-addext', 'subjectAltName=DNS:storage']
  const out = ['-keyout', join(certs, 'storage-key.pem'), '-out', join(certs, 'storage.pem')]
  const make = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', ...subject, ...out]
  execFileSync('openssl', make, { stdio: 'ignore' })
}

test('our module of Testcontainers starts it, and leads this host and other containers to it', async ({
  skip,
}) => {
  if (LACKING !== undefined) return skip(LACKING)
  const program = join(import.meta.dirname, 'testcontainers-program.ts')
  const ended = await engine.run([process.execPath, '--conditions=source', program], {
    env: CLIENT,
    cwd: ROOT,
  })
  expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 0 })
  const { own, worker, refused, inContainer, expected } = JSON.parse(ended.stdout)
  expect(own).toEqual({ oid: expected.own, roles: ['Orders.Read'] })
  expect(worker).toEqual({ oid: expected.worker })
  expect(refused).toContain('"nonsense"')
  expect(inContainer).toBe(`200 ${expected.own}`)
})

test.concurrent.for([
  ['Python', pythonRecipe(), 'OK'],
  ['Go', findBuiltProgram(RECIPES.go), 'PASS'],
  ['Java', findBuiltProgram(RECIPES.java), 'a token of '],
] as const)(
  'the recipe for Testcontainers in %s gets a token',
  async ([_language, command, word], { skip }) => {
    if (LACKING !== undefined) return skip(LACKING)
    if (!command) return skip('it was not built; "npm run setup:parts" does that')
    const cwd = join(ROOT, 'examples/emulator/testcontainers/python')
    const { code, stdout, stderr } = await engine.run(command, { env: CLIENT, cwd })
    expect(code, stdout + stderr).toBe(0)
    expect(stdout + stderr).toContain(word)
  },
)

function pythonRecipe(): readonly string[] | undefined {
  const python = findPython('testcontainers')
  return python === undefined ? undefined : [python, '-B', '-m', 'unittest']
}
