/**
 * A network of its own in which the names of Entra ID are this control plane, on their own port: official clients
 * that are told nothing at all about their authority. Prints what each of them got.
 *
 * Usage: node namespace-program.ts FOLDER [PYTHON]
 *
 * @module
 */

import { execFile, execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createControlPlane } from '@landfast/control-plane'
import { endProcess } from '../../packages/cli/src/output.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { makeOwnAssertion } from './own-assertion.ts'
import { type PreparedClient, prepareClient } from './prepared-client.ts'

const ENTRA = 'login.microsoftonline.com'
const [folder = '', python] = process.argv.slice(2)
const hosts = join(folder, 'hosts')
writeFileSync(hosts, `127.0.0.1 localhost ${ENTRA}\n`)
execFileSync('ip', ['link', 'set', 'lo', 'up'], { stdio: ['ignore', 'ignore', 'inherit'] })
execFileSync('mount', ['--bind', hosts, '/etc/hosts'], { stdio: ['ignore', 'ignore', 'inherit'] })

const controlPlane = createControlPlane({
  stateFolder: join(folder, 'state'),
  port: 443,
  url: `https://${ENTRA}`,
})
await controlPlane.start()
const file = await prepareClient(controlPlane, folder)
const client: PreparedClient = JSON.parse(readFileSync(file, 'utf8'))
writeFileSync(`${file}.assertion`, await makeOwnAssertion(client), { mode: 0o600 })

const { caFile } = controlPlane
const env = {
  ...MOVED_CLOCK,
  PATH: process.env.PATH,
  NODE_EXTRA_CA_CERTS: caFile,
  REQUESTS_CA_BUNDLE: caFile,
}
const results = {
  oid: client.principalId,
  node: await ask(process.execPath, 'entra-clients.ts'),
  python: python ? await ask(python, 'entra_clients.py') : undefined,
}
process.stdout.write(`${JSON.stringify(results)}\n`)
await endProcess(0)

async function ask(program: string, script: string): Promise<unknown> {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const { stdout } = await promisify(execFile)(program, [path, file, 'default'], { env })
  return JSON.parse(stdout)
}
