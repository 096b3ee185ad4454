/**
 * The OpenID provider by whose accounts people sign in to the portal, as an operator describes it.
 *
 * @see docs/portal.md#with-your-companys-accounts
 * @module
 */

import { isIssuer } from '../federated-trust.ts'

/** What an operator says of it. */
export interface PortalProviderOptions {
  /** Exactly as its discovery document and the claim `iss` have it; an https URL. */
  issuer: string
  /** Of the control plane at the provider. */
  clientId: string
  /** Without it the control plane is a public client, which PKCE alone protects. */
  clientSecret?: string
  /** The claim of the ID token that names the groups of a person. Default "groups". */
  groupsClaim?: string
  /** What is asked for. Default "openid" and "profile". */
  scopes?: readonly string[]
}

/** The same with every default. */
export type PortalProvider = PortalProviderOptions &
  Required<Pick<PortalProviderOptions, 'groupsClaim' | 'scopes'>>

const GROUPS_CLAIM = 'groups'
const SCOPES = ['openid', 'profile']

/** As RFC 6749 has a scope: nothing that ends it. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** The provider that `options` describe. @throws {RangeError} if it is not well described. */
export function readPortalProvider(options: PortalProviderOptions): PortalProvider {
  const { issuer, groupsClaim = GROUPS_CLAIM, scopes = SCOPES } = options
  const provider = { ...options, groupsClaim, scopes }
  if (!isIssuer(issuer)) throw wrong('issuer', 'an https URL, exactly as the discovery document has it')
  if (isOfAllTenants(new URL(issuer))) {
    throw wrong(
      'issuer',
      `that of one tenant, such as https://login.microsoftonline.com/TENANT_ID/v2.0: ${ALL}`,
    )
  }
  for (const name of ['clientId', 'clientSecret', 'groupsClaim'] as const) {
    if (provider[name]?.trim() === '') throw wrong(name, 'a text that is not empty')
  }
  if (!scopes.includes('openid') || !scopes.every((scope) => SCOPE.test(scope))) {
    throw wrong('scopes', 'a list of scopes, with "openid" among them')
  }
  return provider
}

const ALL = 'by "common", "organizations" and "consumers" people of every tenant would come in'

/** Entra's, in each of its clouds. */
const ENTRA_HOST = /(?:^|\.)(?:microsoftonline\.(?:com|us|de|cn)|windows\.net|chinacloudapi\.cn)$/

function isOfAllTenants({ hostname, pathname }: URL): boolean {
  return ENTRA_HOST.test(hostname) && /^\/+(?:common|organizations|consumers)(?:\/|$)/i.test(pathname)
}

function wrong(name: keyof PortalProviderOptions, what: string): RangeError {
  return new RangeError(`the option "portalProvider.${name}" must be ${what}`)
}
