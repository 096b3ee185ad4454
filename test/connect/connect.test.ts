/** `landfast connect`, `show` and `disconnect` as real processes against a real control plane. */

import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createHttpsClient } from '@landfast/agent/upstream'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { fetchToken } from '../../packages/cli/src/control-plane/control-plane-token.ts'
import { makeCertificate } from '../../packages/control-plane/src/testing/trial-certificates.ts'
import { bundleProgram, makeCommand, OTHER_USER, type TestCommand } from '../cli/command.ts'
import { testWith, UNSHARE_MOUNTS } from '../privilege.ts'
import { GROUP, kept, startSite, type TestSite } from './connected-site.ts'
import { startLosingRelay } from './losing-relay.ts'

let command: TestCommand

beforeAll(async () => {
  command = await makeCommand()
})

afterAll(() => command.remove())

const MACHINES = { apiVersion: '2024-07-10' }

test('one line with a join token enrols a server, which is told by show and ended by disconnect', async () => {
  const site = await startSite()
  const token = await site.joinToken({ tags: { rack: '7' } })
  const state = join(site.folder, 'state')
  const options = ['--state-dir', state]
  const args = ['connect', '--join-token-file', '-', '-n', 'web-1', '--tags', 'owner=a\\,b', ...options]
  const connected = await command.run([...args, '--json'], { input: `${token}\n` })
  expect(connected).toMatchObject({ code: 0 })
  const { resourceId, principalId } = JSON.parse(connected.stdout)
  const machine = await site.client.call('GET', resourceId, MACHINES)
  expect(machine.body).toMatchObject({
    name: 'web-1',
    location: 'cellar',
    tags: { rack: '7', owner: 'a,b' },
    identity: { principalId },
    properties: { osType: 'linux', agentVersion: '0.1.0' },
  })
  expect(statSync(state).mode & 0o777).toBe(0o700)
  for (const name of ['registration.json', 'presence.json']) {
    expect(statSync(join(state, name)).mode & 0o777).toBe(0o600)
  }
  expect(existsSync(join(state, 'pending-registration.json'))).toBe(false)

  const shown = await command.run(['show', 'Resource Name', 'resourceGroup', 'status', ...options])
  expect(shown.stdout).toBe(
    'Resource Name       : web-1\nResource Group Name : servers\nAgent Status        : Connected\n',
  )
  const all = await command.run(['show', '--json', ...options])
  expect(JSON.parse(all.stdout)).toMatchObject({
    resourceId,
    principalId,
    subscriptionId: site.administrator.subscriptionId,
    tenantId: site.administrator.tenantId,
    location: 'cellar',
    cloud: site.url,
    serviceStatus: 'stopped',
  })

  const again = await command.run([...args], { input: token })
  expect(again).toMatchObject({ code: 67, stderr: expect.stringContaining(resourceId) })

  const { clientId, clientSecret } = site.administrator
  const secretFile = site.file('secret', clientSecret)
  const ended = await command.run([
    ...['disconnect', '-i', clientId, '--service-principal-secret-file', secretFile, ...options],
  ])
  expect(ended).toMatchObject({ code: 0, stdout: `disconnected: ${resourceId}\n` })
  await expect(site.client.call('GET', resourceId, MACHINES)).rejects.toMatchObject({ status: 404 })
  expect(readdirSync(state).filter((name) => name.endsWith('.json') && !name.startsWith('.'))).toEqual([])
  const nothing = await command.run(['disconnect', ...options])
  expect(nothing).toMatchObject({ code: 0, stdout: 'this machine was not connected\n' })

  const written = [connected, shown, all, again, ended].map(({ stdout, stderr }) => stdout + stderr).join()
  expect(written).not.toContain(token)
  expect(written).not.toContain(clientSecret)
  expect(written).not.toContain('PRIVATE KEY')
})

test('a join token by variable is accepted, one in the arguments with a warning', async () => {
  const site = await startSite()
  const token = await site.joinToken({ uses: 2 })
  const env = { LANDFAST_JOIN_TOKEN: token }
  const byVariable = await command.run(['connect', '-n', 'a', '--state-dir', join(site.folder, 'a')], { env })
  expect(byVariable.code).toBe(0)
  expect(byVariable.stderr).not.toContain('other users')
  const args = ['connect', '-n', 'b', '--state-dir', join(site.folder, 'b'), '--join-token', token]
  const byArgument = await command.run(args)
  expect(byArgument.code).toBe(0)
  expect(byArgument.stderr).toContain('other users of this host see the arguments')
  expect(byArgument.stderr).not.toContain(token)
})

test('a machine that was forgotten here is in the way of its name there, and each advice leads on', async () => {
  const site = await startSite()
  const options = ['--state-dir', join(site.folder, 'state')]
  const connect = async (name: string, changes?: object) =>
    command.run(['connect', '-n', name, '--join-token-file', '-', ...options], {
      input: await site.joinToken(changes),
    })
  expect((await connect('web-1')).code).toBe(0)
  const identityHere = () =>
    kept(join(site.folder, 'state'), 'registration.json').identity as { resourceId: string }
  const identity = identityHere()
  const forget = () => command.run(['disconnect', '--force-local-only', ...options])
  expect((await forget()).stderr).toContain('"landfast join-token create --replace web-1"')
  const taken = await connect('web-1')
  expect(taken.code).toBe(44)
  expect(taken.stderr).toContain('"landfast join-token create --replace NAME"')
  expect((await connect('web-2')).code).toBe(0)
  await forget()
  const replaced = { replaces: identity.resourceId, resourceGroup: undefined, location: undefined }
  const returned = await connect('web-3', replaced)
  expect([returned.code, returned.stderr]).toEqual([
    0,
    expect.stringContaining('it is the machine "web-1" now'),
  ])
  expect(returned.stderr).not.toContain('web-3')
  expect(identityHere()).toEqual(identity)
})

testWith(
  ['root', 'namespaces'],
  'a host without a name of its own is asked for one before anything is made',
  async () => {
    const state = join(command.folder, 'nameless')
    const named = 'echo localhost >/proc/sys/kernel/hostname && exec "$@"'
    const prefix = [...UNSHARE_MOUNTS, '--uts', 'sh', '-c', named, 'sh']
    const args = ['connect', '--join-token', 'lfjt1.unread', '--state-dir', state]
    const { code, stderr } = await command.run(args, { prefix })
    expect(code).toBe(16)
    expect(stderr).toMatch(/"localhost", which many hosts are\nhint: .*--resource-name NAME\n$/)
    expect(existsSync(state)).toBe(false)
  },
)

test('a service principal connects by its secret, and its group is made', async () => {
  const site = await startSite()
  const { clientId, clientSecret } = site.administrator
  const state = join(site.folder, 'state')
  const secretFile = site.file('secret', clientSecret)
  const args = ['connect', '-i', clientId, ...site.flags('db-1'), '--state-dir', state]
  const connected = await command.run([...args, '--service-principal-secret-file', secretFile])
  expect(connected).toMatchObject({ code: 0 })
  const { identity } = kept(state, 'registration.json') as {
    identity: { resourceId: string; principalId: string }
  }
  expect(identity.resourceId).toContain(`/resourceGroups/${GROUP}/`)
  const machine = await site.client.call('GET', identity.resourceId, MACHINES)
  expect(machine.body).toMatchObject({ identity: { principalId: identity.principalId }, location: 'cellar' })
})

test('what is missing or wrong ends with the exit codes of azcmagent and a hint', async () => {
  const site = await startSite()
  const { clientId } = site.administrator
  const state = join(site.folder, 'state')
  const common = ['connect', ...site.flags('x'), '--state-dir', state]
  const withSecret = (secret: string) => [
    ...common,
    ...['-i', clientId, '--service-principal-secret-file', site.file('secret', secret)],
  ]
  const cases: [number, string[]][] = [
    [16, common],
    [16, [...common, '-i', clientId]],
    [16, ['connect', '-i', clientId, '-p', 'x', '--state-dir', state]],
    [23, ['connect', '--join-token', 'lfjt1.oops', '--state-dir', state]],
    [23, [...common, '--join-token', await site.joinToken()]],
    [23, ['connect', '--join-token', await site.joinToken(), '--tags', 'x', '--state-dir', state]],
    [26, [...withSecret('x'), '--url', 'https://127.0.0.1:9']],
    [41, withSecret('MARKED-WRONG-SECRET')],
    [19, [...common, '-i', clientId, '--service-principal-secret-file', join(site.folder, 'none')]],
    [23, ['show', 'colour', '--state-dir', state]],
  ]
  for (const [code, args] of cases) {
    const ended = await command.run(args)
    expect([args.slice(0, 4), ended.code, ended.stderr]).toEqual([args.slice(0, 4), code, ended.stderr])
    expect(ended.stderr).toMatch(/^landfast: /m)
    expect(ended.stderr + ended.stdout).not.toContain('MARKED')
  }
  expect(readFileSync(site.caFile, 'utf8')).toContain('CERTIFICATE')
})

test('a name that is taken is 44, a join token that is spent 41', async () => {
  const site = await startSite()
  const [first, second] = [await site.joinToken(), await site.joinToken()]
  const connect = (token: string, folder: string) =>
    command.run(
      ['connect', '-n', 'same', '--join-token-file', '-', '--state-dir', join(site.folder, folder)],
      {
        input: token,
      },
    )
  expect((await connect(first, 'a')).code).toBe(0)
  expect((await connect(first, 'b')).code).toBe(41)
  expect((await connect(second, 'b')).code).toBe(44)
})

const TRANSIENT = { code: 26 }

test('the answer of an enrolment is lost: connect is repeated, and the machine is the one that was made', async () => {
  const relay = await startLosingRelay()
  const site = await startSite(relay)
  const token = await site.joinToken()
  const state = join(site.folder, 'state')
  const run = () =>
    command.run(['connect', '-n', 'web', '--join-token-file', '-', '--state-dir', state], { input: token })
  relay.lose.push(/enrol/, /enrol/)
  expect(await run()).toMatchObject(TRANSIENT)
  const { privateKey } = kept(state, 'pending-registration.json')
  expect(await run()).toMatchObject(TRANSIENT)
  expect(await run()).toMatchObject({ code: 0 })
  const registration = kept(state, 'registration.json') as {
    privateKey: string
    identity: { resourceId: string; principalId: string }
  }
  expect(registration.privateKey === privateKey).toBe(true)
  const { resourceId, principalId } = registration.identity
  const machine = await site.client.call('GET', resourceId, MACHINES)
  expect(machine.body).toMatchObject({ identity: { principalId } })
})

test('any answer may be lost, or the command killed, where a service principal connects and disconnects', async () => {
  const relay = await startLosingRelay()
  const site = await startSite(relay)
  const { clientId, clientSecret } = site.administrator
  const state = join(site.folder, 'state')
  const secret = ['-i', clientId, '--service-principal-secret-file', site.file('secret', clientSecret)]
  const args = [...secret, '--state-dir', state]
  const connect = () => command.run(['connect', ...site.flags('db'), ...args])
  relay.lose.push(/oauth2/, /PUT .*machines/, /certificate/)
  for (let lost = 0; lost < 3; lost += 1) expect(await connect()).toMatchObject(TRANSIENT)
  const killed = command.start(['connect', ...site.flags('db'), ...args])
  await killed.wrote('fetching the certificate')
  killed.child.kill('SIGKILL')
  await killed.ended
  // The answer may have come before the signal.
  expect([0, 67]).toContain((await connect()).code)
  const { identity } = kept(state, 'registration.json') as { identity: { resourceId: string } }
  const machine = await site.client.call('GET', identity.resourceId, MACHINES)
  expect(machine.body).toMatchObject({ name: 'db' })

  const disconnect = () => command.run(['disconnect', ...args])
  relay.lose.push(/DELETE/)
  expect(await disconnect()).toMatchObject(TRANSIENT)
  expect(existsSync(join(state, 'registration.json'))).toBe(true)
  expect(await disconnect()).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('deleted there already'),
  })
  expect(existsSync(join(state, 'registration.json'))).toBe(false)
})

test('what answers is not the control plane of the join token: nothing secret is sent', async () => {
  const relay = await startLosingRelay()
  const [site, other] = [await startSite(relay), await startLosingRelay()]
  relay.ca = other.ca
  const args = ['connect', '--join-token-file', '-', '--state-dir', join(site.folder, 'state')]
  const token = await site.joinToken()
  relay.seen.length = 0
  expect(await command.run(args, { input: token })).toMatchObject({ code: 26 })
  expect(relay.seen).toEqual(['GET /landfast/v1/ca.pem'])
})

test('an access token and a certificate connect as well', async () => {
  const site = await startSite()
  const { clientId, clientSecret, tenantId } = site.administrator
  const https = createHttpsClient(readFileSync(site.caFile, 'utf8'))
  onTestFinished(() => https.close())
  const accessToken = await fetchToken({
    https,
    authority: `${site.url}/${tenantId}`,
    credential: { kind: 'secret', clientId, secret: clientSecret },
    now: () => new Date(),
    signal: AbortSignal.timeout(60_000),
  })
  const connect = (name: string, ...credential: string[]) =>
    command.run(['connect', ...site.flags(name), '--state-dir', join(site.folder, name), ...credential])
  const token = site.file('token', accessToken)
  expect(await connect('by-token', '--access-token-file', token)).toMatchObject({ code: 0 })

  for (const kind of ['ec', 'rsa'] as const) {
    const { pem: certificate, privateKey } = await makeCertificate({ kind })
    const principal = `/landfast/v1/service-principals/${await principalOf(site)}`
    await site.client.call('POST', `${principal}/certificates`, { body: { certificate } })
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' })
    const both = site.file('both.pem', `${key}${certificate}`)
    const connected = await connect(`by-${kind}`, '-i', clientId, '--service-principal-cert', both)
    expect(connected).toMatchObject({ code: 0 })
  }
})

async function principalOf(site: TestSite): Promise<string> {
  const { body } = await site.client.call('GET', '/landfast/v1/service-principals')
  const value = body.value as { clientId: string; principalId: string }[]
  return value.find(({ clientId }) => clientId === site.administrator.clientId)?.principalId ?? ''
}

test('after connect the agent serves real SDKs, and goes on after it was killed', async () => {
  const site = await startSite()
  const state = join(site.folder, 'state')
  const connected = await command.run(
    ['connect', '-n', 'web', '--join-token-file', '-', '--state-dir', state, '--json'],
    { input: await site.joinToken() },
  )
  const { resourceId } = JSON.parse(connected.stdout)
  const secret = 'a-secret-of-thirty-two-characters'
  const publicFile = join(command.folder, 'public', 'machine.json')
  const start = async () => {
    const running = command.start(['agent', '--styles', 'app-service', '--state-dir', state], {
      env: { LANDFAST_IDENTITY_HEADER: secret, LANDFAST_PUBLIC_FILE: publicFile },
    })
    onTestFinished(() => void running.child.kill('SIGKILL'))
    await running.wrote('the agent is started')
    const line = running.stderr.split('\n').find((text) => text.includes('is started')) ?? '{}'
    const env = { IDENTITY_ENDPOINT: JSON.parse(line).endpoints[0].url, IDENTITY_HEADER: secret }
    return { running, env }
  }
  const first = await start()
  const program = await bundleProgram(command, 'sdk-program')
  // The control plane is in this process, so nothing here may wait for another one idly.
  const sdk = async (env: Record<string, string>) =>
    JSON.parse((await promisify(execFile)(process.execPath, [program], { env })).stdout)
  const audience = 'https://vault.azure.net'
  expect(await sdk(first.env)).toEqual({ managed: audience, default: audience, msal: audience })
  const options = ['--state-dir', state]
  expect(await command.run(['disconnect', '-f', ...options])).toMatchObject({ code: 67 })
  first.running.child.kill('SIGKILL')
  await first.running.ended
  const second = await start()
  expect((await sdk(second.env)).managed).toBe(audience)
  await heartbeatOf(state)
  const shown = await command.run(['show', '--json', ...options])
  expect(JSON.parse(shown.stdout)).toMatchObject({
    status: 'Connected',
    serviceStatus: 'running',
    resourceId,
  })
  const other = { LANDFAST_PUBLIC_FILE: publicFile }
  const asOther = await command.run(['show', 'resourceId', 'serviceStatus', '--json', ...options], {
    env: other,
    prefix: process.getuid?.() === 0 ? ['setpriv', ...OTHER_USER] : [],
  })
  // Another user may not ask the agent.
  const serviceStatus = process.getuid?.() === 0 ? 'unknown' : 'running'
  expect(JSON.parse(asOther.stdout)).toEqual({ resourceId, serviceStatus })
  second.running.child.kill('SIGTERM')
  expect(await second.running.ended).toMatchObject({ code: 0 })
  expect(JSON.parse((await command.run(['show', '--json', ...options])).stdout)).toMatchObject({
    status: 'Connected',
    serviceStatus: 'stopped',
  })
  expect(first.running.stderr + second.running.stderr).not.toMatch(/eyJ|PRIVATE/)
})

/** Waits until a heartbeat was answered. */
async function heartbeatOf(state: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => kept(state, 'presence.json').lastHeartbeatAt !== undefined && resolve()
  const watcher = watch(state, look)
  look()
  await promise
  watcher.close()
}
