/**
 * A network of its own: issuers on private addresses under names in its own /etc/hosts, a control plane that may
 * contact some of them, and workloads with official clients. Prints what each of these got.
 *
 * @module
 */

import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { JWT_BEARER } from '@landfast/protocol'
import { pino } from 'pino'
import { endProcess } from '../../packages/cli/src/output.ts'
import type { ForeignIssuers } from '../../packages/control-plane/src/federation/issuer-access.ts'
import { checkOptions } from '../../packages/control-plane/src/options.ts'
import { createApplication, newApplication } from '../../packages/control-plane/src/registry/applications.ts'
import { putFederatedCredential } from '../../packages/control-plane/src/registry/federated-credentials.ts'
import { startControlPlane } from '../../packages/control-plane/src/running-control-plane.ts'
import { makeCertificate } from '../../packages/control-plane/src/testing/issuer-keys.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { startGithubPlatform } from './github-platform.ts'
import { createOidcIssuer } from './oidc-issuer.ts'

const WORKLOAD = 'system:serviceaccount:shop:web'
const STRANGER = 'system:serviceaccount:shop:other'
const JOB = 'repo:shop/web:ref:refs/heads/main'
const OTHER_JOB = 'repo:shop/other:ref:refs/heads/main'
const PRIVATE = '10.77.0.1'
const LOOPBACK = '127.0.0.1'
const EXAMPLE = fileURLToPath(new URL('../../examples/client-github-actions.ts', import.meta.url))
const SDK = fileURLToPath(new URL('sdk-program.ts', import.meta.url))
const [folder = ''] = process.argv.slice(2)

/** Sends a form; in a process of its own, since a process trusts further CAs only from its start. */
const ASK = `
const [url, body] = process.argv.slice(-2)
const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
const answer = await fetch(url, { method: 'POST', headers, body })
const { error_codes } = await answer.json()
process.stdout.write(JSON.stringify([answer.status, error_codes?.[0]]))
`

const HOSTS = join(folder, 'hosts')
for (const command of [
  'ip link set lo up',
  `ip address add ${PRIVATE}/32 dev lo`,
  `touch ${HOSTS}`,
  `mount --bind ${HOSTS} /etc/hosts`,
]) {
  const [program = '', ...rest] = command.split(' ')
  execFileSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** What the system resolves from now on. */
function resolveTo(address: string): void {
  writeFileSync(HOSTS, `${LOOPBACK} localhost\n${address} issuer.test\n`)
}

const issuers = {
  named: await startIssuer('issuer.test', 'RS256'),
  addressed: await startIssuer(PRIVATE, 'ES256'),
  unallowed: await startIssuer('issuer.test', 'RS256'),
  local: await startIssuer(LOOPBACK, 'RS256'),
}
const jobVariables = await startGithubPlatform({
  address: PRIVATE,
  tls: { key: issuers.named.key, certificate: issuers.named.ca },
  tokenFor: issuers.named.tokenFor,
})
const networks = [`${PRIVATE}/32`]
const allowed: ForeignIssuers = {
  [issuers.named.issuer]: { networks, ca: issuers.named.ca },
  [issuers.addressed.issuer]: { networks, ca: issuers.addressed.ca },
  [issuers.unallowed.issuer]: { ca: issuers.unallowed.ca },
  [issuers.local.issuer]: { networks, ca: issuers.local.ca },
}

resolveTo(PRIVATE)
const first = await startTrusting('first')
const results = {
  oid: first.application.principalId,
  named: await first.workload('named'),
  addressed: await first.workload('addressed'),
  stranger: await first.ask('named', STRANGER),
  unallowed: await first.ask('unallowed', WORKLOAD),
  local: await first.ask('local', WORKLOAD),
  job: await first.job(JOB),
  otherJob: await first.job(OTHER_JOB),
  codes: first.codes,
}
const askedBefore = issuers.named.connections()
resolveTo(LOOPBACK)
const second = await startTrusting('second')
const turned = { answer: await second.ask('named', WORKLOAD), codes: second.codes }
const connections = Object.fromEntries(
  Object.entries(issuers).map(([name, issuer]) => [name, issuer.connections()]),
)
process.stdout.write(JSON.stringify({ ...results, turned, connections, askedBefore }))
await endProcess(0)

/** An issuer on every address of this network, which only counts connections that are not the workload's own. */
async function startIssuer(host: string, alg: 'RS256' | 'ES256') {
  const { key, certificate } = await makeCertificate([
    { type: 'dns', value: 'issuer.test' },
    { type: 'ip', value: PRIVATE },
    { type: 'ip', value: LOOPBACK },
  ])
  const server = createServer({ key, cert: certificate })
  let opened = 0
  server.on('connection', () => {
    opened += 1
  })
  await once(server.listen(0, '0.0.0.0'), 'listening')
  const issuer = `https://${host}:${(server.address() as AddressInfo).port}`
  const provider = await createOidcIssuer(issuer, { alg, workloads: [WORKLOAD, STRANGER, JOB, OTHER_JOB] })
  server.on('request', provider.listener)
  let own = 0
  const tokenFor = (workload: string) => {
    own += 1
    return provider.tokenFor(workload, { address: PRIVATE, ca: certificate })
  }
  return { issuer, key, ca: certificate, tokenFor, connections: () => opened - own }
}

type IssuerName = keyof typeof issuers

/** A control plane with an application that trusts one workload of every issuer, and a job of the first. */
async function startTrusting(name: string) {
  const codes: string[] = []
  const log = pino({}, { write: (line: string) => codes.push(...codeOf(line)) })
  const stateFolder = join(folder, name)
  const running = await startControlPlane(checkOptions({ stateFolder, foreignIssuers: allowed, log }))
  const { tenantId, url, storage } = running
  const application = newApplication({ tenantId, displayName: 'shop', time: new Date() })
  await storage.change(async (trx) => {
    await createApplication(trx, application)
    const trust = async (name: string, { issuer }: { issuer: string }, subject: string) => {
      const { principalId } = application
      await putFederatedCredential(trx, { principalId, name, issuer, subject, time: new Date() })
    }
    for (const [credential, issuer] of Object.entries(issuers)) await trust(credential, issuer, WORKLOAD)
    await trust('job', issuers.named, JOB)
  })
  const tokenFile = join(folder, 'token')
  const runWith = async (program: readonly string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [...program], {
      env: {
        ...process.env,
        NODE_EXTRA_CA_CERTS: join(stateFolder, 'ca.pem'),
        AZURE_TENANT_ID: tenantId,
        AZURE_CLIENT_ID: application.clientId,
        AZURE_AUTHORITY_HOST: url,
        AZURE_FEDERATED_TOKEN_FILE: tokenFile,
      },
    })
    return JSON.parse(stdout)
  }
  const job = async (subject: string) => {
    const caFile = join(folder, 'job-ca.pem')
    writeFileSync(caFile, `${readFileSync(join(stateFolder, 'ca.pem'), 'utf8')}\n${issuers.named.ca}`)
    const env = {
      ...MOVED_CLOCK,
      ...{ PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: caFile, RESOURCE: 'https://vault.azure.net' },
      ...{ AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: application.clientId, AZURE_AUTHORITY_HOST: url },
      ...jobVariables(subject),
    }
    const args = ['--disable-warning=ExperimentalWarning', '--conditions=source', EXAMPLE]
    const failed = ({ stderr }: { stderr: string }) => ({ stdout: stderr })
    return (await promisify(execFile)(process.execPath, args, { env }).catch(failed)).stdout
  }
  return {
    application,
    /** What a job of GitHub Actions prints that runs the example of the client, or why it does not. */
    job,
    codes,
    /** What the official clients of the workload get by its token. */
    workload: async (issuer: IssuerName) => {
      writeFileSync(tokenFile, await issuers[issuer].tokenFor(WORKLOAD))
      return runWith(['--disable-warning=ExperimentalWarning', SDK])
    },
    /** Status and number that a token of `workload` is answered with. */
    ask: async (issuer: IssuerName, workload: string) => {
      const form = {
        grant_type: 'client_credentials',
        client_id: application.clientId,
        client_assertion_type: JWT_BEARER,
        client_assertion: await issuers[issuer].tokenFor(workload),
        scope: 'https://vault.azure.net/.default',
      }
      const body = new URLSearchParams(form).toString()
      return runWith(['--input-type=module', '--eval', ASK, `${url}/${tenantId}/oauth2/v2.0/token`, body])
    },
  }
}

function codeOf(line: string): string[] {
  const { msg, code } = JSON.parse(line)
  return msg === 'foreign issuer gave no keys' ? [code] : []
}
