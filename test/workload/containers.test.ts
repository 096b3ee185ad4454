/**
 * Containers without the host's network get tokens from the host's agent: real namespaces and bridges, root file systems of
 * Debian and of musl with BusyBox, Microsoft's own clients for Python and JavaScript, unmodified.
 */

import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPython } from '../../scripts/python.ts'
import { findRootFileSystem } from '../../scripts/root-file-systems.ts'
import { makeCommand, Running, type TestCommand } from '../cli/command.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { UNSHARE, whatIsLacking } from '../privilege.ts'

const [STORAGE, VAULT] = ['https://storage.azure.com', 'https://vault.azure.net']

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** What the containers are made of; undefined where some of it is not installed. */
const PARTS = { debian: findRootFileSystem('debian'), musl: findRootFileSystem('musl'), python: findPython() }

const LACKING = Object.values(PARTS).includes(undefined)
  ? 'the root file systems of containers are not installed; "npm run setup:parts" does that'
  : whatIsLacking(['linux', 'namespaces', 'ip'])

let command: TestCommand
/** What each container was told, by its name. */
let told: Map<string, Record<string, unknown>>
let lines: Record<string, unknown>[]
let oid: string
let folder: string

beforeAll(async () => {
  if (LACKING !== undefined) return
  command = await makeCommand()
  folder = mkdtempSync(join(command.folder, 'host-'))
  writeFileSync(join(folder, 'agent.yaml'), SETTINGS)
  const [unshare = '', ...flags] = UNSHARE
  const own = ['--pid', '--fork', '--kill-child', '--mount-proc', 'sh', pathOf('host.sh')]
  const child = spawn(unshare, [...flags, ...own], {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { code, stdout, stderr } = await new Running(child).ended
  expect(code, stderr + stdout).toBe(0)
  told = new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => {
        const [name = '', ...rest] = line.split(' ')
        return [name, name === 'before' ? { text: rest.join(' ') } : JSON.parse(rest.join(' '))]
      }),
  )
  lines = readFileSync(join(folder, 'audit.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  oid = JSON.parse(readFileSync(join(folder, 'dev.json'), 'utf8')).principalId
}, 120_000)
afterAll(() => command?.remove())

const SETTINGS = `state-dir: state
styles: cloud-shell
key-group: ""
workload-listen: [10.88.0.1:40343, 10.89.0.1:40343]
audit-log: audit.jsonl
admin-socket: admin.sock
`

/** Paths for the script; the programs of the containers and their libraries stand in one folder. */
function environment(): Record<string, string | undefined> {
  const [node = '', program = ''] = command.argv
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
  const [libraries = ''] = globSync(join(dirname(dirname(PARTS.python ?? '')), 'lib/python3*/site-packages'))
  return {
    ...MOVED_CLOCK,
    PATH: process.env.PATH,
    ...{ HOME: folder, TMPDIR: folder, NODE: node, PROGRAM: program, CONTAINER: pathOf('container.sh') },
    ...{ DEBIAN: PARTS.debian, MUSL: PARTS.musl, SDK: pathOf('.'), MODULES: modules, LIBRARIES: libraries },
    LANDFAST_DRAIN_TIME: '0',
  }
}

/** A test of what the containers were told. */
function testTold(name: string, run: () => void): void {
  test(name, (context) => {
    context.skip(LACKING !== undefined, LACKING)
    run()
  })
}

const refusals = () => lines.filter(({ outcome }) => outcome === 'refused')

testTold('Microsoft’s client for Python gets a token in Debian, by a file that the engine reads', () => {
  expect(told.get('debian')).toEqual({ aud: STORAGE, oid })
})

testTold('Microsoft’s client for JavaScript gets one on musl, by a file that is mounted', () => {
  expect(told.get('musl')).toEqual({ aud: VAULT, oid })
})

testTold('a secret that leaked to another network is refused there, and the audit log names it', () => {
  expect(told.get('leaked')).toEqual({ error: expect.stringContaining('network in which the secret') })
  const leaked = { workload: 'shop', address: '10.89.0.2', reason: 'workload_elsewhere' }
  expect(refusals()).toContainEqual(expect.objectContaining(leaked))
})

testTold('a container that has another’s file has no more than that one', () => {
  expect(told.get('more')).toEqual({ status: 403 })
  const more = { workload: 'bank', address: '10.88.0.4', reason: 'policy_denied', audience: STORAGE }
  expect(refusals()).toContainEqual(expect.objectContaining(more))
})

testTold('a container without a file, or with a wrong secret, has nothing', () => {
  expect([told.get('none'), told.get('wrong')]).toEqual([{ status: 401 }, { status: 401 }])
})

testTold('after a rotation the former secret is good for the overlap, and no longer', () => {
  expect([told.get('former'), told.get('newest'), told.get('ended')]).toEqual([
    { status: 200 },
    { status: 200 },
    { status: 401 },
  ])
})

testTold('a workload that was removed gets nothing from then on, and others go on', () => {
  expect([told.get('removed'), told.get('bank')]).toEqual([{ status: 401 }, { status: 200 }])
})

testTold('an address of the right network, taken on another bridge, gets no answer', () => {
  expect(told.get('spoofed')).toEqual({ status: 0 })
})

testTold('the agent starts before the bridges, and says what it waits for', () => {
  expect(told.get('before')?.text).toMatch(/^503 .*10\.88\.0\.1/)
})

testTold('a bridge that was removed and made again is served as before', () => {
  expect(told.get('again')).toEqual({ status: 200 })
})

testTold('no secret is in the audit log, the agent’s log, or what the command printed', () => {
  const names = ['audit.jsonl', 'agent.log', 'shop.txt', 'bank.txt', 'state/workloads/bank.json']
  const text = names.map((name) => readFileSync(join(folder, name), 'utf8')).join('')
  for (const file of ['former.env', 'removed.env', 'state/workloads/bank.env']) {
    const [, secret = ''] = /^IDENTITY_HEADER=(.{43})$/m.exec(readFileSync(join(folder, file), 'utf8')) ?? []
    expect(secret).toHaveLength(43)
    expect(text).not.toContain(secret)
  }
})
