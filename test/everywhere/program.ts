/**
 * A network and a /var/opt of its own with a control plane, one machine with its agent, and four programs of others that use the
 * machine's identity: before the machine is disabled, and after. Prints what each of them got and what was audited.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { endProcess } from '../../packages/cli/src/output.ts'
import { makeCommand } from '../cli/command.ts'
import { APPLICATION } from '../entra/trial-client.ts'
import { programsOf, runPrograms } from './client-programs.ts'
import { AWS_AUDIENCE, REALM, startOtherSides } from './other-sides.ts'
import { findSecrets } from './secrets-on-machine.ts'

const [folder = '', keycloak = ''] = process.argv.slice(2)

/** Where official clients look for key files. */
const KEY_FOLDER = '/var/opt/azcmagent/tokens'

/** The name of a provider at Google. */
const GOOGLE_NAME =
  '//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/landfast/providers/landfast'

/** For what runs until the end, on a busy machine too. */
const UNTIL_THE_END = { patience: 600_000, prefix: ['setpriv', '--pdeathsig', 'KILL'] }

/** Until the agent has learnt what its control plane knows and has done what follows from it. */
const LEARNT_WITHIN_MS = 60_000

for (const line of ['ip link set lo up', 'mount -n -t tmpfs -o mode=755 tmpfs /var/opt']) {
  const [name = '', ...rest] = line.split(' ')
  execFileSync(name, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
}

const command = await makeCommand()
const administrator = { XDG_CONFIG_HOME: join(folder, 'administrator') }
const machine = join(folder, 'machine')
const place = {
  state: join(machine, 'state'),
  tokens: join(machine, 'tokens'),
  settings: join(machine, 'agent.yaml'),
  audit: join(machine, 'audit.jsonl'),
  google: join(machine, 'google.json'),
}
const tokenFiles = [
  { path: join(place.tokens, 'aws'), audience: AWS_AUDIENCE },
  { path: join(place.tokens, 'keycloak'), audience: REALM },
]
mkdirSync(place.tokens, { recursive: true, mode: 0o711 })
mkdirSync(KEY_FOLDER, { recursive: true, mode: 0o750 })

const plane = await startControlPlane()
const { joinToken, cloud, web } = await makeMachine()
const sides = await startOtherSides(
  { ...plane, machine: web.principalId, cloud: cloud.principalId, googleName: GOOGLE_NAME },
  keycloak,
  folder,
)
await hearOfIdentity()
await becomeApplication()
const agent = await startAgent(tokenFiles)
await until('the token files are there', () => tokenFiles.every(({ path }) => existsSync(path)))
const programs = await programsOf({ place, sides, folder, googleFile: await googleFile() })

const before = await runPrograms(programs)
const secretsBefore = secretsOfMachine()

const { stdout: disabled } = await administer('machine', 'disable', 'web-1')
const noticed = await askForMore()
await until('the token files are gone', () => readdirSync(place.tokens).length === 0)
const after = await runPrograms(programs)
const secretsAfter = secretsOfMachine()

agent.child.kill('SIGTERM')
const { code } = await agent.ended
const story = {
  ...{ before, disabled, noticed, after, secretsBefore, secretsAfter, code },
  ...{ web, cloud, machine, googleAudience: `https:${GOOGLE_NAME}`, realm: REALM },
  audited: linesOf(readFileSync(place.audit, 'utf8')),
  trail: linesOf((await administer('control-plane', 'audit', '--json')).stdout),
  presentedToEntra: sides.entra.requests.map(({ claims, status }) => [claims.sub, claims.aud, status]),
  exchanges: { google: sides.google.outcomes, aws: sides.aws.exchanges.length },
}
await sides.stop()
plane.running.child.kill('SIGTERM')
await plane.running.ended
command.remove()
process.stdout.write(`${JSON.stringify(story)}\n`)
await endProcess(0)

/** A command that has to end well. */
async function run(args: readonly string[], options?: Parameters<typeof command.run>[1]) {
  const ended = await command.run(args, options)
  if (ended.code !== 0)
    throw new Error(`${args.slice(0, 2).join(' ')} ended with ${ended.code}: ${ended.stderr}`)
  return ended
}

/** One of the administrator, who is logged in. */
function administer(...args: string[]) {
  return run(args, { env: administrator })
}

/** The control plane as a process, and what its readers have to know of it. */
async function startControlPlane() {
  const state = join(folder, 'control-plane')
  const args = ['control-plane', '--json', '--state-dir', state, '--assertion-audiences', REALM]
  const running = command.start([...args, '--host', '127.0.0.1', '--port', '8444'], UNTIL_THE_END)
  await running.wrote('"subscriptionId":')
  const { url, tenantId, caFile, administratorFile } = JSON.parse(running.stdout)
  await administer('login', '--administrator', administratorFile)
  const { clientSecret } = JSON.parse(readFileSync(administratorFile, 'utf8'))
  return {
    ...{ running, caFile, secret: clientSecret as string },
    authority: `${url}/${tenantId}`,
    issuer: `${url}/${tenantId}/`,
    ca: readFileSync(caFile, 'utf8'),
  }
}

/** The machine "web-1", which has the user-assigned identity "cloud" beside its own. */
async function makeMachine() {
  const created = JSON.parse(
    (await administer('identity', 'create', 'cloud', '--location', 'cellar', '--json')).stdout,
  )
  const { stdout } = await administer('join-token', 'create', '--json')
  const [, token = ''] = /(lfjt1\.[\w-]+)/.exec(stdout) ?? []
  const connect = ['connect', '--join-token-file', '-', '-n', 'web-1', '--state-dir', place.state, '--json']
  const connected = JSON.parse((await run(connect, { input: token })).stdout)
  await administer('identity', 'assign', 'cloud', '--machine', 'web-1')
  return {
    joinToken: token,
    cloud: { id: created.id as string, principalId: created.properties.principalId as string },
    web: connected as { resourceId: string; principalId: string; clientId: string },
  }
}

/** The machine learns with its first heartbeat which identities it has. */
async function hearOfIdentity(): Promise<void> {
  const running = await startAgent([])
  await until('the identity is known', () =>
    readFileSync(join(place.state, 'presence.json'), 'utf8').includes(cloud.principalId),
  )
  running.child.kill('SIGTERM')
  await running.ended
}

/** The machine is an application of Entra ID by its identity "cloud". */
async function becomeApplication(): Promise<void> {
  const { authorityHost, ca } = sides.entra
  const caFile = join(folder, 'entra-ca.pem')
  writeFileSync(caFile, ca)
  await run([
    ...['connect', '--authority', 'entra', '--federated-identity', cloud.id, '--state-dir', place.state],
    ...['--tenant-id', APPLICATION.tenantId, '--client-id', APPLICATION.clientId],
    ...['--authority-host', authorityHost, '--ca-file', caFile],
  ])
}

/** The agent as a process, which is ready. */
async function startAgent(files: typeof tokenFiles) {
  const settings = {
    ...{ 'state-dir': place.state, 'audit-log': place.audit, 'key-group': '' },
    ...{ styles: ['arc', 'vm'], 'style-ports': 'vm=50001' },
    'token-files': files,
  }
  writeFileSync(place.settings, JSON.stringify(settings), { mode: 0o600 })
  const running = command.start(['agent', '--config', place.settings], UNTIL_THE_END)
  await running.wrote('the agent is started')
  return running
}

/** The file that "landfast trust google" prints, for an agent that serves the style at another address. */
async function googleFile(): Promise<string> {
  const args = ['trust', 'google', '--json', '--state-dir', place.state, '--set', 'PROJECT_NUMBER=42']
  const { stdout } = await command.run(args)
  const { files } = JSON.parse(stdout) as { files: { path: string; content: string }[] }
  const { content = '{}' } = files.find(({ path }) => path.endsWith('google-vm.json')) ?? {}
  const file = JSON.parse(content)
  const url = file.credential_source.url.replace('//169.254.169.254/', '//127.0.0.1:50001/')
  const changed = { token_url: sides.google.tokenUrl, credential_source: { ...file.credential_source, url } }
  writeFileSync(place.google, JSON.stringify({ ...file, ...changed }))
  return place.google
}

/** What the agent has no token for yet it has to ask for, and so it learns how the machine stands before its next heartbeat. */
async function askForMore() {
  const env = { IDENTITY_ENDPOINT: 'http://127.0.0.1:40342/metadata/identity/oauth2/token' }
  const { code, stderr } = await command.run(['token', '--resource', 'https://graph.microsoft.com'], {
    env: { ...env, IMDS_ENDPOINT: 'http://127.0.0.1:40342' },
  })
  return { code, stderr }
}

/** What is secret in the files of the machine, its log among them, and in what its agent was started with. */
function secretsOfMachine() {
  writeFileSync(join(machine, 'agent.log'), agent.stdout + agent.stderr)
  const started = ['environ', 'cmdline'].map((name) => `/proc/${agent.child.pid}/${name}`)
  return findSecrets([machine, KEY_FOLDER, ...started], [plane.secret, joinToken])
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + LEARNT_WITHIN_MS
  while (!holds()) {
    if (performance.now() > end) throw new Error(`it never came to this: ${what}`)
    await pause(50)
  }
}

function linesOf(text: string): unknown[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}
