/**
 * Certified clients that know nothing of Microsoft's endpoints and go by discovery alone, in a process of their own
 * that trusts the control plane's CA. Prints a JSON object with what each of them got.
 *
 * Usage: node oidc-clients.ts CLIENT_FILE
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { createRemoteJWKSet, decodeProtectedHeader, type JWTVerifyGetKey, jwtVerify } from 'jose'
import {
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  clientCredentialsGrant,
  discovery,
  modifyAssertion,
  PrivateKeyJwt,
} from 'openid-client'
import { ownKey } from './own-assertion.ts'
import type { PreparedClient } from './prepared-client.ts'

const [clientFile = ''] = process.argv.slice(2)
const client: PreparedClient = JSON.parse(readFileSync(clientFile, 'utf8'))
const { url, tenantId, clientId, clientSecret } = client
const ISSUER = { v1: `${url}/${tenantId}/`, v2: `${url}/${tenantId}/v2.0` } as const
const AUDIENCE = { v1: 'api://one', v2: 'api://two' } as const

type Version = keyof typeof ISSUER

const WAYS: Record<string, () => Promise<ClientAuth> | ClientAuth> = {
  client_secret_post: () => ClientSecretPost(clientSecret),
  client_secret_basic: () => ClientSecretBasic(clientSecret),
  private_key_jwt: async () => {
    const { privateKey, 'x5t#S256': x5tS256 } = ownKey(client)
    const key = await crypto.subtle.importKey(
      'pkcs8',
      privateKey.export({ format: 'der', type: 'pkcs8' }),
      { name: 'RSA-PSS', hash: 'SHA-256' },
      false,
      ['sign'],
    )
    return PrivateKeyJwt(key, {
      [modifyAssertion]: (header) => {
        header['x5t#S256'] = x5tS256
      },
    })
  },
}

/** A token for the audience of `tokens`, asked for at the endpoint of `endpoint`. */
async function getToken(way: string, endpoint: Version, tokens: Version): Promise<string> {
  const authentication = await WAYS[way]?.()
  const configuration = await discovery(new URL(ISSUER[endpoint]), clientId, undefined, authentication)
  const resource = AUDIENCE[tokens]
  const wanted = endpoint === 'v1' ? { resource } : { scope: `${resource}/.default` }
  return (await clientCredentialsGrant(configuration, wanted)).access_token
}

/** The keys as the discovery document of `version` names them. */
async function keysOf(version: Version): Promise<JWTVerifyGetKey> {
  const base = ISSUER[version].replace(/\/$/, '')
  const answer = await fetch(`${base}/.well-known/openid-configuration`)
  const document = (await answer.json()) as { issuer: string; jwks_uri: string }
  if (document.issuer !== ISSUER[version]) throw new Error('the document is of another issuer')
  return createRemoteJWKSet(new URL(document.jwks_uri), { cooldownDuration: 0 })
}

async function verify(token: string, version: Version, keys: JWTVerifyGetKey) {
  const { payload } = await jwtVerify(token, keys, {
    issuer: ISSUER[version],
    audience: AUDIENCE[version],
    algorithms: ['RS256'],
  })
  return [payload.ver, payload.oid, payload.appidacr ?? payload.azpacr]
}

async function rotate(): Promise<void> {
  const answer = await fetch(`${url}/landfast/v1/signing-keys/rotate`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${client.administratorToken}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ urgency: 'immediate' }),
  })
  if (!answer.ok) throw new Error(`the rotation was refused with ${answer.status}`)
}

const results: Record<string, unknown> = {}
for (const way of Object.keys(WAYS)) {
  for (const endpoint of ['v1', 'v2'] as const) {
    for (const version of ['v1', 'v2'] as const) {
      const token = await getToken(way, endpoint, version)
      results[`${way} at ${endpoint} for ${version}`] = await verify(token, version, await keysOf(version))
    }
  }
}

const keys = { v1: await keysOf('v1'), v2: await keysOf('v2') }
const before = await getToken('client_secret_post', 'v2', 'v1')
await verify(before, 'v1', keys.v1)
await rotate()
const after = await getToken('client_secret_post', 'v2', 'v2')
results.rotation = {
  another: decodeProtectedHeader(before).kid !== decodeProtectedHeader(after).kid,
  before: await verify(before, 'v1', keys.v1),
  after: await verify(after, 'v2', keys.v2),
}
process.stdout.write(JSON.stringify(results))
