/**
 * A control plane on a folder of its own for one test, with a clock that the test sets and a registered
 * machine that makes assertions and speaks real HTTPS. Not published.
 *
 * On both databases: `describe.each(DATABASES)('on %s', (database) => { test('…', async () => { const trial = await
 * startTrial({ database }) …` with `DATABASES` of ./trial-database.ts; `openTrialRegistry(now, { database })` is the
 * same without a server. A second replica: `startTrial({ databaseUrl: trial.databaseUrl })`. The one PostgreSQL server
 * of the run starts with the first test that wants it; where none is installed that test is skipped and says so.
 *
 * @module
 */

import { generateKeyPair, type KeyObject, randomUUID, type webcrypto } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkServerIdentity as checkName, type PeerCertificate } from 'node:tls'
import { promisify } from 'node:util'
import { assertionClaims, clientCredentialsForm, type Identity } from '@landfast/protocol'
import { SignJWT } from 'jose'
import { onTestFinished } from 'vitest'
import { type MakeKeyPair, makeKeyPair } from '../authority/signing-key.ts'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import { type ControlPlane, controlPlaneOf, createLife, type Life } from '../control-plane.ts'
import { type ControlPlaneOptions, checkOptions } from '../options.ts'
import { type TrialDatabase, trialDatabaseUrl } from './trial-database.ts'
import { createTrialMachines, type TrialMachines } from './trial-machines.ts'

/** The audience that tests ask for where it does not matter. */
export const RESOURCE = 'https://storage.azure.com'

/** A clock that stands still until the test moves it. */
export interface Clock {
  now: () => Date
  advance(seconds: number): void
}

/** A clock that begins at the real time, since TLS looks at the real one. */
export function createClock(): Clock {
  let time = Date.now()
  return {
    now: () => new Date(time),
    advance: (seconds) => {
      time += seconds * 1000
    },
  }
}

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'landfast-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** What every replica of a trial on PostgreSQL is given. */
export const TRIAL_ENCRYPTION_KEY = Buffer.alloc(32, 'trial').toString('base64')

/** A control plane that is stopped after the test, and where it keeps its state. */
export async function startTrial(
  options: Partial<ControlPlaneOptions> & { database?: TrialDatabase } = {},
): Promise<{
  controlPlane: ControlPlane
  /** Makes machines in it. */
  registry: TrialMachines
  clock: Clock
  stateFolder: string
  databaseUrl: string | undefined
}> {
  const clock = createClock()
  const { database, ...given } = options
  const stateFolder = options.stateFolder ?? (await temporaryFolder())
  const databaseUrl = options.databaseUrl ?? (await trialDatabaseUrl(database))
  const shared = databaseUrl === undefined ? {} : { databaseUrl, encryptionKey: TRIAL_ENCRYPTION_KEY }
  const checked = checkOptions({ now: clock.now, stateFolder, ...shared, ...given })
  const life = createLife({ makeKeyPair: keyPairs(), ...checked })
  const controlPlane = controlPlaneOf(checked, life)
  onTestFinished(() => controlPlane.stop())
  await controlPlane.start()
  return { controlPlane, registry: machinesOf(life, checked.now), clock, stateFolder, databaseUrl }
}

/** Those that sign tokens. A pair takes as long to make as all else of a start, so the tests of a file have the same ones. */
const madePairs: Promise<webcrypto.CryptoKeyPair>[] = []
let pairsTaken = 0

/** Within one test no pair comes twice. */
function keyPairs(): MakeKeyPair {
  onTestFinished(() => {
    pairsTaken = 0
  })
  return () => {
    const pair = madePairs[pairsTaken] ?? makeKeyPair()
    madePairs[pairsTaken] = pair
    pairsTaken += 1
    return pair
  }
}

/** The machines of a control plane that may be stopped and started again meanwhile. */
function machinesOf({ started }: Life, now: () => Date): TrialMachines {
  return createTrialMachines({
    get storage() {
      return started().storage
    },
    get certificates() {
      return started().certificates
    },
    get tenantId() {
      return started().tenantId
    },
    get subscriptionId() {
      return started().subscriptionId
    },
    now,
  })
}

/** A key pair with its public half as the registry takes it. */
export async function makeKeys(
  kind: 'rsa' | 'ec' = 'ec',
): Promise<{ privateKey: KeyObject; publicKey: string }> {
  const { privateKey, publicKey } = await (kind === 'rsa'
    ? promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    : promisify(generateKeyPair)('ec', { namedCurve: 'P-256' }))
  return { privateKey, publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString() }
}

/** A registered machine. */
export interface TrialMachine {
  identity: Identity
  certificate: string
  privateKey: KeyObject
  publicKey: string
}

/** Registers a machine with a key of its own. */
export async function registerTrialMachine(
  { registry }: { registry: TrialMachines },
  options: { kind?: 'rsa' | 'ec'; name?: string; resourceGroup?: string } = {},
): Promise<TrialMachine> {
  const { kind, name = 'm1', resourceGroup = 'landfast' } = options
  const keys = await makeKeys(kind)
  const { publicKey } = keys
  const registered = await registry.registerMachine({ name, resourceGroup, publicKey })
  return { ...keys, ...registered }
}

/** What of an assertion a test wants to be different; undefined leaves a claim or header out. */
export interface AssertionChanges {
  header?: Record<string, unknown>
  claims?: Record<string, unknown>
  privateKey?: KeyObject
}

/** An assertion of `machine` for the v2 endpoint, as the agent makes it. */
export function makeAssertion(
  machine: TrialMachine,
  trial: { controlPlane: ControlPlane; clock: Clock },
  changes: AssertionChanges = {},
): Promise<string> {
  const claims = assertionClaims({
    tokenEndpoint: tokenUrl(trial.controlPlane, machine.identity.tenantId),
    clientId: machine.identity.clientId,
    jti: randomUUID(),
    nowSeconds: Math.floor(trial.clock.now().getTime() / 1000),
  })
  const alg = machine.privateKey.asymmetricKeyType === 'rsa' ? 'PS256' : 'ES256'
  const header = { alg, typ: 'JWT', 'x5t#S256': thumbprintsOf(machine.certificate).sha256, ...changes.header }
  return new SignJWT({ ...claims, ...changes.claims })
    .setProtectedHeader(header)
    .sign(changes.privateKey ?? machine.privateKey)
}

/** The v2 token endpoint. */
export function tokenUrl(controlPlane: ControlPlane, tenantId: string): string {
  return `${controlPlane.url}/${tenantId}/oauth2/v2.0/token`
}

/** An answer with its JSON body. */
export interface Answer {
  status: number
  headers: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  body: any
}

/** Asks for a token at the v2 endpoint with a new assertion, or the form fields given. */
export async function askForToken(
  machine: TrialMachine,
  trial: { controlPlane: ControlPlane; clock: Clock; headers?: Record<string, string> },
  fields: Record<string, string> = {},
): Promise<Answer> {
  const { headers = {} } = trial
  const assertion = fields.client_assertion ?? (await makeAssertion(machine, trial))
  const form = clientCredentialsForm({ clientId: machine.identity.clientId, audience: RESOURCE, assertion })
  const url = tokenUrl(trial.controlPlane, machine.identity.tenantId)
  return send(trial.controlPlane, url, { form: { ...form, ...fields }, headers })
}

/** What to send: a form or a body as it is. */
interface SendOptions {
  form?: Record<string, string> | string
  body?: string
  headers?: Record<string, string>
  method?: string
}

/** A request over HTTPS that trusts only the control plane's own CA; a form or a body makes it a POST. */
export async function send(
  controlPlane: Pick<ControlPlane, 'caFile'>,
  url: string,
  options: SendOptions = {},
): Promise<Answer> {
  const body = options.form === undefined ? options.body : new URLSearchParams(options.form).toString()
  const ca = await readFile(controlPlane.caFile)
  return new Promise((resolve, reject) => {
    const method = options.method ?? (body === undefined ? 'GET' : 'POST')
    const form = options.form === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }
    const headers = { ...form, ...options.headers }
    // A test may send another Host header, by which Node would otherwise check the certificate.
    const checkServerIdentity = (_: string, certificate: PeerCertificate) =>
      checkName(new URL(url).hostname.replace(/^\[|\]$/g, ''), certificate)
    const tls = { ca, agent: false, checkServerIdentity }
    const outgoing = httpsRequest(url, { ...tls, method, headers }, async (incoming) => {
      const chunks = await incoming.toArray().catch(reject)
      if (!chunks) return
      const text = Buffer.concat(chunks).toString()
      resolve({
        status: incoming.statusCode ?? 0,
        headers: incoming.headers,
        body: text === '' ? undefined : JSON.parse(text),
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
