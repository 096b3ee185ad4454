/**
 * A program that runs in namespaces of its own, in which `example.vault.azure.net` is a key vault here: it starts
 * `landfast dev`, the vault beside it, and the example as an identity that may read the secret and as one that may not.
 * It prints their results.
 *
 * Usage: node key-vault-program.ts FOLDER LANDFAST_ARGV EXAMPLE_ARGV
 *
 * @module
 */

import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { promisify } from 'node:util'
import { makeCertificate } from '../../packages/control-plane/src/testing/issuer-keys.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { startKeyVault } from './key-vault.ts'

const HOST = 'example.vault.azure.net'
const VAULT = `https://${HOST}`
const SECRET = { name: 'database-password', value: 'marked-secret' }

const run = promisify(execFile)
const [folder = '', ...argvs] = process.argv.slice(2)
const [landfast = [], example = []] = argvs.map((argv) => JSON.parse(argv) as string[])
const { PATH } = process.env

execFileSync('ip', ['link', 'set', 'lo', 'up'])
nameHost()
const dev = spawn(landfast[0] ?? '', [...landfast.slice(1), 'dev', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const [line] = await once(createInterface({ input: dev.stdout }), 'line')
const site = JSON.parse(line)
const tls = await makeCertificate([{ type: 'dns', value: HOST }])
const authorities = `${readFileSync(site.caFile, 'utf8')}\n${tls.certificate}`
const caFile = join(folder, 'ca.pem')
writeFileSync(caFile, authorities)
setDefaultCACertificates([...getCACertificates(), authorities])
const variables = await endpointVariables()
const shown = {
  allowed: await withVault(site.principalId, runExample),
  denied: await withVault('somebody-else', runExample),
  unproven: await withVault(site.principalId, showOtherTokens),
}
process.stdout.write(`${JSON.stringify(shown)}\n`)
dev.kill('SIGINT')
await once(dev, 'exit')

/** Beside the names that the host has. */
function nameHost(): void {
  const hosts = join(folder, 'hosts')
  writeFileSync(hosts, `${readFileSync('/etc/hosts', 'utf8')}\n127.0.0.1 ${HOST}\n`)
  execFileSync('mount', ['-n', '--bind', hosts, '/etc/hosts'])
}

async function endpointVariables(): Promise<Record<string, string>> {
  const [program = '', ...rest] = landfast
  const args = [...rest, 'env', '--state-dir', site.stateDir, '--json', '--show-secret']
  return JSON.parse((await run(program, args)).stdout).variables
}

/** What comes of `use` while `reader` alone may read the secret. */
async function withVault<T>(reader: string, use: () => Promise<T>): Promise<T> {
  const authority = `${site.controlPlaneUrl}/${site.tenantId}`
  const vault = await startKeyVault({ host: HOST, tls, authority, reader, secret: SECRET })
  try {
    return await use()
  } finally {
    vault.stop()
  }
}

/** What the example prints, or why it does not. */
async function runExample(): Promise<string> {
  const [program = '', ...rest] = example
  const env = {
    ...{ PATH, ...MOVED_CLOCK, ...variables, NODE_EXTRA_CA_CERTS: caFile },
    ...{ KEY_VAULT_URL: VAULT, SECRET_NAME: SECRET.name },
  }
  try {
    return (await run(program, rest, { env, timeout: 60_000 })).stdout
  } catch (error) {
    return String((error as { stderr?: string }).stderr)
  }
}

/** How the vault answers who has no token, and who has one for something else. */
async function showOtherTokens(): Promise<number[]> {
  const { IDENTITY_ENDPOINT = '', IDENTITY_HEADER = '' } = variables
  const query = new URLSearchParams({ 'api-version': '2019-08-01', resource: 'https://storage.azure.com' })
  const headers = { 'X-IDENTITY-HEADER': IDENTITY_HEADER }
  const asked = await fetch(`${IDENTITY_ENDPOINT}?${query}`, { headers })
  const { access_token } = (await asked.json()) as { access_token: string }
  const secret = `${VAULT}/secrets/${SECRET.name}`
  const answers = await Promise.all([
    fetch(secret),
    fetch(secret, { headers: { Authorization: `Bearer ${access_token}` } }),
  ])
  return answers.map(({ status }) => status)
}
