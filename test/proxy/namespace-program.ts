/**
 * A server that reaches its control plane through a proxy alone: on its network there is only the proxy, and no way
 * further. Real commands go through tinyproxy, which asks for a password, and through squid, which opens TLS. Prints
 * what came of each as JSON.
 *
 * @module
 */

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endProcess } from '../../packages/cli/src/output.ts'
import { makeCertificate } from '../../packages/control-plane/src/testing/trial-certificates.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { ip, makeOtherHost, startedLine } from '../other-host.ts'
import { startSquid, startTinyproxy } from './real-proxies.ts'

/** The wire of the server; the control plane is not on it. */
const WIRE = { proxy: '10.98.0.1', server: '10.98.0.2' }
const CLOUD = { address: '10.99.0.1', name: 'cloud.example', port: 8443 }
const CREDENTIALS = 'user:MARKED-password'

const [folder = '', node = '', entry = ''] = process.argv.slice(2)
const stateDir = join(folder, 'server')
const environment = { HOME: join(folder, 'home'), ...MOVED_CLOCK, PATH: process.env.PATH }

prepareFiles()
const onServer = await makeOtherHost({ own: WIRE.proxy, other: WIRE.server })
ip(`address add ${CLOUD.address}/32 dev lo`)
const controlPlane = JSON.parse(await started([], ['control-plane', ...controlPlaneFlags()], 'stdout'))
const place = { folder, address: WIRE.proxy }
const tinyproxy = await startTinyproxy({ ...place, port: 3128 }, CREDENTIALS)
const login = ['login', '--administrator', controlPlane.administratorFile]
landfast([], login)
const { token } = JSON.parse(landfast([], ['join-token', 'create', '--uses', '2', '--json']).stdout)

const right = fileOf('credentials', `${CREDENTIALS}\n`)
const wrong = fileOf('wrong', 'user:WRONG-MARKED\n')
const tokenFile = fileOf('token', token)
const proxy = ['--proxy-url', tinyproxy.url]
const join_ = ['connect', '--join-token-file', tokenFile, '-n', 'web', '--state-dir', stateDir]
const results: Record<string, unknown> = {
  direct: outcome(landfast(onServer, join_)),
  missing: outcome(landfast(onServer, [...join_, ...proxy])),
  wrong: outcome(landfast(onServer, [...join_, ...proxy, '--proxy-credentials-file', wrong])),
  connected: outcome(landfast(onServer, [...join_, ...proxy, '--proxy-credentials-file', right])),
}
const agentLine = await started(
  onServer,
  ['agent', '--state-dir', stateDir, '--styles', 'arc', '--key-group', ''],
  'stderr',
)
// Were the proxy asked for what is on this host, its answer would be 407.
const hostile = {
  HTTP_PROXY: tinyproxy.url,
  HTTPS_PROXY: tinyproxy.url,
  ALL_PROXY: tinyproxy.url,
  NO_PROXY: '',
}
const asking = ['token', '--resource', 'https://vault.azure.net', '--decode', '--json']
const asked = landfast(onServer, asking, hostile)
results.token = asked.code === 0 ? JSON.parse(asked.stdout).claims.aud : asked.stderr
results.agent = agentLine.includes('MARKED')
const elsewhere = { XDG_CONFIG_HOME: join(folder, 'elsewhere') }
results.login = outcome(
  landfast(onServer, [...login, ...proxy, '--proxy-credentials-file', right], elsewhere),
)
const list = ['machine', 'list', '--json']
results.listed = landfast(onServer, list, elsewhere).stdout.includes('"web"')
results.kept = readFileSync(join(folder, 'elsewhere/landfast/login.json'), 'utf8').includes('MARKED')
const audit = ['control-plane', 'audit', '--administrator', controlPlane.administratorFile]
const inUrl = { HTTPS_PROXY: tinyproxy.url.replace('//', `//${CREDENTIALS}@`) }
results.audited = landfast(onServer, audit, inUrl).stdout.includes('enrol-machine')
results.wrongInUrl = outcome(
  landfast(onServer, audit, { HTTPS_PROXY: tinyproxy.url.replace('//', '//user:WRONG-MARKED@') }),
)
results.past = outcome(landfast(onServer, audit, { ...inUrl, NO_PROXY: `x,.${CLOUD.name}` }))
const otherDir = join(folder, 'other')
const joinOther = ['connect', '--join-token-file', tokenFile, '-n', 'other', '--state-dir', otherDir]
results.noted = outcome(landfast(onServer, joinOther, inUrl), /HTTPS_PROXY/)
const { clientId, clientSecret } = JSON.parse(readFileSync(controlPlane.administratorFile, 'utf8'))
const asAdministrator = { LANDFAST_SERVICE_PRINCIPAL_SECRET: clientSecret, ...inUrl }
const leaving = ['disconnect', '--state-dir', otherDir, '--service-principal-id', clientId]
results.disconnected = landfast(onServer, leaving, asAdministrator).stdout.startsWith('disconnected: ')
await tinyproxy.stop()
results.down = outcome(landfast(onServer, audit, inUrl))
const log = readFileSync(tinyproxy.logFile, 'utf8')
results.asked = [...new Set(Array.from(log.matchAll(/CONNECT (\S+) HTTP/g), ([, target]) => target))]

const opener = await makeCertificate({ authority: true, name: 'CN=proxy' })
const opening = `${opener.pem}\n${opener.privateKey.export({ format: 'pem', type: 'pkcs8' })}`
const squid = await startSquid({ ...place, port: 3129 }, fileOf('proxy-ca-and-key.pem', opening))
const bySquid = { ...elsewhere, LANDFAST_PROXY_URL: squid.url }
const trusting = { ...bySquid, LANDFAST_PROXY_CA_FILE: fileOf('proxy-ca.pem', opener.pem) }
results.opened = outcome(landfast(onServer, list, bySquid))
results.openedAndTrusted = landfast(onServer, list, trusting).stdout.includes('"web"')
results.seenInside = readFileSync(squid.logFile, 'utf8').includes('/providers/Microsoft.HybridCompute')
await squid.stop()
process.stdout.write(`${JSON.stringify(results)}\n`)
await endProcess(0)

interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

/** The exit code, and the last sentence that was said, or the one that is like `pattern`. */
function outcome({ code, stderr }: Ran, pattern = /./): unknown {
  const lines = stderr.split('\n').filter((line) => line.startsWith('landfast: ') && pattern.test(line))
  return code === 0 && pattern.source === '.' ? [code, ''] : [code, lines.at(-1) ?? '']
}

function prepareFiles(): void {
  for (const name of ['home', 'elsewhere']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost\n${CLOUD.address} ${CLOUD.name}\n`)
  run(['mount', '--bind', join(folder, 'hosts'), '/etc/hosts'])
  run(['mount', '-t', 'tmpfs', 'tmpfs', '/var/opt'])
}

function controlPlaneFlags(): string[] {
  const { address, name, port } = CLOUD
  const where = ['--host', address, '--port', String(port), '--url', `https://${name}:${port}`]
  return ['--state-dir', join(folder, 'control-plane'), ...where, '--json']
}

function landfast(host: readonly string[], args: readonly string[], variables: NodeJS.ProcessEnv = {}): Ran {
  const [program = '', ...rest] = [...host, node, entry, ...args]
  const env = { ...environment, ...variables }
  const { status, stdout, stderr } = spawnSync(program, rest, { env, encoding: 'utf8' })
  return { code: status, stdout, stderr }
}

function run([program = '', ...args]: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Writes a file for this user alone. */
function fileOf(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

/** Starts a command that goes on, and waits for the first line that it writes. */
async function started(
  host: readonly string[],
  args: readonly string[],
  stream: 'stdout' | 'stderr',
): Promise<string> {
  return await startedLine([...host, node, entry, ...args], environment, stream)
}
