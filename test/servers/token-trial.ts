/**
 * A control plane with one application that has app roles, and every kind of token that a resource server must
 * tell apart. The tokens come by the official client, over HTTPS.
 *
 * @module
 */

import { generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { ClientSecretCredential } from '@azure/identity'
import { type ControlPlane, createControlPlane } from '@landfast/control-plane'

/** Tokens of the first start are long past their end at the second. */
const FIRST_START_SECONDS_AGO = 7200
const SHORT_LIFETIME_SECONDS = 600

/** What a resource server is shown. */
export interface TrialTokens {
  good: string
  wrongAudience: string
  expired: string
  /** The good one's header and claims, signed with another key. */
  forged: string
}

/** A control plane and what it gave. */
export interface TokenTrial {
  tokens: TrialTokens
  /** By a name that its certificate has, since some servers take no address. */
  keysUrl: string
  caFile: string
  principalId: string
  /** A token for the same audience, signed with a key that was made just now. */
  tokenAfterRotation(): Promise<string>
  stop(): Promise<void>
}

/** Starts one in `folder`, whose tokens for `audience` carry `roles`. */
export async function startTokenTrial(
  folder: string,
  { audience, roles }: { audience: string; roles: readonly string[] },
): Promise<TokenTrial> {
  const stateFolder = join(folder, 'control-plane')
  const past = createControlPlane({
    stateFolder,
    tokenLifetimeSeconds: SHORT_LIFETIME_SECONDS,
    now: () => new Date(Date.now() - FIRST_START_SECONDS_AGO * 1000),
  })
  await past.start()
  trust(past)
  const application = await makeApplication(past, { stateFolder, audience, roles })
  const expired = await tokenOf(past, application, audience)
  await past.stop()
  const controlPlane = createControlPlane({ stateFolder })
  await controlPlane.start()
  const good = await tokenOf(controlPlane, application, audience)
  return {
    tokens: {
      good,
      wrongAudience: await tokenOf(controlPlane, application, 'https://elsewhere.example'),
      expired,
      forged: forge(good),
    },
    keysUrl: `${controlPlane.url.replace('127.0.0.1', 'localhost')}/${application.tenantId}/discovery/v2.0/keys`,
    caFile: controlPlane.caFile,
    principalId: application.principalId,
    tokenAfterRotation: async () => {
      await ask(controlPlane, stateFolder, { path: 'signing-keys/rotate', body: { urgency: 'immediate' } })
      return await tokenOf(controlPlane, application, audience)
    },
    stop: () => controlPlane.stop(),
  }
}

interface TrialApplication {
  tenantId: string
  clientId: string
  principalId: string
  secret: string
}

function trust({ caFile }: ControlPlane): void {
  setDefaultCACertificates([...getCACertificates(), readFileSync(caFile, 'utf8')])
}

async function makeApplication(
  controlPlane: ControlPlane,
  options: { stateFolder: string; audience: string; roles: readonly string[] },
): Promise<TrialApplication> {
  const post = (path: string, body: object) => ask(controlPlane, options.stateFolder, { path, body })
  const { clientId, principalId } = await post('service-principals', { displayName: 'worker' })
  const { secret } = await post(`service-principals/${principalId}/secrets`, { displayName: 'trial' })
  for (const role of options.roles) {
    await post('app-role-assignments', { principalId, resource: options.audience, role })
  }
  return { tenantId: administratorOf(options.stateFolder).tenantId, clientId, principalId, secret }
}

function administratorOf(stateFolder: string): TrialApplication & { clientSecret: string } {
  return JSON.parse(readFileSync(join(stateFolder, 'administrator.json'), 'utf8'))
}

/** Asks a route of our own as the administrator. */
async function ask(
  controlPlane: ControlPlane,
  stateFolder: string,
  { path, body }: { path: string; body: object },
): Promise<Pick<TrialApplication, 'clientId' | 'principalId' | 'secret'>> {
  const { tenantId, clientId, clientSecret } = administratorOf(stateFolder)
  const token = await tokenOf(
    controlPlane,
    { tenantId, clientId, secret: clientSecret },
    'https://management.azure.com',
  )
  const answer = await fetch(`${controlPlane.url}/landfast/v1/${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as TrialApplication
}

/** Asks anew each time: a credential of its own has no cache yet. */
async function tokenOf(
  controlPlane: ControlPlane,
  { tenantId, clientId, secret }: Pick<TrialApplication, 'tenantId' | 'clientId' | 'secret'>,
  audience: string,
): Promise<string> {
  const credential = new ClientSecretCredential(tenantId, clientId, secret, {
    authorityHost: controlPlane.url,
    disableInstanceDiscovery: true,
  })
  const { token } = await credential.getToken(`${audience}/.default`)
  return token
}

function forge(token: string): string {
  const signed = token.slice(0, token.lastIndexOf('.'))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
}
