/** A control plane whose certificate is of a private CA, its own or that of a load balancer: real commands. */

import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls, createServer } from 'node:tls'
import { SubjectAlternativeNameExtension } from '@landfast/server/x509'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../packages/control-plane/src/testing/postgres.ts'
import {
  makeCertificate,
  type TrialCertificate,
} from '../../packages/control-plane/src/testing/trial-certificates.ts'
import { type Ended, makeCommand, type TestCommand } from '../cli/command.ts'
import { joinSockets } from '../joined-sockets.ts'
import { runAgent } from './agent-run.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

let files = 0

/** Writes a file that is not there yet. */
function fileOf(text: string): string {
  files += 1
  const path = join(command.folder, `file-${files}.pem`)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

const makeCa = (name = 'CN=private CA') => makeCertificate({ authority: true, name })

/** Key and certificate of 127.0.0.1. */
async function makeServer(ca: TrialCertificate): Promise<{ key: string; certificate: string }> {
  const names = new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])
  const { pem, privateKey } = await makeCertificate({ name: 'CN=server', extensions: [names] }, ca)
  return { certificate: pem, key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() }
}

/** Where the store of the system is, for this one process. */
const storeOf = (caFile: string) => ({ SSL_CERT_FILE: caFile })

interface Running {
  url: string
  administratorFile: string
  /** Runs the command as the administrator who keeps the login. */
  run(args: string[], options?: { input?: string; env?: NodeJS.Dict<string> }): Promise<Ended>
  read(
    args: string[],
    options?: { input?: string; env?: NodeJS.Dict<string> },
  ): Promise<Record<string, string>>
  /** Ends it and starts it again, with another certificate. */
  restart(flags: string[]): Promise<void>
}

async function startControlPlane(flags: string[], url?: string): Promise<Running> {
  const port = await freePort()
  const state = `${fileOf('')}-state`
  const env = { XDG_CONFIG_HOME: `${state}-home` }
  const start = async (given: string[]) => {
    const options = ['--port', String(port), '--state-dir', state, ...(url ? ['--url', url] : [])]
    const process = command.start(['control-plane', '--json', ...options, ...given])
    onTestFinished(() => void process.child.kill('SIGKILL'))
    await process.wrote('"subscriptionId":')
    return process
  }
  let process = await start(flags)
  const run: Running['run'] = (args, options = {}) =>
    command.run(args, { ...options, env: { ...env, ...options.env } })
  return {
    url: `https://127.0.0.1:${port}`,
    administratorFile: join(state, 'administrator.json'),
    run,
    read: async (args, options) => {
      const { code, stdout, stderr } = await run([...args, '--json'], options)
      expect([code, args], stderr).toEqual([0, args])
      return JSON.parse(stdout)
    },
    restart: async (given) => {
      process.child.kill('SIGTERM')
      await process.ended
      process = await start(given)
    },
  }
}

function tlsFlags({ key, certificate }: { key: string; certificate: string }): string[] {
  return ['--tls-certificate', fileOf(certificate), '--tls-key', fileOf(key)]
}

const joining = (state: string) => ['connect', '--join-token-file', '-', '-n', 'web', '--state-dir', state]

test('the CA that connect was given is kept: the agent trusts it, also once the server has another certificate of it', async () => {
  const ca = await makeCa()
  const caFile = fileOf(ca.pem)
  const site = await startControlPlane(tlsFlags(await makeServer(ca)))
  const login = ['login', '--administrator', site.administratorFile]
  const refused = await site.run(login)
  expect([refused.code, refused.stderr]).toEqual([26, expect.stringContaining('--ca-file')])
  await site.read([...login, '--ca-file', caFile])
  const made = await site.run(['join-token', 'create'])
  expect(made.stderr).toContain('--ca-file FILE')
  const { token = '' } = await site.read(['join-token', 'create'])
  const state = `${caFile}-machine`
  const alone = await site.run(joining(state), { input: token })
  expect([alone.code, alone.stderr]).toEqual([26, expect.stringContaining('--ca-file')])
  expect(alone.stderr).not.toContain('Node.js')
  const { resourceId } = await site.read([...joining(state), '--ca-file', caFile], { input: token })
  await runAgent(command, state)

  await site.restart(tlsFlags(await makeServer(ca)))
  await runAgent(command, state)
  expect((await site.run(['machine', 'list'])).stdout).toContain('Connected')

  const next = await makeCa('CN=next CA')
  await site.restart(tlsFlags(await makeServer(next)))
  await runAgent(command, state, { text: 'certificate' })
  await runAgent(command, state, { env: { LANDFAST_CA_FILE: fileOf(next.pem) } })
  await site.read([...login, '--ca-file', fileOf(next.pem)])
  expect(await site.run(['machine', 'show', 'web', '--json'])).toMatchObject({
    stdout: expect.stringContaining(resourceId ?? ''),
  })
})

test('without a CA the store of the system counts: for login, administration, connect and the agent', async () => {
  const ca = await makeCa()
  const env = storeOf(fileOf(ca.pem))
  const site = await startControlPlane(tlsFlags(await makeServer(ca)))
  await site.read(['login', '--administrator', site.administratorFile], { env })
  expect((await site.run(['machine', 'list'])).code).toBe(26)
  const { token = '' } = await site.read(['join-token', 'create'], { env })
  const state = `${env.SSL_CERT_FILE}-machine`
  await site.read(joining(state), { env, input: token })
  await runAgent(command, state, { env })
  const audit = ['control-plane', 'audit', '--administrator', site.administratorFile]
  expect((await site.run(audit, { env })).stdout).toContain('enrol-machine')
  expect((await site.run([...audit, '--ca-file', env.SSL_CERT_FILE])).stdout).toContain('enrol-machine')
  const disconnect = ['disconnect', '--state-dir', state, '--service-principal-id', clientOf(site)]
  const secret = { LANDFAST_SERVICE_PRINCIPAL_SECRET: secretOf(site), ...env }
  expect(await site.run(disconnect, { env: secret })).toMatchObject({ code: 0 })
})

const administratorOf = ({ administratorFile }: Running) =>
  JSON.parse(readFileSync(administratorFile, 'utf8'))
const clientOf = (site: Running): string => administratorOf(site).clientId
const secretOf = (site: Running): string => administratorOf(site).clientSecret

/** Ends TLS with a certificate of its own, and trusts what is behind it. */
async function startBalancer(server: { key: string; certificate: string }) {
  const target = { port: 0 }
  const balancer = createServer({ key: server.key, cert: server.certificate }, (socket) => {
    const other = connectTls({ port: target.port, host: '127.0.0.1', rejectUnauthorized: false })
    joinSockets(socket, other)
  }).listen(0, '127.0.0.1')
  await once(balancer, 'listening')
  onTestFinished(() => void balancer.close())
  return { target, url: `https://127.0.0.1:${(balancer.address() as AddressInfo).port}` }
}

test('behind a load balancer that ends TLS a flag names whom to trust beside the CA that the join token pins', async () => {
  const ca = await makeCa()
  const caFile = fileOf(ca.pem)
  const store = storeOf(caFile)
  const { target, url } = await startBalancer(await makeServer(ca))
  const site = await startControlPlane([], url)
  target.port = Number(new URL(site.url).port)
  await site.read(['login', '--administrator', site.administratorFile, '--ca-file', caFile])
  const state = `${caFile}-machine`
  const { token = '' } = await site.read(['join-token', 'create', '--uses', '2'])
  expect((await site.run(['join-token', 'create'])).stderr).toContain('--ca-file FILE')
  const login = ['login', '--administrator', site.administratorFile, '--use-system-ca']
  await site.read(login, { env: store })
  const line = (await site.run(['join-token', 'create'], { env: store })).stdout
  expect(line).toMatch(/connect --join-token-file - --use-system-ca\n$/)
  // What the token pins is trusted alone, whatever the store holds.
  expect((await site.run(joining(state), { input: token, env: store })).code).toBe(26)
  await site.read([...joining(state), '--ca-file', caFile], { input: token })
  await runAgent(command, state)

  const other = `${caFile}-other`
  const system = [...joining(other), '-n', 'other', '--use-system-ca']
  await site.read(system, { input: token, env: store })
  await runAgent(command, other, { env: store })
  await runAgent(command, other, { text: 'certificate' })
})

test('a file without a certificate is no CA, and nothing of it is kept or repeated', async () => {
  const file = fileOf('MARKED')
  const ended = await command.run(['login', '--administrator', file, '--ca-file', file])
  expect(ended.stderr).not.toContain('MARKED')
  const { code, stderr } = await command.run([...joining(`${file}-state`), '--ca-file', file], { input: 'x' })
  expect([code, stderr]).toEqual([19, expect.stringContaining('holds no certificate')])
})
