/**
 * The images, run as an engine runs them: their root is all there is, it is read-only, and their process has id 1.
 */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { testWith, whatIsLacking } from '../privilege.ts'
import { trialArtifact, trialFolder } from './trial-build.ts'

const NEEDED = ['root', 'namespaces'] as const

/** What is in a layout, by digest. */
interface Manifest {
  config: { digest: string }
  layers: { digest: string }[]
}

interface Config {
  User: string
  Entrypoint: string[]
  Cmd?: string[]
  Env: string[]
}

/** Of an engine: mounts, the user, the root, and the environment that the image sets. */
const ENGINE = `
set -e
root=$1 user=$2 state=$3; shift 3
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o uid=\${user%%:*},gid=\${user##*:},mode=700 state "$root$state"
mount -o remount,ro,bind "$root"
exec chroot --userspec="$user" --groups= "$root" "$@"
`

let folder: string
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeAll(async () => {
  folder = trialFolder('image', () => {})
  if (whatIsLacking(NEEDED)) return
  const archive = await trialArtifact(folder, 'image')
  mkdirSync(join(folder, 'layout'))
  tar('-xf', archive, '-C', join(folder, 'layout'))
})

testWith(
  NEEDED,
  'the control plane runs in its image: read-only root, no privileges, ends at SIGTERM',
  async () => {
    const image = new ImageOnDisk('landfast-control-plane:0.1.0')
    const child = image.start('/var/lib/landfast-control-plane', [
      '--json',
      '--port=0',
      '--host=127.0.0.1',
      '--drain-time=0',
    ])
    const facts = JSON.parse(await firstLine(child.stdout))
    expect(await statusOf(`${facts.url}/readyz`)).toBe(200)
    expect(readFileSync(`/proc/${image.processId}/status`, 'utf8')).toMatch(
      /^Uid:\t65532\t[\s\S]*^NSpid:.*\t1$[\s\S]*^CapEff:\t0+$/m,
    )
    process.kill(image.processId, 'SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  },
)

testWith(NEEDED, 'the agent runs in its image', () => {
  const image = new ImageOnDisk('landfast-agent:0.1.0')
  const { status, stdout } = image.run('/var/lib/landfast', ['version'])
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'landfast version 0.1.0\n' })
})

testWith(NEEDED, 'no argument makes an image for servers an endpoint that fails on demand', () => {
  const states = { 'landfast-agent': 'landfast', 'landfast-control-plane': 'landfast-control-plane' }
  for (const [name, state] of Object.entries(states)) {
    const image = new ImageOnDisk(`${name}:0.1.0`)
    const { status, stderr } = image.run(`/var/lib/${state}`, ['dev', '--fault', '429'])
    expect([status, stderr]).toEqual([3, expect.stringContaining('is for servers, and has no emulator')])
  }
})

testWith(NEEDED, 'the emulator runs in its image, where nothing but its state can be written', async () => {
  const image = new ImageOnDisk('landfast-emulator:0.1.0')
  const child = image.start('/var/lib/landfast', ['--json', '--host=127.0.0.1', '--port=0'])
  const { url } = JSON.parse(await firstLine(child.stdout))
  expect((await fetch(url)).status).toBe(401)
  process.kill(image.processId, 'SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

testWith(NEEDED, 'only what Landfast writes belongs to its user', () => {
  const { root } = new ImageOnDisk('landfast-agent:0.1.0')
  const ownerOf = (path: string) => statSync(join(root, path)).uid
  expect(['', 'var', 'var/lib', 'usr/lib/landfast/node', 'var/lib/dpkg/status.d'].map(ownerOf)).toEqual(
    Array(5).fill(0),
  )
  expect(['var/lib/landfast', 'var/opt/azcmagent/tokens', 'run/landfast'].map(ownerOf)).toEqual(
    Array(3).fill(65_532),
  )
  expect(existsSync(join(root, 'bin/sh'))).toBe(false)
})

/** An image of the layout, unpacked for one test. */
class ImageOnDisk {
  readonly root: string
  readonly #config: Config
  #processId = 0

  constructor(name: string) {
    const manifest = read<Manifest>(digestOf(name))
    this.#config = read<{ config: Config }>(manifest.config.digest).config
    this.root = trialFolder('root')
    for (const { digest } of manifest.layers) tar('-xpzf', blob(digest), '-C', this.root)
  }

  /** The process, as the host counts. */
  get processId(): number {
    return this.#processId
  }

  start(state: string, args: readonly string[]) {
    const [program = '', ...rest] = this.#command(state, [...(this.#config.Cmd ?? []), ...args])
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'ignore'], env: this.#env() })
    onTestFinished(() => void child.kill('SIGKILL'))
    child.stdout.once('data', () => {
      const children = `/proc/${child.pid}/task/${child.pid}/children`
      this.#processId = Number(readFileSync(children, 'utf8').trim())
    })
    return child
  }

  run(state: string, args: readonly string[]) {
    const [program = '', ...rest] = this.#command(state, args)
    return spawnSync(program, rest, { encoding: 'utf8', env: this.#env() })
  }

  #command(state: string, args: readonly string[]): string[] {
    const { User, Entrypoint } = this.#config
    const unshare = ['unshare', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', 'sh', '-c']
    return [...unshare, ENGINE, 'sh', this.root, User, state, ...Entrypoint, ...args]
  }

  /** With PATH for the engine alone: the program in the image has no use for it. */
  #env(): Record<string, string> {
    const env = this.#config.Env.map((line) => line.split('=') as [string, string])
    return { PATH: process.env.PATH ?? '', ...Object.fromEntries(env) }
  }
}

function digestOf(name: string): string {
  const index = JSON.parse(readFileSync(join(folder, 'layout/index.json'), 'utf8'))
  const isWanted = (entry: { annotations: Record<string, string> }) =>
    entry.annotations['org.opencontainers.image.ref.name'] === name
  return index.manifests.find(isWanted).digest
}

function read<Content>(digest: string): Content {
  return JSON.parse(readFileSync(blob(digest), 'utf8'))
}

function blob(digest: string): string {
  return join(folder, 'layout/blobs', digest.replace(':', '/'))
}

function tar(...args: readonly string[]): void {
  expect(spawnSync('tar', args).status).toBe(0)
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(stream)) return line
  throw new Error('it ended without a word')
}

/** The test knows no CA of this control plane, and asks only whether it answers. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { rejectUnauthorized: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', reject)
      .end()
  })
}
