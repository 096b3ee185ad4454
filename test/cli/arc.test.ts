import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KEYS_ALIVE_MAX } from '@landfast/protocol'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleProgram, makeCommand, OTHER_USER, type TestCommand } from './command.ts'

const GOT = 'https://vault.azure.net'
const ENTER_AS_USER = [
  'unshare',
  '--user',
  '--map-root-user',
  '--mount',
  '--',
  'mount',
  '-n',
  '-t',
  'tmpfs',
  't',
]

/** Fills a /var/opt that only this process and its children see. */
const FURNISH = `set -e
  mount -n -t tmpfs -o mode=755 t /var/opt
  cd /var/opt
  mkdir app azcmagent mounted
  echo in app > app/f
  echo file > file
  echo old > azcmagent/old
  ln -s app link
  mount -n -t tmpfs -o mode=755 t mounted
  echo mounted > mounted/g
  cd /
  exec "$@"`

/** Asks for a challenge, reads the file that it names, and prints why it could not. */
const READ_KEY = `
import { readFile } from 'node:fs/promises'
const url = process.env.IDENTITY_ENDPOINT + '?api-version=2020-06-01&resource=x'
const read = async () => {
  const answer = await fetch(url, { headers: { Metadata: 'true' } })
  const path = answer.headers.get('www-authenticate').replace('Basic realm=', '')
  console.log(await readFile(path).then(() => 'read it', ({ code }) => code))
}
await read()`

/** A file of one key takes one block. */
const COUNT_BLOCKS = `
import { statfsSync } from 'node:fs'
console.log(statfsSync('/var/opt/azcmagent/tokens').blocks)`

let command: TestCommand
let node: string
beforeAll(async () => {
  command = await makeCommand()
  node = command.argv[0] ?? ''
})
afterAll(() => command.remove())

/** The users as whom it is tried, each with what runs a program as that user. */
const USERS =
  process.getuid?.() === 0
    ? [
        { name: 'root', prefix: [] },
        { name: 'an unprivileged user', prefix: ['setpriv', ...OTHER_USER, '--'] },
      ]
    : [{ name: 'an unprivileged user', prefix: [] }]

for (const { name, prefix } of USERS) {
  const reason = whyNotPermitted(name, prefix)
  describe(`--as arc as ${name}`, () => {
    beforeEach((context) => {
      if (reason) context.skip(reason)
    })

    const run = (args: string[], env = {}) => command.run(['run', '--as', 'arc', ...args], { prefix, env })

    test('official clients get tokens by the challenge', async () => {
      const program = await bundleProgram(command, 'sdk-program')
      const ended = await run(['--', node, program], {
        IDENTITY_HEADER: 'hostile',
        HTTP_PROXY: 'http://127.0.0.1:1',
      })
      expect(JSON.parse(ended.stdout)).toEqual({ managed: GOT, default: GOT, msal: GOT })
      expect(ended.code).toBe(0)
      expect(command.leftovers()).toEqual([])
    })

    test('a key file that may not be read is closed to the command, or a folder where no mode closes a file to it', async () => {
      const ended = await run(['--fault', 'key-file-unreadable', '--', ...module(READ_KEY)])
      const expected = name === 'root' ? 'EISDIR' : 'EACCES'
      expect(ended).toMatchObject({ stderr: '', stdout: `${expected}\n`, code: 0 })
    })

    test('a program that lost the group of the keys does not reach the file, and has its key at the next request', async () => {
      const ended = await run(['--fault', 'key-group-lost', '--', ...module(`${READ_KEY}; await read()`)])
      const expected = name === 'root' ? 'EISDIR' : 'EACCES'
      expect(ended).toMatchObject({ stderr: '', stdout: `${expected}\nread it\n`, code: 0 })
    })

    test('the folder has room for a file of every key that the agent keeps, and more', async () => {
      const { stdout } = await run(['--', ...module(COUNT_BLOCKS)])
      expect(Number(stdout)).toBeGreaterThan(KEYS_ALIVE_MAX + 1000)
    })

    test('a command adds a fault, meets it, clears it, and reads what was asked', async () => {
      const program = await bundleProgram(command, 'fault-program')
      const ended = await run(['--', node, program, ...command.argv])
      expect(ended.stderr).toBe('')
      expect(JSON.parse(ended.stdout)).toEqual({
        added: '400 (struck 0)\n',
        struck: 1,
        cleared: '',
        well: 0,
        // Each of the two tokens has a challenge first.
        requests: [401, 'status', 401, 200],
        modes: [0o600, 0o700],
      })
    })

    test('the command is the same user as outside', async () => {
      for (const flag of ['-u', '-g']) {
        const [program = 'id', ...args] = [...prefix, 'id', flag]
        const outside = execFileSync(program, args).toString()
        expect(await run(['--', 'id', flag])).toMatchObject({ code: 0, stdout: outside, stderr: '' })
      }
    })

    test('the rest of /var/opt is still there, and the machine’s own is untouched', async () => {
      const before = readdirSync('/var/opt')
      const { stdout } = await run(['--', 'ls', '/var/opt'])
      expect(stdout.trim().split('\n').sort()).toEqual([...new Set([...before, 'azcmagent'])].sort())
      expect(readdirSync('/var/opt')).toEqual(before)
    })

    test('folders, files and links of /var/opt are carried over, all but the real agent’s', async () => {
      const enter =
        process.getuid?.() === 0 ? ['unshare', '--mount'] : ['unshare', '--map-root-user', '--mount']
      const inside = [...enter, '--', 'sh', '-c', FURNISH, 'sh', ...prefix]
      const read =
        'cat /var/opt/app/f /var/opt/file /var/opt/link/f /var/opt/mounted/g; ls /var/opt/azcmagent'
      const ended = await command.run(['run', '--as', 'arc', '--', 'sh', '-c', read], { prefix: inside })
      expect(ended).toMatchObject({ stdout: 'in app\nfile\nin app\nmounted\ntokens\n', stderr: '' })
    })

    test('exit codes, signals and arguments survive the namespaces', async () => {
      const args = ['$(id)', "a'b", '', '--', '-h']
      const print = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))'
      expect(JSON.parse((await run(['--', node, '-e', print, '--', ...args])).stdout)).toEqual(args)
      expect((await run(['--', node, '-e', 'process.exit(9)'])).code).toBe(9)
      expect((await run(['--', node, '-e', "process.kill(process.pid, 'SIGKILL')"])).code).toBe(137)
      expect((await run(['--', 'no-such-command'])).code).toBe(127)
      const trap =
        "process.on('SIGTERM', () => process.exit(33)); setInterval(() => {}, 1000); console.log('ready')"
      const running = command.start(['run', '--as', 'arc', '--', node, '-e', trap], { prefix })
      await running.wrote('ready')
      running.child.kill('SIGTERM')
      expect((await running.ended).code).toBe(33)
      expect(command.leftovers()).toEqual([])
    })
  })
}

test('where there is no unshare, one sentence says so and names the default style', async () => {
  const folder = pathWith('no-unshare', {})
  expect(
    await command.run(['run', '--as', 'arc', '--', node, '-v'], { env: { PATH: folder } }),
  ).toMatchObject({
    code: 3,
    stdout: '',
    stderr:
      'landfast: "--as arc" needs a private /var/opt, but "unshare" was not found, which util-linux brings; use the default style, "--as app-service"\n',
  })
})

test('where the kernel says no, the sentence quotes it', async () => {
  const refusal = '#!/bin/sh\necho "unshare: unshare failed: Operation not permitted" >&2\nexit 1\n'
  const folder = pathWith('refusal', { unshare: refusal })
  const ended = await command.run(['run', '--as', 'arc', '--', node, '-v'], { env: { PATH: folder } })
  expect(ended).toMatchObject({ code: 3, stdout: '' })
  expect(ended.stderr).toMatch(
    /^landfast: .*\(unshare failed: Operation not permitted\).*"--as app-service"\n$/,
  )
})

test('the option for the inside is of no use outside', async () => {
  const ended = await command.run(['run', '--as', 'arc', '--inside', '0 0 same mnt:[1]x', '--', node, '-v'])
  expect(ended).toMatchObject({ code: 2, stdout: '' })
})

/** A program of Node.js from its text. */
function module(text: string): string[] {
  return [node, '--input-type=module', '--eval', text]
}

/** A folder for PATH with `mount`, a shell and the given scripts. */
function pathWith(name: string, scripts: Record<string, string>): string {
  const folder = join(command.folder, name)
  mkdirSync(folder)
  symlinkSync('/bin/mount', join(folder, 'mount'))
  for (const [file, text] of Object.entries(scripts)) writeFileSync(join(folder, file), text, { mode: 0o755 })
  return folder
}

/** Undefined if the system lets the user have a mount namespace, otherwise what it says. */
function whyNotPermitted(name: string, prefix: readonly string[]): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux'
  const enter = name === 'root' ? ['unshare', '--mount', '--', 'true'] : [...ENTER_AS_USER, '/var/opt']
  const [program = '', ...args] = [...prefix, ...enter]
  try {
    execFileSync(program, args, { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return String((error as { stderr?: Buffer }).stderr ?? error).trim()
  }
}
