/**
 * The Compose file of the examples, its containers run by hand: with the commands, variables and network that stand there,
 * in a root file system of musl, since neither an engine nor a registry is at hand.
 */

import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { findRootFileSystem } from '../../scripts/root-file-systems.ts'
import { makeCommand, Running, type TestCommand } from '../cli/command.ts'
import { KEEPS_TRUE_TIME, MOVED_CLOCK } from '../moved-clock.ts'
import { UNSHARE, whatIsLacking } from '../privilege.ts'

const pathOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** What of a Compose file is looked at here. */
interface Compose {
  services: Record<string, { command: string[]; env_file?: string; environment?: Record<string, string> }>
  networks: { default: { ipam: { config: [{ subnet: string; gateway: string }] } } }
}

const compose: Compose = parse(readFileSync(pathOf('../../examples/compose/compose.yaml'), 'utf8'))
const { storage, upload } = compose.services
const [{ subnet, gateway }] = compose.networks.default.ipam.config
const addressOf = (host: number) => gateway.replace(/\d+$/, String(host))

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

test('the file gives the application the file of its workload, and the network of that address', () => {
  expect(upload?.env_file).toContain('/workloads/upload.env')
  expect(subnet).toBe(`${addressOf(0)}/24`)
  expect(readFileSync(pathOf('../../examples/compose/README.md'), 'utf8')).toContain(`${gateway}:40343`)
})

test('the application uploads a blob to Azurite with its own identity', {
  timeout: 120_000,
}, async (context) => {
  const musl = findRootFileSystem('musl')
  const lacking = musl
    ? whatIsLacking(['linux', 'namespaces', 'ip', 'openssl'])
    : 'the root file system of musl is not installed; "npm run setup:parts" does that'
  const reason = lacking ?? KEEPS_TRUE_TIME
  context.skip(reason !== undefined, reason)
  const folder = mkdtempSync(join(command.folder, 'compose-'))
  const [unshare = '', ...flags] = UNSHARE
  const own = ['--pid', '--fork', '--kill-child', '--mount-proc', 'sh', pathOf('compose.sh'), gateway]
  const env = environment(folder, musl ?? '')
  const child = spawn(unshare, [...flags, ...own], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const { code, stdout, stderr } = await new Running(child).ended
  expect(stdout, stderr).toMatch(
    /^uploaded \d+ bytes to https:.*\/example\/blob-upload\.ts and read the same back$/m,
  )
  expect(code).toBe(0)
})

function environment(folder: string, musl: string): Record<string, string | undefined> {
  const [node = '', program = ''] = command.argv
  const sdk = join(folder, 'sdk')
  mkdirSync(sdk)
  cpSync(pathOf('../../examples/blob-upload.ts'), join(sdk, 'blob-upload.ts'))
  const modules = pathOf('../../node_modules')
  return {
    ...MOVED_CLOCK,
    PATH: process.env.PATH,
    ...{ HOME: folder, TMPDIR: folder, NODE: node, PROGRAM: program, CONTAINER: pathOf('container.sh') },
    ...{ MUSL: musl, SDK: sdk, MODULES: modules, LIBRARIES: sdk },
    ...{ STORAGE_ADDRESS: addressOf(2), UPLOAD_ADDRESS: addressOf(3) },
    STORAGE: wordsIn(folder, 'storage', [
      '/run/sdk/node_modules/azurite/dist/src/blob/main.js',
      ...(storage?.command.slice(1) ?? []),
    ]),
    UPLOAD: wordsIn(
      folder,
      'upload',
      Object.entries(upload?.environment ?? {}).map(([name, value]) => `${name}=${value}`),
    ),
    LANDFAST_DRAIN_TIME: '0',
  }
}

/** Words of the Compose file, a line each, as they are here: its volume is elsewhere, and no name is looked up. */
function wordsIn(folder: string, name: string, words: readonly string[]): string {
  const file = join(folder, `${name}.words`)
  const here = words.map((word) =>
    word.replaceAll('/certs/', '/run/files/').replace('//storage:', `//${addressOf(2)}:`),
  )
  writeFileSync(file, here.join('\n'))
  return file
}
