/**
 * The npm package on hosts with older Nodes, without a registry: its tarball is all there is.
 */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { findHostPart, findRuntime } from '../client/runtimes.ts'
import { ROOT, trialArtifact } from './trial-build.ts'

/** The one that the newer Nodes run. */
const AZURE_IDENTITY = join(ROOT, 'node_modules/@azure/identity')

/** Nodes that a host may have, each with the newest version of Azure's client that supports it. */
const HOSTS = {
  'Node.js 18': { node: findHostPart('Node.js 18'), sdk: findHostPart('@azure/identity for Node.js 18') },
  'Node.js 20': {
    node: findRuntime('Node.js 20')?.[0],
    sdk: findHostPart('@azure/identity for Node.js 20'),
  },
  'Node.js 22': { node: findRuntime('Node.js 22')?.[0], sdk: AZURE_IDENTITY },
  'Node.js 24': { node: process.execPath, sdk: AZURE_IDENTITY },
}

/** An application with Azure's client as it is published; says for what it got tokens, and under which Node. */
const APP = `
import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity'
const audienceOf = async (credential) => {
  const { token } = await credential.getToken('https://storage.azure.com/.default')
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).aud
}
const audiences = [await audienceOf(new DefaultAzureCredential()), await audienceOf(new ManagedIdentityCredential())]
console.log(JSON.stringify({ audiences, node: process.versions.node }))
`

/** What the host's NODE_OPTIONS load. */
const PRELOAD = `require('fs').appendFileSync(__dirname + '/loaded.txt', process.versions.node + '\\n')`

const suite = mkdtempSync(join(tmpdir(), 'landfast-npm-'))
afterAll(() => rmSync(suite, { recursive: true }))
const npm = findHostPart('npm')
const tarball =
  npm && process.platform === 'linux' && process.arch === 'x64'
    ? await trialArtifact(suite, 'npm')
    : undefined

for (const [name, { node, sdk }] of Object.entries(HOSTS)) {
  test(`on a host with ${name}, an application gets a token by what the tarball alone brought`, async (context) => {
    if (!node || !sdk || !npm || !tarball) return context.skip('"npm run setup:parts" has not installed it')
    const host = new Host(node)
    host.install(npm, tarball)
    host.link(sdk, '@azure/identity')
    expect(host.run('version')).toEqual({ status: 0, stdout: 'landfast version 0.1.0\n', stderr: '' })
    host.write('app.mjs', APP)
    host.write('preload.cjs', PRELOAD)
    const { status, stdout, stderr } = host.run('run', '--', 'node', 'app.mjs')
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
    const resource = 'https://storage.azure.com'
    expect(JSON.parse(stdout)).toEqual({ audiences: [resource, resource], node: host.version })
    expect(new Set(host.read('loaded.txt').trim().split('\n'))).toEqual(new Set([host.version]))
  })
}

test('under an older Node, a signal reaches the command, and its exit code comes back', async (context) => {
  const { node } = HOSTS['Node.js 18']
  if (!node || !npm || !tarball) return context.skip('"npm run setup:parts" has not installed it')
  const host = new Host(node)
  host.install(npm, tarball)
  const wait = `process.on('SIGTERM', () => process.exit(7)); console.log('ready'); setInterval(() => {}, 1000)`
  const child = spawn(host.program, ['run', '--', 'node', '-e', wait], { env: host.env, cwd: host.folder })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([7, null])
})

/** A folder of a user whose only Node is the one given, and who reaches no registry. */
class Host {
  readonly folder: string = mkdtempSync(join(suite, 'host-'))
  readonly env: Record<string, string>
  readonly #node: string

  constructor(node: string) {
    const programs = join(this.folder, 'programs')
    mkdirSync(programs)
    symlinkSync(node, join(programs, 'node'))
    this.#node = node
    this.env = { PATH: programs, HOME: this.folder }
  }

  get program(): string {
    return join(this.folder, 'node_modules/.bin/landfast')
  }

  get version(): string {
    return spawnSync(this.#node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim()
  }

  install(npm: string, tarball: string): void {
    const args = [
      npm,
      'install',
      '--offline',
      '--no-audit',
      '--no-fund',
      '--registry=http://127.0.0.1:1/',
      tarball,
    ]
    const { status, stderr } = spawnSync(this.#node, args, {
      cwd: this.folder,
      env: this.env,
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  }

  /** Its own dependencies are beside it where it is. */
  link(from: string, name: string): void {
    const to = join(this.folder, 'node_modules', name)
    mkdirSync(join(to, '..'), { recursive: true })
    symlinkSync(from, to)
  }

  run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
    const isLoading = args[0] === 'run'
    const env = isLoading ? { ...this.env, NODE_OPTIONS: `--require ${this.folder}/preload.cjs` } : this.env
    const { status, stdout, stderr } = spawnSync(this.program, args, {
      cwd: this.folder,
      env,
      encoding: 'utf8',
    })
    return { status, stdout, stderr }
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8')
  }
}
