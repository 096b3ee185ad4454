/**
 * A network of its own with a Keycloak and a control plane, each of which takes the tokens of the other. Prints what each
 * assertion was answered with.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createControlPlane } from '@landfast/control-plane'
import { JWT_BEARER } from '@landfast/protocol'
import { decodeJwt } from 'jose'
import { createAssertionSigner } from '../../packages/agent/src/authority/assertion.ts'
import { endProcess } from '../../packages/cli/src/output.ts'
import { recipeForKeycloak } from '../../packages/cli/src/trust/recipes/keycloak.ts'
import { makeCertificate as makeServerCertificate } from '../../packages/control-plane/src/testing/issuer-keys.ts'
import { makeCertificate } from '../../packages/control-plane/src/testing/trial-certificates.ts'
import { faultyTokens, forge, MovedClock, tokenOfApplication } from '../authority/judged-tokens.ts'
import { type PreparedClient, prepareClient } from '../authority/prepared-client.ts'
import { issuerAt, sendForm, startKeycloak, trustToo } from './running-keycloak.ts'

const [folder = '', program = ''] = process.argv.slice(2)

/** The control plane takes no issuer at a loopback address. */
const ADDRESS = '10.77.0.1'

/** Older than what the realm takes. */
const SIX_MINUTES_MS = 360_000

const FOUR_MINUTES_MS = 240_000

/** The audience of a federated credential of the control plane. */
const EXCHANGE = 'api://AzureADTokenExchange'

/** By which the realm signs. */
const ALGORITHMS = ['RS256', 'RS384', 'PS256', 'ES256', 'ES384'] as const

const VAULT = 'https://vault.azure.net'

for (const command of ['ip link set lo up', `ip address add ${ADDRESS}/32 dev lo`]) {
  const [name = '', ...rest] = command.split(' ')
  execFileSync(name, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
}

const tls = await makeServerCertificate([{ type: 'ip', value: ADDRESS }])
const realm = issuerAt(ADDRESS)
const clock = new MovedClock()
const controlPlane = createControlPlane({
  stateFolder: join(folder, 'state'),
  host: 'localhost',
  assertionAudiences: [realm],
  foreignIssuers: { [realm]: { networks: [`${ADDRESS}/32`], ca: tls.certificate } },
  now: clock.now,
})
await controlPlane.start()
for (const ca of [tls.certificate, readFileSync(controlPlane.caFile, 'utf8')]) trustToo(ca)
const application: PreparedClient = JSON.parse(
  readFileSync(await prepareClient(controlPlane, folder), 'utf8'),
)
const authority = `${controlPlane.url}/${application.tenantId}`
const judged = { controlPlane, application, clock }
const keycloak = await startKeycloak({
  program,
  address: ADDRESS,
  tls,
  folder,
  trustedCaFiles: [controlPlane.caFile],
})

const results = {
  agent: await tryAgent(),
  federated: await tryFederated(),
  exchanged: await tryExchange(),
}
process.stdout.write(`${JSON.stringify(results)}\n`)
await keycloak.stop()
await controlPlane.stop()
await endProcess(0)

/** The assertions of an agent at a client of the realm that has the machine's certificate. */
async function tryAgent() {
  const [own, stranger] = await Promise.all([
    makeCertificate({ kind: 'rsa' }),
    makeCertificate({ kind: 'rsa' }),
  ])
  await makeClient('agent', 'client-jwt', {
    'jwt.credential.certificate': own.der,
    'token.endpoint.auth.signing.alg': 'PS256',
  })
  const assertion = ({ privateKey, pem }: typeof own, { url = realm, seconds = 0 } = {}) => {
    const pkcs8 = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    const sign = createAssertionSigner({ clientId: 'agent', privateKey: pkcs8, certificate: pem })
    return sign({ url, nowSeconds: Math.floor(Date.now() / 1000) + seconds })
  }
  const once = assertion(own)
  return {
    right: await present(once),
    again: await present(once),
    'of another key': await present(assertion(stranger)),
    'for another authority': await present(assertion(own, { url: authority })),
    'of an hour ago': await present(assertion(own, { seconds: -3600 })),
  }
}

/** Tokens of the control plane at a client of the realm that is known by its subject; the keys come by discovery. */
async function tryFederated() {
  const provider = await trustControlPlane()
  await makeClient('workload', 'federated-jwt', {
    'jwt.credential.issuer': 'landfast',
    'jwt.credential.sub': application.principalId,
  })
  const right = await tokenOfApplication(judged, realm)
  const answers: Record<string, unknown> = {
    right: await present(right),
    again: await present(right),
    'of six minutes ago': await present(await agedToken(SIX_MINUTES_MS)),
  }
  for (const [fault, token] of Object.entries(await faultyTokens(judged, realm)))
    answers[fault] = await present(token)
  await keycloak.administer('PUT', '/identity-provider/instances/landfast', {
    ...provider,
    ...recipeProvider(),
  })
  const byRecipe = [
    await present(await tokenOfApplication(judged, realm)),
    await present(await agedToken(FOUR_MINUTES_MS)),
  ]
  return { ...answers, 'by the recipe': byRecipe }
}

/** The identity provider as "landfast trust keycloak" writes it. */
function recipeProvider(): object {
  const { principalId: subject, clientId } = application
  const names = {
    issuer: `${authority}/`,
    jwksUri: `${authority}/discovery/keys`,
    audience: realm,
    subject,
    clientId,
  }
  const { files } = recipeForKeycloak({
    ...names,
    keys: [],
    uploads: false,
    program: 'landfast',
    ca: undefined,
  })
  return JSON.parse(files.find(({ path }) => path === 'keycloak-provider.json')?.content ?? '')
}

/** Makes the control plane an identity provider of the realm, by discovery. */
async function trustControlPlane() {
  const found = await keycloak.administer('POST', '/identity-provider/import-config', {
    providerId: 'oidc',
    fromUrl: `${authority}/.well-known/openid-configuration`,
  })
  const client = { clientId: 'none', clientSecret: 'none', supportsClientAssertions: 'true' }
  const provider = { alias: 'landfast', providerId: 'oidc', config: { ...found, ...client } }
  await keycloak.administer('POST', '/identity-provider/instances', provider)
  return provider
}

/** A token of the application that was made a while ago. */
function agedToken(ageMs: number): Promise<string> {
  return clock.behind(ageMs, () => tokenOfApplication(judged, realm))
}

/** Tokens of the realm at the control plane, each signed by another algorithm. */
async function tryExchange() {
  const answers: Record<string, unknown> = {}
  const tokens: [string, string][] = []
  for (const alg of ALGORITHMS) tokens.push([alg, await tokenOfRealm(`shop-${alg}`, alg)])
  for (const [alg, token] of tokens) {
    const before = await exchange(token)
    await trust(alg.toLowerCase(), decodeJwt(token).sub ?? '')
    answers[alg] = { before, after: await exchange(token), forged: await exchange(forge(token)) }
  }
  return answers
}

/** A client of the realm that has tokens in its own name. */
function makeClient(
  clientId: string,
  clientAuthenticatorType: string,
  attributes: object,
  more: object = {},
) {
  return keycloak.administer('POST', '/clients', {
    ...{ clientId, clientAuthenticatorType, attributes },
    ...{ serviceAccountsEnabled: true, standardFlowEnabled: false, fullScopeAllowed: false },
    ...more,
  })
}

/** What the realm answers to an assertion. */
async function present(assertion: string) {
  const form = {
    grant_type: 'client_credentials',
    client_assertion_type: JWT_BEARER,
    client_assertion: assertion,
  }
  const { status, body } = await sendForm(keycloak.tokenEndpoint, form)
  return status === 200 ? decodeJwt(body.access_token).azp : body.error_description
}

async function tokenOfRealm(clientId: string, alg: string): Promise<string> {
  const audience = {
    name: 'audience',
    protocol: 'openid-connect',
    protocolMapper: 'oidc-audience-mapper',
    config: { 'included.custom.audience': EXCHANGE, 'access.token.claim': 'true' },
  }
  const secret = { secret: 'of-a-realm-that-ends-with-the-test', protocolMappers: [audience] }
  await makeClient(clientId, 'client-secret', { 'access.token.signed.response.alg': alg }, secret)
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret.secret }
  return (await sendForm(keycloak.tokenEndpoint, form)).body.access_token
}

/** Lets the subject of the realm be the application. */
async function trust(name: string, subject: string): Promise<void> {
  const { principalId, administratorToken } = application
  const path = `/landfast/v1/service-principals/${principalId}/federated-credentials/${name}`
  const answer = await fetch(`${controlPlane.url}${path}`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${administratorToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ issuer: realm, subject }),
  })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`)
}

/** What the control plane answers to a token of the realm: whose token, or the number of the error. */
async function exchange(assertion: string) {
  const { status, body } = await sendForm(`${authority}/oauth2/v2.0/token`, {
    grant_type: 'client_credentials',
    client_id: application.clientId,
    client_assertion_type: JWT_BEARER,
    client_assertion: assertion,
    scope: `${VAULT}/.default`,
  })
  return status === 200 ? decodeJwt(body.access_token).oid : body.error_codes[0]
}
