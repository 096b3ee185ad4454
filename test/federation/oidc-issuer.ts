/**
 * oidc-provider as a foreign issuer: each of its clients is a workload that gets tokens in its own name.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { Agent, request } from 'node:https'
import { isIP } from 'node:net'
import Provider from 'oidc-provider'
import { makeIssuerKey } from '../../packages/control-plane/src/testing/issuer-keys.ts'

/** The audience of its tokens, which is the usual one of a federated credential. */
export const AUDIENCE = 'api://AzureADTokenExchange'

const TOKEN_SECONDS = 600

/** An issuer that does not listen yet. */
export interface OidcIssuer {
  listener: RequestListener
  /** A token for `workload`, asked from the issuer's server at `address`, which is known by `ca`. */
  tokenFor(workload: string, server: { address: string; ca: string }): Promise<string>
}

/** An issuer of the name `issuer` that signs by `alg` and knows `workloads`. */
export async function createOidcIssuer(
  issuer: string,
  { alg, workloads }: { alg: 'RS256' | 'ES256'; workloads: readonly string[] },
): Promise<OidcIssuer> {
  const secret = randomBytes(32).toString('base64url')
  const keys = await Promise.all([makeIssuerKey('rsa-key', 'rsa'), makeIssuerKey('ec-key')])
  const provider = new Provider(issuer, {
    adapter: NoStorage,
    jwks: {
      keys: keys.map(({ privateKey, jwk }) => ({ ...privateKey.export({ format: 'jwk' }), kid: jwk.kid })),
    },
    clients: workloads.map((workload) => ({
      client_id: workload,
      client_secret: secret,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_post',
    })),
    ttl: { ClientCredentials: TOKEN_SECONDS },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: '',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: TOKEN_SECONDS,
          jwt: { sign: { alg } },
        }),
      },
    },
  })
  const form = (workload: string) =>
    new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: workload,
      client_secret: secret,
      resource: AUDIENCE,
    }).toString()
  return {
    listener: provider.callback(),
    tokenFor: async (workload, server) => {
      const answer = JSON.parse(await post(new URL('/token', issuer), { ...server, body: form(workload) }))
      return answer.access_token
    },
  }
}

/** Signed tokens are all that it gives out, so there is nothing to keep. */
class NoStorage {
  async upsert(): Promise<void> {}
  async find(): Promise<undefined> {}
}

function post(
  url: URL,
  { address, ca, body }: { address: string; ca: string; body: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: address,
        port: url.port,
        path: url.pathname,
        method: 'POST',
        ...nameOf(url),
        ca,
        agent: new Agent(),
      },
      async (incoming) => resolve(Buffer.concat(await incoming.toArray()).toString()),
    )
    outgoing.setHeader('Host', url.host)
    outgoing.setHeader('Content-Type', 'application/x-www-form-urlencoded')
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function nameOf({ hostname }: URL): { servername?: string } {
  return isIP(hostname) ? {} : { servername: hostname }
}
