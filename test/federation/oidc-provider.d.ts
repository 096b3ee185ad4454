/** As much of oidc-provider as the tests use; its types on the registry bring in those of a web framework. */
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

  export interface ResourceServer {
    scope: string
    audience: string
    accessTokenFormat: 'jwt'
    accessTokenTTL: number
    jwt: { sign: { alg: 'RS256' | 'ES256' } }
  }

  export interface Grant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }

  export interface Context {
    oidc: { client: { clientId: string }; session: { accountId: string } }
  }

  export interface Configuration {
    adapter: new () => object
    clients: readonly object[]
    jwks: { keys: readonly object[] }
    features: object
    ttl?: object
    claims?: object
    conformIdTokenClaims?: boolean
    cookies?: object
    interactions?: { url(context: Context, interaction: { uid: string }): string }
    findAccount?(context: Context, id: string): object
    loadExistingGrant?(context: Context): Promise<Grant>
  }

  export default class Provider {
    constructor(issuer: string, configuration: Configuration)
    callback(): RequestListener
    Grant: new (of: {
      clientId: string
      accountId: string
    }) => Grant
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  }
}
