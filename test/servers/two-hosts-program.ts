/**
 * Two hosts on one wire, in a network of this program's own: on one a control plane and RabbitMQ, on the other a
 * server that joins by the line that an administrator was given. An official SDK there gets a token, and RabbitMQ
 * is shown it over the wire. Prints what came of it as JSON.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endProcess } from '../../packages/cli/src/output.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { makeOtherHost, startedLine } from '../other-host.ts'
import { RABBITMQ_AUDIENCE, RABBITMQ_ROLES, startRabbitmq } from './rabbitmq.ts'

const CLOUD = { address: '10.98.0.1', name: 'cloud.example' }
const SERVER = { address: '10.98.0.2' }
const PORT = 8443
const GROUP = 'edge'
const ENDPOINT = 'http://127.0.0.1:40342/metadata/identity/oauth2/token'
const SDK_PROGRAM = fileURLToPath(new URL('sdk-program.ts', import.meta.url))

const [folder = '', node = '', entry = ''] = process.argv.slice(2)
const stateDir = join(folder, 'server')
const environment = {
  ...MOVED_CLOCK,
  HOME: join(folder, 'home'),
  PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
  LANDFAST_STATE_DIR: stateDir,
}

prepareFiles()
const onServer = await makeOtherHost({ own: CLOUD.address, other: SERVER.address })
const controlPlane = JSON.parse(await started([], ['control-plane', ...controlPlaneFlags()], 'stdout'))
const rabbitmq = await startRabbitmq(folder, {
  keysUrl: `https://${CLOUD.name}:${PORT}/${controlPlane.tenantId}/discovery/v2.0/keys`,
  caFile: controlPlane.caFile,
  address: CLOUD.address,
})
landfast(['login', '--administrator', controlPlane.administratorFile])
const joinToken = JSON.parse(landfast(['join-token', 'create', '--resource-group', GROUP, '--json']))
// As somebody types it on the server, who was given nothing else.
run([...onServer, 'sh', '-c', joinToken.command])
await started(onServer, ['agent', '--key-group', ''], 'stderr')
const { identity } = JSON.parse(readFileSync(join(stateDir, 'registration.json'), 'utf8'))
for (const role of RABBITMQ_ROLES) {
  const what = ['--app-role', role, '--resource', RABBITMQ_AUDIENCE]
  landfast(['role', 'assign', '--assignee', identity.principalId, ...what])
}
const seen = run(
  [...onServer, process.execPath, SDK_PROGRAM, `${RABBITMQ_AUDIENCE}/.default`, rabbitmq.url],
  {
    IDENTITY_ENDPOINT: ENDPOINT,
    IMDS_ENDPOINT: new URL(ENDPOINT).origin,
  },
)
process.stdout.write(`${JSON.stringify({ principalId: identity.principalId, ...JSON.parse(seen) })}\n`)
await rabbitmq.stop()
await endProcess(0)

function prepareFiles(): void {
  for (const name of ['bin', 'home']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'bin', 'landfast'), `#!/bin/sh\nexec "${node}" "${entry}" "$@"\n`, {
    mode: 0o755,
  })
  writeFileSync(join(folder, 'bin', 'sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 })
  const hosts = join(folder, 'hosts')
  writeFileSync(hosts, `127.0.0.1 localhost\n${CLOUD.address} ${CLOUD.name}\n`)
  run(['mount', '--bind', hosts, '/etc/hosts'])
  // The folder of the key files is every SDK's own, so it is put over the host's for this program alone.
  run(['mount', '-t', 'tmpfs', 'tmpfs', '/var/opt'])
}

function controlPlaneFlags(): string[] {
  const url = `https://${CLOUD.name}:${PORT}`
  const stateFolder = join(folder, 'control-plane')
  return ['--state-dir', stateFolder, '--host', CLOUD.address, '--port', String(PORT), '--url', url, '--json']
}

function landfast(args: readonly string[]): string {
  return run(['landfast', ...args])
}

function run([program = '', ...args]: readonly string[], variables: NodeJS.ProcessEnv = {}): string {
  const env = { ...environment, ...variables }
  return execFileSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Starts a command that goes on, and waits for the first line that it writes. */
async function started(
  host: readonly string[],
  args: readonly string[],
  stream: 'stdout' | 'stderr',
): Promise<string> {
  return await startedLine([...host, 'landfast', ...args], environment, stream)
}
