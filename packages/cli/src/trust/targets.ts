/**
 * Who accepts tokens of our issuer, and what each demands of an issuer: one row each, every rule with its source.
 *
 * @see docs/clouds.md
 * @module
 */

import type { Recipe, RecipeFacts } from './recipe.ts'
import { recipeForAnthropic } from './recipes/anthropic.ts'
import { recipeForAws } from './recipes/aws.ts'
import { recipeForEntra } from './recipes/entra.ts'
import { recipeForGoogle } from './recipes/google.ts'
import { recipeForKeycloak } from './recipes/keycloak.ts'
import { recipeForKubernetes } from './recipes/kubernetes.ts'
import { recipeForOpenai } from './recipes/openai.ts'
import { recipeForVault } from './recipes/vault.ts'
import type { TargetName } from './target-names.ts'

/** What one side demands. */
export interface Target {
  /** As people call it. */
  readonly title: string
  /** The audience of the tokens, unless another is named. */
  readonly audience: string
  /** Whence it asks the issuer: the internet, with public CAs, or its own network, where a CA can be named. */
  readonly asksFrom: 'internet' | 'own-network'
  /** Whether it takes the keys from a person instead, so that nobody need reach the issuer. */
  readonly takesUploadedKeys: boolean
  /** Which port it asks at. */
  readonly port: 'none' | '443' | 'any'
  readonly algorithms: readonly string[]
  /** Whether a key without `use` is none to it. */
  readonly needsUse: boolean
  /** How many keys of one kind it takes at most. */
  readonly keysMax: number | undefined
  /** Members that its readers miss in a discovery document. */
  readonly members: readonly string[]
  /** Whether it takes `azp` for the audience where a token has one. */
  readonly judgesAzp: boolean
  /** What people should know of its claims, though nothing of the issuer shows it. */
  readonly note: string | undefined
  readonly recipe: (facts: RecipeFacts) => Recipe
}

/** @see https://www.rfc-editor.org/rfc/rfc7518#section-3.1 */
const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']

/** Every issuer has these. @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata */
const REQUIRED = [
  'issuer',
  'jwks_uri',
  'response_types_supported',
  'subject_types_supported',
  'id_token_signing_alg_values_supported',
]

/** Each by the name that the command takes. */
export const TARGETS = {
  /**
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html no port, public, at most 100 RSA and 100 EC keys, `claims_supported`
   * @see https://github.com/aws/aws-sdk-net/issues/3071 tokens with `azp`
   */
  aws: {
    title: 'AWS',
    audience: 'sts.amazonaws.com',
    asksFrom: 'internet',
    takesUploadedKeys: false,
    port: 'none',
    algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
    needsUse: false,
    keysMax: 100,
    members: [...REQUIRED, 'claims_supported'],
    judgesAzp: true,
    note: 'a condition of a role can name only "aud" and "sub" of these tokens',
    recipe: recipeForAws,
  },
  /**
   * @see https://cloud.google.com/iam/docs/workload-identity-federation-with-other-providers RS256 or ES256, uploaded keys, at most 24 hours from `iat` to `exp`
   * @see https://cloud.google.com/sdk/gcloud/reference/iam/workload-identity-pools/providers/create-oidc
   */
  google: {
    title: 'Google Cloud',
    audience:
      'https://iam.googleapis.com/projects/PROJECT_NUMBER/locations/global/workloadIdentityPools/landfast/providers/landfast',
    asksFrom: 'internet',
    takesUploadedKeys: true,
    port: 'any',
    algorithms: ['RS256', 'ES256'],
    needsUse: false,
    keysMax: undefined,
    members: ['issuer', 'jwks_uri'],
    judgesAzp: false,
    note: 'a token may be good for at most 24 hours, which the setting "token-lifetime" keeps to',
    recipe: recipeForGoogle,
  },
  /**
   * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations RS256, exact case, 20 credentials an identity
   * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation `use`, and 100 keys
   */
  entra: {
    title: 'Microsoft Entra ID',
    audience: 'api://AzureADTokenExchange',
    asksFrom: 'internet',
    takesUploadedKeys: false,
    port: 'any',
    algorithms: ['RS256'],
    needsUse: true,
    keysMax: 100,
    members: ['issuer', 'jwks_uri'],
    judgesAzp: false,
    note: 'a new credential is not known for some minutes: AADSTS70021 until then',
    recipe: recipeForEntra,
  },
  /**
   * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration https, no query, a CA by `certificateAuthority`
   */
  kubernetes: {
    title: 'Kubernetes',
    audience: 'kubernetes',
    asksFrom: 'own-network',
    takesUploadedKeys: false,
    port: 'any',
    algorithms: ASYMMETRIC,
    needsUse: false,
    keysMax: undefined,
    members: ['issuer', 'jwks_uri'],
    judgesAzp: false,
    note: undefined,
    recipe: recipeForKubernetes,
  },
  /**
   * @see https://developer.hashicorp.com/vault/api-docs/auth/jwt a CA by `oidc_discovery_ca_pem`
   * @see https://github.com/hashicorp/vault/issues/7533 `response_types_supported`
   */
  vault: {
    title: 'Vault',
    audience: 'vault',
    asksFrom: 'own-network',
    takesUploadedKeys: false,
    port: 'any',
    algorithms: ASYMMETRIC,
    needsUse: false,
    keysMax: undefined,
    members: ['issuer', 'jwks_uri', 'response_types_supported'],
    judgesAzp: false,
    note: undefined,
    recipe: recipeForVault,
  },
  /** @see https://developers.openai.com/api/docs/guides/workload-identity-federation uploaded keys */
  openai: {
    title: 'OpenAI',
    audience: 'https://api.openai.com/v1',
    asksFrom: 'internet',
    takesUploadedKeys: true,
    port: 'any',
    algorithms: ASYMMETRIC,
    needsUse: false,
    keysMax: undefined,
    members: ['issuer', 'jwks_uri'],
    judgesAzp: false,
    note: undefined,
    recipe: recipeForOpenai,
  },
  /** @see https://platform.claude.com/docs/en/manage-claude/wif-reference#validation-rules port 443, public, algorithms, lifetime, keys by hand */
  anthropic: {
    title: 'Anthropic',
    audience: 'https://api.anthropic.com',
    asksFrom: 'internet',
    takesUploadedKeys: true,
    port: '443',
    algorithms: ASYMMETRIC,
    needsUse: false,
    keysMax: undefined,
    members: ['issuer', 'jwks_uri'],
    judgesAzp: false,
    note: 'its limit of one hour from "iat" to "exp" is shorter than the life of these tokens: the file raises it',
    recipe: recipeForAnthropic,
  },
  /** @see https://www.keycloak.org/docs/latest/server_admin/#_identity_broker_oidc keys of an identity provider, tried with 26.5.6 */
  keycloak: {
    title: 'Keycloak',
    audience: 'KEYCLOAK_URL/realms/REALM_NAME',
    asksFrom: 'own-network',
    takesUploadedKeys: false,
    port: 'any',
    algorithms: ASYMMETRIC,
    needsUse: false,
    keysMax: undefined,
    members: ['issuer', 'jwks_uri'],
    judgesAzp: false,
    note: 'it takes no assertion that is older than five minutes: the command asks for a fresh token, and the control plane names the realm in "assertion-audiences"',
    recipe: recipeForKeycloak,
  },
} as const satisfies Readonly<Record<TargetName, Target>>
