import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { makeCommand, OTHER_USER, type Running, type TestCommand } from './command.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

async function startDev(...flags: string[]): Promise<{ running: Running; notes: Record<string, string> }> {
  const running = command.start(['dev', '--json', ...flags])
  await running.wrote('}\n')
  return { running, notes: JSON.parse(running.stdout) }
}

async function stop(running: Running): Promise<number | null> {
  running.child.kill('SIGINT')
  return (await running.ended).code
}

test('dev prints one line of JSON without the secret, serves, and stops at Ctrl-C', async () => {
  const { running, notes } = await startDev()
  expect(notes).toMatchObject({
    style: 'app-service',
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//),
  })
  const file = notes.envFile ?? ''
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const script = '. "$1"; printf %s "$IDENTITY_HEADER"'
  const secret = execFileSync('/bin/sh', ['-c', script, 'sh', file]).toString()
  expect(secret.length).toBeGreaterThan(40)
  const token = await command.run(['token', '--state-dir', notes.stateDir ?? '', '--decode', '--json'])
  expect(JSON.parse(token.stdout).claims).toMatchObject({ oid: notes.principalId, tid: notes.tenantId })
  expect(JSON.parse(token.stdout).claims.iss).toBe(`https://sts.windows.net/${notes.tenantId}/`)
  expect(await ready(notes.adminSocket ?? '')).toBe(200)
  expect(await ready(notes.adminSocket ?? '', '/metrics')).toBe(200)
  expect(await stop(running)).toBe(0)
  expect(running.stdout + running.stderr).not.toContain(secret)
  expect(command.leftovers()).toEqual([])
})

test('SIGQUIT leaves nothing behind, and what SIGKILL left goes with the next start', async () => {
  const quit = await startDev()
  quit.running.child.kill('SIGQUIT')
  expect((await quit.running.ended).code).toBe(0)
  expect(command.leftovers()).toEqual([])
  const [killed, alive] = [await startDev(), await startDev()]
  killed.running.child.kill('SIGKILL')
  await killed.running.ended
  const [left, kept] = [killed.notes.stateDir ?? '', alive.notes.stateDir ?? '']
  expect(existsSync(left)).toBe(true)
  expect(await command.run(['run', '--', 'true'])).toMatchObject({ code: 0, stderr: '' })
  expect(existsSync(left)).toBe(false)
  expect(existsSync(kept)).toBe(true)
  expect(await stop(alive.running)).toBe(0)
  expect(command.leftovers()).toEqual([])
})

test('in the Arc style the token command answers the challenge, and says who may read a key file', async () => {
  const keys = join(command.folder, 'keys')
  const { running, notes } = await startDev('--as', 'arc', '--port', '0', '--key-folder', keys)
  const args = ['token', '--key-folder', keys]
  const env = { IDENTITY_ENDPOINT: notes.url, IMDS_ENDPOINT: 'x' }
  expect(await command.run(args, { env })).toMatchObject({ code: 0, stderr: '' })
  const elsewhere = await command.run(['token'], { env })
  expect(elsewhere.stderr).toMatch(/^landfast: the challenge names a key file outside "\/var\/opt\//)
  if (process.getuid?.() === 0) {
    const other = await command.run(args, { env, prefix: ['setpriv', ...OTHER_USER, '--'] })
    expect(other.code).toBe(18)
    expect(other.stderr).toMatch(
      /its folder has mode 0710, owner 0, group "root" \(0\)\); this process is user id 54321 .*\nhint: become root, or a member of that group/,
    )
  }
  expect(await stop(running)).toBe(0)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`dev whose readers went away still stops at ${signal} and leaves nothing`, async () => {
    const state = join(command.folder, `unread-${signal}`)
    const running = startUnread('dev', '--state-dir', state)
    await appeared(join(state, 'dev.json'))
    running.child.kill(signal)
    expect((await running.ended).code).toBe(0)
    const left = readdirSync(state)
    for (const name of ['dev.json', 'env.sh', 'agent.sock']) expect(left).not.toContain(name)
  })
}

test('a dev whose sockets would have too long a path says which, and what to do', async () => {
  const state = join(command.folder, 's'.repeat(100))
  const { code, stderr } = await command.run(['dev', '--state-dir', state])
  expect([code, stderr]).toEqual([69, expect.stringContaining(`the state folder "${state}" cannot be used`)])
  expect(stderr).toMatch(/hint: the path of a socket in it has \d+ bytes, and the system allows 107\n/)
  expect(stderr).toMatch(/hint: name a shorter one: --state-dir/)
})

test('a demo that is interrupted while it starts says so, and leaves nothing', async () => {
  const running = command.start(['demo'])
  await running.wrote('registered with it')
  running.child.kill('SIGTERM')
  const { code, stderr } = await running.ended
  expect({ code, stderr }).toEqual({ code: 11, stderr: 'landfast: interrupted\n' })
  expect(command.leftovers()).toEqual([])
})

test('env finds the dev that runs; the secret only if it is asked for', async () => {
  expect(await command.run(['env'])).toMatchObject({ code: 61, stdout: '' })
  const { running, notes } = await startDev()
  expect((await command.run(['env'])).stdout).toBe(`. '${notes.envFile}'\n`)
  const open = await command.run(['env', '--json'])
  expect(JSON.parse(open.stdout).variables).toMatchObject({ IDENTITY_ENDPOINT: notes.url })
  expect(JSON.parse(open.stdout)).toMatchObject({ omitted: ['IDENTITY_HEADER'], competing: [] })
  const led = { env: { AZURE_CLIENT_ID: 'x', IDENTITY_ENDPOINT: 'y' } }
  expect((await command.run(['env'], led)).stderr).toContain('unset them in this shell: AZURE_CLIENT_ID\n')
  expect(JSON.parse((await command.run(['env', '--json'], led)).stdout).competing).toEqual([
    'AZURE_CLIENT_ID',
  ])
  const shown = (await command.run(['env', '--show-secret'])).stdout
  const secret = /^export IDENTITY_HEADER='(.{40,})'$/m.exec(shown)?.[1]
  expect(secret).toBeDefined()
  expect(open.stdout).not.toContain(secret)
  await stop(running)
})

test('with a key folder of its own, dev says who can use it', async () => {
  const keys = join(command.folder, 'own keys')
  const running = command.start(['dev', '--as', 'arc', '--port', '0', '--key-folder', keys])
  await running.wrote("env.sh'\n")
  await running.wrote('official SDKs do not accept keys in')
  expect(running.stderr).toContain(`landfast token --key-folder '${keys}'`)
  expect(await stop(running)).toBe(0)
})

test('on a folder the identity stays, and a second dev is refused in one line', async () => {
  const state = join(command.folder, 'state')
  const first = await startDev('--state-dir', state)
  expect((await command.run(['env'])).stdout).toBe(`. '${first.notes.envFile}'\n`)
  const other = await startDev()
  const ambiguous = await command.run(['env'])
  expect([ambiguous.code, ambiguous.stderr]).toEqual([23, expect.stringContaining(`--state-dir ${state}\n`)])
  await stop(other.running)
  const second = await command.run(['dev', '--state-dir', state])
  expect(second).toMatchObject({ code: 67, stdout: '' })
  expect(second.stderr).toMatch(/^landfast: the state folder ".*" is in use\nhint: process \d+ .*\n$/)
  await stop(first.running)
  expect((await command.run(['env'])).code).toBe(61)
  expect(command.leftovers()).toEqual([])
  expect(readdirSync(state)).not.toContain('env.sh')
  const third = await startDev('--state-dir', state)
  expect(third.notes.principalId).toBe(first.notes.principalId)
  await stop(third.running)
})

test('the agent alone serves what a registration allows, by its settings', async () => {
  const state = join(command.folder, 'with-agent')
  const { running: controlPlane } = await startDev('--state-dir', state)
  const secret = 'a-secret-of-thirty-two-characters'
  const config = join(command.folder, 'agent.yaml')
  const audit = join(command.folder, 'audit.jsonl')
  writeFileSync(join(command.folder, 'secret'), `${secret}\n`, { mode: 0o600 })
  writeFileSync(
    config,
    [
      'styles: [app-service]',
      `identity-header-file: ${join(command.folder, 'secret')}`,
      `audit-log: ${audit}`,
      `admin-socket: ${join(command.folder, 'admin.sock')}`,
      'log-level: fatal',
    ].join('\n'),
  )
  const running = command.start(['agent', '--config', config, '--log-level', 'info'], {
    env: { LANDFAST_STATE_DIR: state },
  })
  await running.wrote('the agent is started')
  const started = JSON.parse(running.stderr.split('\n').find((line) => line.includes('is started')) ?? '')
  const env = { IDENTITY_ENDPOINT: started.endpoints[0].url, IDENTITY_HEADER: secret }
  expect(await command.run(['token'], { env })).toMatchObject({ code: 0 })
  expect((await command.run(['token'], { env: { ...env, IDENTITY_HEADER: 'wrong' } })).stderr).toMatch(
    /^landfast: HTTP 401: unauthorized_client: the secret of this endpoint/,
  )
  renameSync(audit, `${audit}.1`)
  running.child.kill('SIGHUP')
  await appeared(audit)
  expect(await command.run(['token'], { env })).toMatchObject({ code: 0 })
  running.child.stderr?.destroy()
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(0)
  expect(existsSync(join(command.folder, 'admin.sock'))).toBe(false)
  expect(readFileSync(audit, 'utf8').trim().split('\n').length).toBeGreaterThanOrEqual(1)
  expect(running.stderr).not.toContain(secret)
  await stop(controlPlane)
})

test('the agent gives key files to the group himds, or by an empty value to its own', async (context) => {
  const groups = readFileSync('/etc/group', 'utf8')
  if (/^himds:/m.test(groups)) context.skip('the group himds is on this machine')
  const state = join(command.folder, 'with-arc-agent')
  const { running: controlPlane } = await startDev('--state-dir', state)
  const keys = join(command.folder, 'agent-keys')
  const admin = join(command.folder, 'arc-admin.sock')
  const flags = ['agent', '--state-dir', state, '--port', '0', '--key-folder', keys, '--admin-socket', admin]
  const refused = await command.run(flags)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/himds.*\nhint: make it: groupadd --system himds/)
  const running = command.start([...flags, '--key-group', ''])
  await running.wrote('the agent is started')
  expect(statSync(keys).gid).toBe(process.getegid?.())
  expect(await stop(running)).toBe(0)
  await stop(controlPlane)
})

test('the agent refuses settings that it does not know, with their line', async () => {
  const config = join(command.folder, 'wrong.yaml')
  writeFileSync(config, 'port: 1\nprot: 2\n')
  const ended = await command.run(['agent', '--config', config])
  expect(ended).toMatchObject({ code: 19, stdout: '' })
  expect(ended.stderr).toMatch(/wrong\.yaml:2: unknown setting "prot"\nhint: did you mean "port"\?/)
})

test('the agent needs a secret for the App Service style, and a registration', async () => {
  const empty = join(command.folder, 'empty')
  mkdirSync(empty)
  const flags = ['agent', '--styles', 'app-service', '--state-dir', empty]
  expect((await command.run(flags)).code).toBe(16)
  const open = join(command.folder, 'open-secret')
  writeFileSync(open, 'x'.repeat(32))
  chmodSync(open, 0o644)
  const unsafe = await command.run([...flags, '--identity-header-file', open])
  expect(unsafe.code).toBe(19)
  expect(unsafe.stderr).toMatch(/^landfast: the file ".*" with the secret is open to others\nhint: .*0644/)
  const env = { LANDFAST_IDENTITY_HEADER: 'short' }
  expect((await command.run(flags, { env })).code).toBe(23)
  const long = await command.run(flags, { env: { LANDFAST_IDENTITY_HEADER: 'x'.repeat(32) } })
  expect(long).toMatchObject({ code: 1 })
  expect(long.stderr).toMatch(/^landfast: this machine is not registered.*\nhint: /)
})

/** Starts the command with nobody who reads what it writes. */
function startUnread(...args: string[]): Running {
  const running = command.start(args)
  running.child.stdout?.destroy()
  running.child.stderr?.destroy()
  return running
}

async function appeared(path: string): Promise<void> {
  await vi.waitUntil(() => existsSync(path), { interval: 5, timeout: 60_000 })
}

function ready(socketPath: string, path = '/readyz'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject)
  })
}
