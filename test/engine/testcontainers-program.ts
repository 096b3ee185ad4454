/**
 * A test with our module of Testcontainers, as a developer would write it; prints what it found.
 */

import { ManagedIdentityCredential } from '@azure/identity'
import { LandfastContainer } from '@landfast/testcontainers'
import { GenericContainer, Network, Wait } from 'testcontainers'

// The module's own waiting does not always keep a program alive.
using alive = new DisposableStack()
alive.adopt(
  setInterval(() => {}, 1_000),
  clearInterval,
)

await using network = await new Network().start()
await using identity = await new LandfastContainer()
  .withNetwork(network)
  .withNetworkAliases('identity')
  .withIdentity('worker')
  .withRole('api://orders', 'Orders.Read')
  .start()

Object.assign(process.env, identity.env)
const own = await claimsOf(new ManagedIdentityCredential({ retryOptions: { maxRetries: 3 } }), 'api://orders')
const { clientId = '' } = identity.identities.worker ?? {}
await identity.fault('429,retry-after=1')
const worker = await claimsOf(new ManagedIdentityCredential({ clientId }), 'api://work')
const refused = await identity.fault('nonsense').catch((error: Error) => error.message)

const script = `
const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = process.env
const answer = await fetch(IDENTITY_ENDPOINT + '?api-version=2019-08-01&resource=api://orders', {
  headers: { 'X-IDENTITY-HEADER': IDENTITY_HEADER },
})
const [, claims] = (await answer.json()).access_token.split('.')
console.log(answer.status, JSON.parse(Buffer.from(claims, 'base64url')).oid)`
await using orders = await new GenericContainer('node:24-alpine')
  .withNetwork(network)
  .withEnvironment(identity.envFor('identity'))
  .withCommand(['node', '--input-type=module', '--eval', script])
  .withWaitStrategy(Wait.forLogMessage(/^\d{3} /))
  .start()
const inContainer = String((await (await orders.logs()).take(1).toArray())[0]).trim()

const expected = { own: identity.identity.principalId, worker: identity.identities.worker?.principalId }
process.stdout.write(`${JSON.stringify({ own, worker, refused, inContainer, expected })}\n`)

async function claimsOf(credential: ManagedIdentityCredential, audience: string) {
  const { token } = await credential.getToken(`${audience}/.default`)
  const { oid, roles } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return { oid, roles }
}
