/**
 * A Keycloak that runs on an address of its own network, with one realm, administered by its own API.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

const PORT = 8443

/** Its first start waits for a slow disk and a busy processor. */
const START_WITHIN_MS = 110_000

const REALM = 'proof'

/** How it is started. */
export interface KeycloakOptions {
  /** Its command. */
  program: string
  /** An address of this network, and its certificate with the key. */
  address: string
  tls: { key: string; certificate: string }
  folder: string
  /** PEM files of the CAs that it trusts. */
  trustedCaFiles: readonly string[]
}

/** A Keycloak that answers. */
export interface RunningKeycloak {
  tokenEndpoint: string
  /** Makes something of its realm by its administration API; resolves to the body of the answer. */
  administer(method: 'PUT' | 'POST', path: string, body?: object): Promise<Record<string, string>>
  stop(): Promise<void>
}

/** What is read of the answers of both authorities. */
export interface TokenAnswer {
  access_token: string
  error_description: string
  error_codes: readonly number[]
}

/** Sends a form; resolves to the status and the JSON of the answer. */
export async function sendForm(url: string, form: Record<string, string>) {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) })
  return { status: answer.status, body: (await answer.json()) as TokenAnswer }
}

/** Trusts a further CA in this process. */
export function trustToo(ca: string): void {
  setDefaultCACertificates([...getCACertificates(), ca])
}

/** The issuer of the realm of a Keycloak at `address`. */
export function issuerAt(address: string): string {
  return `${originAt(address)}/realms/${REALM}`
}

/** Starts it with an empty realm; resolves when it answers. */
export async function startKeycloak(options: KeycloakOptions): Promise<RunningKeycloak> {
  const origin = originAt(options.address)
  const password = randomBytes(16).toString('hex')
  const child = spawnIn(options, password)
  await answers(`${origin}/realms/master`, child)
  const administer = await administrator(origin, password)
  await administer('POST', '/admin/realms', { realm: REALM, enabled: true })
  return {
    tokenEndpoint: `${issuerAt(options.address)}/protocol/openid-connect/token`,
    administer: (method, path, body) => administer(method, `/admin/realms/${REALM}${path}`, body),
    stop: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

function originAt(address: string): string {
  return `https://${address}:${PORT}`
}

function spawnIn({ program, address, tls, folder, trustedCaFiles }: KeycloakOptions, password: string) {
  const files = { certificate: join(folder, 'keycloak.pem'), key: join(folder, 'keycloak-key.pem') }
  writeFileSync(files.certificate, tls.certificate)
  writeFileSync(files.key, tls.key, { mode: 0o600 })
  const flags = [
    ...['start', '--optimized', '--cache=local', '--log-level=warn', `--http-host=${address}`],
    ...[`--https-port=${PORT}`, `--hostname=${originAt(address)}`],
    ...[`--https-certificate-file=${files.certificate}`, `--https-certificate-key-file=${files.key}`],
    `--truststore-paths=${trustedCaFiles.join(',')}`,
  ]
  const env = {
    ...process.env,
    KC_BOOTSTRAP_ADMIN_USERNAME: 'admin',
    KC_BOOTSTRAP_ADMIN_PASSWORD: password,
    JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m',
  }
  // Its command starts Java beside itself. All of it ends with this process, however that ends.
  const whole = ['--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child']
  return spawn('setpriv', [...whole, homeOfItsOwn(program, folder), ...flags], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Its command in a home where it writes what it trusts: two that run at once have each their own. */
export function homeOfItsOwn(program: string, folder: string): string {
  const installed = dirname(dirname(program))
  const home = join(folder, 'keycloak')
  mkdirSync(join(home, 'data'), { recursive: true })
  for (const name of readdirSync(installed).filter((one) => !['bin', 'data'].includes(one))) {
    symlinkSync(join(installed, name), join(home, name))
  }
  cpSync(join(installed, 'bin'), join(home, 'bin'), { recursive: true })
  return join(home, 'bin/kc.sh')
}

async function answers(url: string, child: ReturnType<typeof spawnIn>): Promise<void> {
  const end = performance.now() + START_WITHIN_MS
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
    if (child.exitCode !== null) throw new Error(`Keycloak ended with ${child.exitCode}`)
    if (performance.now() > end) throw new Error('Keycloak does not answer')
    await pause(200)
  }
}

async function administrator(origin: string, password: string) {
  const form = { grant_type: 'password', client_id: 'admin-cli', username: 'admin', password }
  const { body } = await sendForm(`${origin}/realms/master/protocol/openid-connect/token`, form)
  const headers = { Authorization: `Bearer ${body.access_token}`, 'Content-Type': 'application/json' }
  return async (method: string, path: string, json?: object) => {
    const answer = await fetch(`${origin}${path}`, { method, headers, body: JSON.stringify(json) ?? null })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }
}
