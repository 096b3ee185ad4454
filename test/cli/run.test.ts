import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { COMPETING_VARIABLES } from '@landfast/protocol'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { testWith, UNSHARE_MOUNTS } from '../privilege.ts'
import { bundleProgram, makeCommand, Running, type TestCommand } from './command.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const
const GOT = 'https://vault.azure.net'

/** Says when it listens; ends with 40 and the signal's name. */
const TRAP = `
  for (const name of ${JSON.stringify(SIGNALS)}) process.on(name, () => { console.log('got ' + name); process.exit(40) })
  setInterval(() => {}, 1000)
  console.log('ready')`

let command: TestCommand
let node: string
beforeAll(async () => {
  command = await makeCommand()
  node = command.argv[0] ?? ''
})
afterAll(() => command.remove())

test('the command’s exit code, output and input pass through', async () => {
  const script =
    "process.stdin.on('data', (d) => process.stdout.write('in:' + d)).on('end', () => process.exit(7))"
  const ended = await command.run(['run', '--', node, '-e', script], { input: 'abc' })
  expect(ended).toMatchObject({ code: 7, stdout: 'in:abc', stderr: '' })
  expect(command.leftovers()).toEqual([])
})

test('without a reader of its notes the command runs all the same, and nothing is left', async () => {
  const args = ['run', '--', node, '-e', "process.on('exit', () => process.exit(7))"]
  const running = command.start(args, { env: { MSI_ENDPOINT: 'x' } })
  running.child.stderr?.destroy()
  running.child.stdout?.destroy()
  expect((await running.ended).code).toBe(7)
  expect(command.leftovers()).toEqual([])
})

test('arguments reach the command as they are', async () => {
  const args = ['$(id)', "a'b", '"', '; exit 1', '', '*', '--as', '-h']
  const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))'
  const ended = await command.run(['run', '--', node, '-e', script, '--', ...args])
  expect(JSON.parse(ended.stdout)).toEqual(args)
})

test('a command finds tokens for other audiences in files, which go with it', async () => {
  const script = `
    const { readFileSync, statSync } = process.getBuiltinModule('node:fs')
    const seen = ['AWS', 'VAULT'].map((name) => {
      const [, claims] = readFileSync(process.env[name], 'utf8').split('.')
      return [JSON.parse(Buffer.from(claims, 'base64url')).aud, statSync(process.env[name]).mode & 0o777]
    })
    process.stdout.write(JSON.stringify(seen))`
  const flags = ['--token-file', 'AWS=sts.amazonaws.com', '--token-file', 'VAULT=https://vault/v1?a=b']
  const ended = await command.run(['run', ...flags, '--', node, '-e', script])
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(ended.stdout)).toEqual([
    ['sts.amazonaws.com', 0o600],
    ['https://vault/v1?a=b', 0o600],
  ])
  expect(command.leftovers()).toEqual([])
})

for (const [flags, said] of [
  [['--token-file', 'sts.amazonaws.com'], 'must be NAME=AUDIENCE'],
  [['--token-file', '../x=aud'], 'must be NAME=AUDIENCE'],
  [['--token-file', 'X='], '"audience" must be'],
  [['--token-file', 'X=https://a/.default'], '"/.default"'],
  [['--token-file', 'X=a', '--token-file', 'X=b'], 'names "X" twice'],
] as const) {
  test(`${flags.join(' ')} is refused: ${said}`, async () => {
    const ended = await command.run(['run', ...flags, '--', node, '-e', 'process.exit(7)'])
    expect(ended).toMatchObject({ code: 23, stderr: expect.stringContaining(said) })
  })
}

test('a command whose token is denied by the policy does not start, and is told why', async () => {
  const policy = join(command.folder, 'no-files.yaml')
  writeFileSync(policy, 'rules: []\n', { mode: 0o600 })
  const args = ['run', '--policy', policy, '--token-file', 'X=aud', '--', node, '-e', 'console.log(1)']
  const ended = await command.run(args)
  expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('no rule of') })
  expect(command.leftovers()).toEqual([])
})

for (const signal of SIGNALS) {
  test(`${signal} is forwarded, once, and nothing is left`, async () => {
    const running = command.start(['run', '--', node, '-e', TRAP])
    await running.wrote('ready')
    running.child.kill(signal)
    const { code, stdout } = await running.ended
    expect({ code, got: stdout.match(/got \w+/g) }).toEqual({ code: 40, got: [`got ${signal}`] })
    expect(command.leftovers()).toEqual([])
  })
}

test('a command that a signal ends gives 128 and its number, and nothing is left', async () => {
  const ended = await command.run(['run', '--', node, '-e', "process.kill(process.pid, 'SIGKILL')"])
  expect(ended.code).toBe(137)
  expect(command.leftovers()).toEqual([])
})

test('a second Ctrl-C ends a command that ignores the first', async () => {
  const script =
    "process.on('SIGINT', () => console.log('ignored')); setInterval(() => {}, 1000); console.log('ready')"
  const running = command.start(['run', '--', node, '-e', script])
  await running.wrote('ready')
  running.child.kill('SIGINT')
  await running.wrote('ignored')
  running.child.kill('SIGINT')
  expect((await running.ended).code).toBe(137)
  expect(command.leftovers()).toEqual([])
})

test('Ctrl-C on a terminal reaches the command once', async (context) => {
  if (!hasScript()) context.skip('there is no "script" here to make a terminal')
  const counting = `let n = 0
    process.on('SIGINT', () => { n++; setTimeout(() => process.exit(60 + n), 300) })
    setInterval(() => {}, 1000)
    console.log('ready')`
  const program = join(command.folder, 'counting.cjs')
  writeFileSync(program, counting)
  // With exec no shell is left in between: dash dies of the Ctrl-C that its child has handled.
  const line = ['exec', ...command.argv, 'run', '--', node, program].join(' ')
  const terminal = new Running(spawn('script', ['-qfec', line, '/dev/null'], { cwd: command.folder }))
  await terminal.wrote('ready')
  terminal.child.stdin?.write('\x03')
  expect((await terminal.ended).code).toBe(61)
})

test('a signal while it starts ends it, and nothing is left', async () => {
  const running = command.start(['run', '--', node, '-e', 'setInterval(() => {}, 1000)'])
  await vi.waitUntil(() => command.leftovers().length > 0, { interval: 1, timeout: 60_000 })
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(143)
  expect(command.leftovers()).toEqual([])
})

test('a command that is not there is 127, one that may not run is 126, each in one line', async () => {
  const absent = await command.run(['run', '--', 'no-such-command'])
  expect(absent).toMatchObject({ code: 127, stdout: '' })
  expect(absent.stderr).toMatch(/^landfast: "no-such-command" was not found\nhint: .*\n$/)
  const refused = await command.run(['run', '--', '/etc/passwd'])
  expect(refused).toMatchObject({ code: 126, stdout: '' })
  const script = join(command.folder, 'broken-script')
  writeFileSync(script, '#!/no/such/interpreter\n', { mode: 0o755 })
  expect(await command.run(['run', '--', script])).toMatchObject({ code: 126, stdout: '' })
  expect(command.leftovers()).toEqual([])
})

test('in a hostile environment every official client still gets a token', async () => {
  const program = await bundleProgram(command, 'sdk-program')
  const hostile = Object.fromEntries(COMPETING_VARIABLES.map((name) => [name, 'hostile-value']))
  const ended = await command.run(['run', '--', node, program], {
    env: {
      ...hostile,
      AZURE_TENANT_ID: '00000000-0000-0000-0000-000000000001',
      HTTP_PROXY: 'http://127.0.0.1:1',
      HTTPS_PROXY: 'http://127.0.0.1:1',
      http_proxy: 'http://127.0.0.1:1',
      NO_PROXY: 'example.org',
    },
  })
  expect(JSON.parse(ended.stdout)).toEqual({ managed: GOT, default: GOT, msal: GOT })
  for (const name of COMPETING_VARIABLES) expect(ended.stderr).toContain(name)
  expect(ended.stderr).not.toContain('hostile-value')
  expect(ended.code).toBe(0)
})

test('what is removed and what is kept', async () => {
  const script =
    'process.stdout.write(JSON.stringify([process.env.MSI_ENDPOINT, process.env.NODE_EXTRA_CA_CERTS]))'
  const env = { MSI_ENDPOINT: 'x', NODE_EXTRA_CA_CERTS: '' }
  expect((await command.run(['run', '--', node, '-e', script], { env })).stdout).toBe('[null,""]')
  const kept = await command.run(['run', '--keep-env', '--', node, '-e', script], { env })
  expect(kept).toMatchObject({ stdout: '["x",""]', stderr: '' })
})

test('the secret is written nowhere unless it is asked for, and is another one each time', async () => {
  const file = join(command.folder, 'secret')
  const script = `require('node:fs').writeFileSync(${JSON.stringify(file)}, process.env.IDENTITY_HEADER)`
  const quiet = await command.run(['run', '--', node, '-e', script])
  const first = readFileSync(file, 'utf8')
  expect(first.length).toBeGreaterThan(40)
  expect(quiet.stdout + quiet.stderr).not.toContain(first)
  const loud = await command.run(['run', '--show-secret', '--', node, '-e', script])
  const second = readFileSync(file, 'utf8')
  expect(second).not.toBe(first)
  expect(loud.stderr).toContain(`export IDENTITY_HEADER='${second}'`)
})

test('with --state-dir the machine is the same the next time', async () => {
  const state = join(command.folder, 'state')
  mkdirSync(state, { mode: 0o700 })
  const args = ['run', '--state-dir', state, '--', ...command.argv, 'token', '--decode', '--json']
  const [first, second] = [await command.run(args), await command.run(args)]
  const oid = (text: string) => JSON.parse(text).claims.oid
  expect(oid(first.stdout)).toMatch(/^[0-9a-f-]{36}$/)
  expect(oid(second.stdout)).toBe(oid(first.stdout))
})

for (const [what, ...args] of [['run', '--', 'true'], ['dev'], ['control-plane', '--port', '0']] as const) {
  testWith(
    ['namespaces'],
    `"${what}" says that a new state folder would be on a read-only disk`,
    async () => {
      const disk = join(command.folder, 'read-only')
      mkdirSync(disk, { recursive: true })
      const mount = `mount -t tmpfs -o ro none ${disk} && exec "$@"`
      const argv = [what, '--state-dir', join(disk, 'a', 'b'), ...args]
      const prefix = [...UNSHARE_MOUNTS, 'sh', '-c', mount, 'sh']
      expect(await command.run(argv, { prefix })).toMatchObject({
        code: 69,
        stderr: expect.stringContaining('its file system is read-only'),
      })
    },
  )
}

/** From before the machine enrols until after the files are written by which a command trusts its services. */
for (const kibibytes of [460, 700, 960, 1000, 1100]) {
  testWith(['namespaces'], `a disk that is full after ${kibibytes} KiB is named as the reason`, async () => {
    const disk = join(command.folder, 'small')
    mkdirSync(disk, { recursive: true })
    const mount = `mount -t tmpfs -o mode=700,size=${kibibytes}k none ${disk} && exec "$@"`
    const prefix = [...UNSHARE_MOUNTS, 'sh', '-c', mount, 'sh']
    for (const [what, ...args] of [['run', '--', 'true'], ['dev']] as const) {
      const argv = [what, '--with', 'key-vault', '--state-dir', join(disk, 'state'), ...args]
      expect(await command.run(argv, { prefix })).toMatchObject({
        code: 69,
        // Before it the control plane may have logged what it could not write.
        stderr: expect.stringMatching(/^landfast: the state folder .*\nhint: its disk is full/m),
      })
    }
  })
}

test('a registration whose control plane was lost is refused before the command starts', async () => {
  const state = join(command.folder, 'halved')
  const started = join(command.folder, 'started')
  const args = ['run', '--state-dir', state, '--', 'touch', started]
  expect(await command.run(args)).toMatchObject({ code: 0 })
  rmSync(started)
  rmSync(join(state, 'control-plane'), { recursive: true })
  const lost = await command.run(args)
  expect(lost).toMatchObject({ code: 69, stdout: '' })
  expect(lost.stderr).toMatch(/^landfast: the registration in ".*" does not belong .*\n(hint: .*\n){2}$/)
  expect(existsSync(started)).toBe(false)
  rmSync(join(state, 'registration.json'))
  expect(await command.run(args)).toMatchObject({ code: 0, stderr: '' })
  expect(existsSync(started)).toBe(true)
})

test('a child that runs landfast token gets it, and a wrong endpoint says so in one line', async () => {
  const own = await command.run(['run', '--', ...command.argv, 'token'])
  expect(own).toMatchObject({ code: 0, stderr: '' })
  expect(own.stdout.split('.')).toHaveLength(3)
  const wrong = { IDENTITY_ENDPOINT: 'http://127.0.0.1:1/x', IDENTITY_HEADER: 'some-secret' }
  const none = await command.run(['token'], { env: wrong })
  expect(none).toMatchObject({ code: 61, stdout: '' })
  expect(none.stderr).toMatch(/^landfast: nothing answers at "http:\/\/127.0.0.1:1\/x"\n(hint: .*\n)+$/)
  expect(none.stderr).not.toContain('some-secret')
})

/** Whether util-linux's "script" is here; the BSDs have another by that name. */
function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { stdio: 'pipe' }).includes('util-linux')
  } catch {
    return false
  }
}
