/**
 * OpenAI: a workload identity provider, a rule that ties one subject to a service account, and the exchange.
 *
 * @see https://developers.openai.com/api/docs/guides/workload-identity-federation
 * @see https://developers.openai.com/api/reference/workload-identity-federation
 * @module
 */

import {
  APP_USER,
  json,
  publicMembers,
  type Recipe,
  type RecipeFacts,
  TOKEN_FOLDER,
  tokenFileSetting,
} from '../recipe.ts'

const API = 'https://api.openai.com/v1/organization/workload_identity_providers'
const AUTHORIZED = `-H "Authorization: Bearer $OPENAI_ADMIN_KEY" -H 'Content-Type: application/json'`

/** The recipe. */
export function recipeForOpenai({ issuer, audience, subject, keys, uploads }: RecipeFacts): Recipe {
  const verification = uploads
    ? { type: 'uploaded_jwks', jwks: { keys: keys.map(publicMembers) } }
    : { type: 'discovery' }
  const provider = { name: 'landfast', type: 'oidc', issuer, audience, verification }
  const rule = {
    name: 'landfast',
    project_id: 'PROJECT_ID',
    service_account_id: 'SERVICE_ACCOUNT_ID',
    attribute_matchers: { sub: subject },
  }
  return {
    commands: [
      `curl -sS ${API} ${AUTHORIZED} -d @openai-provider.json`,
      `curl -sS ${API}/PROVIDER_ID/federation_rules ${AUTHORIZED} -d @openai-rule.json`,
      `jq -n --rawfile token ${TOKEN_FOLDER}/openai '{grant_type: "urn:ietf:params:oauth:grant-type:token-exchange", subject_token_type: "urn:ietf:params:oauth:token-type:jwt", subject_token: $token, identity_provider_id: "PROVIDER_ID", service_account_id: "SERVICE_ACCOUNT_ID"}' | curl -sS https://auth.openai.com/oauth/token -H 'Content-Type: application/json' -d @- # as the application`,
    ],
    files: [
      { path: 'openai-provider.json', what: 'for the first command', content: json(provider) },
      { path: 'openai-rule.json', what: 'for the second command', content: json(rule) },
      tokenFileSetting('openai', audience),
    ],
    variables: {},
    blanks: {
      PROJECT_ID: 'the project of the service account',
      PROVIDER_ID: 'the id that the first command prints',
      SERVICE_ACCOUNT_ID: 'the service account that the machine becomes',
      ...APP_USER,
    },
  }
}
