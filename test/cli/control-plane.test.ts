import { X509Certificate } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { request } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { trialDatabaseUrl } from '../../packages/control-plane/src/testing/trial-database.ts'
import { testWith, UNSHARE_MOUNTS } from '../privilege.ts'
import { makeCommand, type Running, type StartOptions, type TestCommand } from './command.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

interface Facts {
  url: string
  tenantId: string
  subscriptionId: string
  caFile: string
  caSha256: string
  administratorFile?: string
}

let folders = 0

/** The path of a folder that is not there yet. */
function newFolder(): string {
  folders += 1
  return join(command.folder, `state-${folders}`)
}

function start(args: readonly string[], options: StartOptions = {}): Running {
  const running = command.start(['control-plane', '--port', '0', ...args], options)
  onTestFinished(() => void running.child.kill('SIGKILL'))
  return running
}

/** Starts one and waits until it says where it is. */
async function startKnown(args: readonly string[], options?: StartOptions): Promise<[Running, Facts]> {
  const running = start(['--json', ...args], options)
  await running.wrote('"subscriptionId":')
  return [running, JSON.parse(running.stdout)]
}

function statusOf(url: string, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { ca: readFileSync(ca), agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

test('an empty state folder that others may enter, such as a new volume, is closed and used', async () => {
  const folder = newFolder()
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  const [running] = await startKnown(['--state-dir', folder])
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(0)
})

test('with no configuration at all it runs, and says where it is and who administers it', async () => {
  const home = newFolder()
  mkdirSync(home, { mode: 0o700 })
  const ordinary = process.getuid?.() === 0 ? ['--state-dir', join(home, 'state')] : []
  const [running, facts] = await startKnown(ordinary, { env: { HOME: home } })
  expect(await statusOf(`${facts.url}/${facts.tenantId}/discovery/v2.0/keys`, facts.caFile)).toBe(200)
  expect(facts.caSha256).toBe(new X509Certificate(readFileSync(facts.caFile)).fingerprint256)
  const file = facts.administratorFile ?? ''
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const administrator = JSON.parse(readFileSync(file, 'utf8'))
  expect(administrator).toMatchObject({ url: facts.url, tenantId: facts.tenantId, caFile: facts.caFile })
  running.child.kill('SIGTERM')
  const { code, stdout, stderr } = await running.ended
  expect(code).toBe(0)
  expect(stdout + stderr).not.toContain(administrator.clientSecret)
})

test('for people it prints the same in lines, and what to type next', async () => {
  const running = start(['--state-dir', newFolder()])
  // Two pipes: what was written first may be read last.
  await running.wrote('to administer it, type: landfast login')
  await running.wrote('\nadministrator ')
  for (const label of ['url', 'tenant', 'CA SHA-256', 'administrator']) {
    expect(running.stdout).toMatch(new RegExp(`^${label} +\\S`, 'm'))
  }
  expect(running.stderr).toContain('only this host can call it')
  running.child.kill('SIGINT')
  expect((await running.ended).code).toBe(0)
})

test('a restart keeps everything', async () => {
  const folder = newFolder()
  const [first, before] = await startKnown(['--state-dir', folder])
  first.child.kill('SIGTERM')
  await first.ended
  const [, after] = await startKnown(['--state-dir', folder])
  expect({ ...after, url: '' }).toEqual({ ...before, url: '' })
})

test('a second one in the same folder is told who has it', async () => {
  const folder = newFolder()
  const [first] = await startKnown(['--state-dir', folder])
  const { code, stderr } = await start(['--state-dir', folder]).ended
  expect([code, stderr]).toEqual([67, expect.stringContaining(`process ${first.child.pid} `)])
})

test('a port that is taken is named, and so is the user whose server has it', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as AddressInfo
  const folder = newFolder()
  const running = command.start(['control-plane', '--state-dir', folder, '--port', `${port}`])
  const { code, stderr } = await running.ended
  expect(code).toBe(1)
  expect(existsSync(folder)).toBe(false)
  expect(stderr).toMatch(new RegExp(`port is taken.*${port}, by a server of user "`))
  expect(stderr).toContain('hint: ')
})

test('a lost administrator gets a new secret, but not while the control plane has the database', async () => {
  const folder = newFolder()
  const [first, { administratorFile = '' }] = await startKnown(['--state-dir', folder])
  const lost = JSON.parse(readFileSync(administratorFile, 'utf8'))
  const reset = () => command.run(['control-plane', 'reset-administrator', '--state-dir', folder])
  expect((await reset()).code).toBe(67)
  first.child.kill('SIGTERM')
  await first.ended
  const { code, stdout } = await reset()
  expect([code, stdout]).toEqual([0, `${administratorFile}\n`])
  const found = JSON.parse(readFileSync(administratorFile, 'utf8'))
  expect(found.clientId).toBe(lost.clientId)
  expect(found.clientSecret).not.toBe(lost.clientSecret)
})

test('after a restored backup the machines are accepted, but not while the control plane has the database', async () => {
  const folder = newFolder()
  const [first] = await startKnown(['--state-dir', folder])
  const accept = () => command.run(['control-plane', 'accept-restored', '--state-dir', folder, '--json'])
  expect((await accept()).code).toBe(67)
  first.child.kill('SIGTERM')
  await first.ended
  expect(await accept()).toMatchObject({ code: 0, stdout: '{"machines":0}\n' })
})

test('on PostgreSQL both are done beside the running replica, with its own settings', async () => {
  const folder = newFolder()
  const databaseUrl = await trialDatabaseUrl('postgres')
  const env = { LANDFAST_DATABASE_URL: databaseUrl, LANDFAST_ENCRYPTION_KEY: 'k'.repeat(43).concat('=') }
  const [replica, { administratorFile = '' }] = await startKnown(['--state-dir', folder], { env })
  const lost = JSON.parse(readFileSync(administratorFile, 'utf8'))
  const work = (verb: string) =>
    command.run(['control-plane', verb, '--state-dir', folder, '--json'], { env })
  expect(await work('accept-restored')).toMatchObject({ code: 0, stdout: '{"machines":0}\n' })
  expect(await work('reset-administrator')).toMatchObject({ code: 0 })
  const found = JSON.parse(readFileSync(administratorFile, 'utf8'))
  expect(found.clientSecret).not.toBe(lost.clientSecret)
  expect(found).toEqual({ ...lost, clientSecret: found.clientSecret })
  expect(replica.child.exitCode).toBeNull()
  const other = newFolder()
  const named = { ...env, LANDFAST_URL: 'https://id.example.com' }
  const elsewhere = ['control-plane', 'reset-administrator', '--state-dir', other]
  const { stdout: file } = await command.run(elsewhere, { env: named })
  expect(JSON.parse(readFileSync(file.trim(), 'utf8')).url).toBe('https://id.example.com')
  expect(await work('reset-administrator')).toMatchObject({ code: 0 })
  const audit = await command.run(['control-plane', 'audit', '--administrator', administratorFile])
  expect(audit.stdout).toMatch(/ {2}accept-restored {2}done/)
})

for (const [what, args, code, text] of [
  ['a token lifetime out of range', ['--token-lifetime', '10'], 23, '"token-lifetime" must be'],
  ['a URL with a path', ['--url', 'https://a.example/x'], 23, '"url" must be an origin'],
  ['a certificate without a key', ['--tls-certificate', '/c.pem'], 16, '"tls-key" is not set'],
  ['a certificate that is not there', ['--tls-certificate', '/c.pem', '--tls-key', '/k.pem'], 1, '/c.pem'],
  ['a folder that only a shell knows', ['--state-dir', '~/x'], 23, 'which only a shell knows'],
  ['a database URL of another database', ['--database-url', 'mysql://u:hush@h/d'], 1, 'postgresql://'],
] as const) {
  test(`${what} ends it with ${code} and one line`, async () => {
    const folder = args.includes('--state-dir' as never) ? [] : ['--state-dir', newFolder()]
    const ended = await start([...folder, ...args]).ended
    expect(ended.code).toBe(code)
    expect(ended.stderr).toContain(text)
    expect(ended.stderr).not.toContain('hush')
    expect(ended.stderr).not.toMatch(/^ +at /m)
  })
}

test('a setting that is refused leaves no folder behind', async () => {
  const folder = newFolder()
  for (const refused of [
    ['--url', 'https://a.example/x'],
    ['--token-lifetime', '10'],
  ]) {
    expect((await start(['--state-dir', folder, ...refused]).ended).code).toBe(23)
    expect(existsSync(folder)).toBe(false)
  }
})

test('its audit trail is read by its administrator', async () => {
  const folder = newFolder()
  await startKnown(['--state-dir', folder])
  const audit = (...args: string[]) => command.run(['control-plane', 'audit', '--state-dir', folder, ...args])
  const { code, stdout, stderr } = await audit('--json')
  expect([code, stderr]).toEqual([0, ''])
  const entries = stdout.trimEnd().split('\n')
  expect(entries.map((line) => JSON.parse(line).action)).toContain('create-administrator')
  expect((await audit()).stdout).toMatch(/^\S+Z {2}create-administrator {2}done {2}/m)
  expect((await audit('--since', 'soon')).code).toBe(23)
  const none = await audit('--action', 'enrol-machine')
  expect(none).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('there are no such entries'),
  })
  const unknown = await audit('--caller', 'bob')
  expect(unknown).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("No principal has, or had, the name 'bob'"),
  })
})

test('health and metrics are on a socket in the state folder', async () => {
  const folder = newFolder()
  await startKnown(['--state-dir', folder])
  const socket = join(folder, 'control-plane.sock')
  const text = await new Promise((resolve, reject) => {
    requestHttp({ socketPath: socket, path: '/metrics', agent: false }, async (answer) => {
      resolve(Buffer.concat(await answer.toArray()).toString())
    })
      .on('error', reject)
      .end()
  })
  expect(text).toContain('landfast_control_plane_machines')
})

test('an encryption key comes by variable or by a file that nobody else may read', async () => {
  const folder = newFolder()
  const file = join(command.folder, 'key')
  const key = Buffer.alloc(32, 7).toString('base64')
  writeFileSync(file, key, { mode: 0o644 })
  const open = await start(['--state-dir', folder, '--encryption-key-file', file]).ended
  expect([open.code, open.stderr]).toEqual([19, expect.stringContaining('open to others')])
  chmodSync(file, 0o600)
  const [first] = await startKnown(['--state-dir', folder, '--encryption-key-file', file])
  first.child.kill('SIGTERM')
  await first.ended
  const wrong = { LANDFAST_ENCRYPTION_KEY: Buffer.alloc(32, 8).toString('base64') }
  const other = await start(['--state-dir', folder], { env: wrong }).ended
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('sealed under another')])
  const right = { LANDFAST_ENCRYPTION_KEY: key }
  const [again] = await startKnown(['--state-dir', folder], { env: right })
  expect(again.stderr).not.toContain(key)
})

test('SIGHUP has it read the certificate again, and a bad one is only logged', async () => {
  const [maker, made] = await startKnown(['--state-dir', newFolder()])
  maker.child.kill('SIGTERM')
  await maker.ended
  const own = join(made.caFile, '..')
  const files = ['--tls-certificate', join(own, 'server.pem'), '--tls-key', join(own, 'server-key.pem')]
  const [running] = await startKnown(['--state-dir', newFolder(), ...files])
  running.child.kill('SIGHUP')
  await running.wrote('the server certificate was read again')
  writeFileSync(join(own, 'server.pem'), 'garbage')
  running.child.kill('SIGHUP')
  await running.wrote('the former one stays')
})

testWith(['root'], 'a state folder of another user is refused, whose it is being said', async () => {
  const folder = newFolder()
  mkdirSync(folder, { mode: 0o700 })
  chownSync(folder, 54_321, 54_322)
  const { code, stderr } = await start(['--state-dir', folder]).ended
  expect([code, stderr]).toEqual([69, expect.stringContaining('id 54321')])
})

for (const [what, options, text] of [
  ['full', 'size=16k', 'its disk is full'],
  ['read-only', 'ro', 'its file system is read-only'],
] as const) {
  testWith(['namespaces'], `a disk that is ${what} is named as the reason`, async () => {
    const folder = newFolder()
    mkdirSync(folder, { mode: 0o700 })
    const mount = `mount -t tmpfs -o mode=700,${options} none ${folder} && exec "$@"`
    const { code, stderr } = await start(['--state-dir', folder], {
      prefix: [...UNSHARE_MOUNTS, 'sh', '-c', mount, 'sh'],
    }).ended
    expect([code, stderr]).toEqual([69, expect.stringContaining(text)])
    expect(stderr).not.toMatch(/^ +at /m)
  })
}
