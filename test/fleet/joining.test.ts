/** Servers are joined by cloud-init and by Ansible, as the examples have it: real programs, the real package, a new Debian. */

import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findRootFileSystem } from '../../scripts/root-file-systems.ts'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { trialArtifact, trialFolder } from '../package/trial-build.ts'
import { UNSHARE, whatIsLacking } from '../privilege.ts'

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

const SERVER = findRootFileSystem('server')
const LACKING =
  SERVER === undefined
    ? 'the root file system of a server is not installed; "npm run setup:parts" does that'
    : whatIsLacking(['linux', 'root', 'namespaces', 'ip'])

let command: TestCommand
/** What the script told, by name. */
let told: ReadonlyMap<string, string>

beforeAll(async () => {
  if (LACKING !== undefined) return
  command = await makeCommand()
  const built = trialFolder('joining', (remove) => afterAll(remove))
  const [unshare = '', ...flags] = UNSHARE
  const own = ['--uts', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', pathOf('server.sh')]
  const [node = '', program = ''] = command.argv
  const { stdout } = await promisify(execFile)(unshare, [...flags, ...own], {
    cwd: mkdtempSync(join(command.folder, 'fleet-')),
    env: {
      ...{ PATH: process.env.PATH, HOME: command.folder, TMPDIR: command.folder },
      ...{ NODE: node, PROGRAM: program, SERVER, PACKAGING: pathOf('../../packaging') },
      PACKAGE: await trialArtifact(built, 'deb'),
    },
  })
  told = new Map(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => [line.split(' ', 1).join(), line.slice(line.indexOf(' ') + 1).trim()]),
  )
}, 240_000)
afterAll(() => command?.remove())

function joins(name: string, run: () => void): void {
  test(name, (context) => {
    if (LACKING !== undefined) context.skip(LACKING)
    run()
  })
}

joins('the cloud-init document is in the form of its schema', () => {
  expect(told.get('schema')).toMatch(/^Valid cloud-config/)
})

joins(
  'each server is a machine with its name and tags, and its agent starts at boot and can serve a token',
  () => {
    const machines = JSON.parse(told.get('machines') ?? '') as { name: string; tags: object }[]
    expect(machines.map(({ name, tags }) => [name, tags])).toEqual([
      ['ansible-1', { by: 'ansible' }],
      ['cloud-1', { by: 'cloud-init' }],
    ])
    for (const name of ['cloud', 'ansible']) {
      expect(JSON.parse(told.get(`${name}-shown`) ?? '')).toMatchObject({ resourceName: `${name}-1` })
      expect(told.get(`${name}-unit`)).toBe('enabled')
      expect(told.get(`${name}-state`)).toBe('himds 700')
      expect(told.get(`${name}-ready`)).toBe('{"status":"ready"}')
    }
  },
)

joins('no token is left on a server or told, and Ansible finds nothing to do a second time', () => {
  expect([told.get('cloud-left'), told.get('ansible-left'), told.get('told-tokens')]).toEqual(['', '', '0'])
  expect(told.get('ansible-first')).toMatch(/changed=[1-9]\d* .*unreachable=0 +failed=0/)
  expect(told.get('ansible-again')).toMatch(/changed=0 .*unreachable=0 +failed=0/)
})
