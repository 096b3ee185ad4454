/** As much of oidc-provider as the tests use; its types on the registry bring in those of a web framework. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  export interface ResourceServer {
    scope: string
    audience: string
    accessTokenFormat: 'jwt'
    accessTokenTTL: number
    jwt: { sign: { alg: 'RS256' | 'ES256' } }
  }

  export interface Configuration {
    adapter: new () => object
    clients: readonly object[]
    jwks: { keys: readonly object[] }
    features: object
    ttl?: object
  }

  export default class Provider {
    constructor(issuer: string, configuration: Configuration)
    callback(): RequestListener
  }
}
