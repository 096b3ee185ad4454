/**
 * Anthropic: a federation issuer, a rule that ties one subject to a service account, and the SDKs' variables.
 *
 * @see https://platform.claude.com/docs/en/manage-claude/wif-admin-api
 * @see https://platform.claude.com/docs/en/manage-claude/wif-reference
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

const API = 'https://api.anthropic.com/v1/organizations'
const AUTHORIZED = `-H "Authorization: Bearer $ANTHROPIC_ADMIN_TOKEN" -H 'anthropic-version: 2023-06-01' -H 'Content-Type: application/json'`

/** Tokens are good for up to a day, and begin five minutes before they are made. */
const LIFETIME_SECONDS = 86_400

/** The recipe. */
export function recipeForAnthropic(facts: RecipeFacts): Recipe {
  return {
    commands: [
      `curl -sS ${API}/federation_issuers ${AUTHORIZED} -d @anthropic-issuer.json`,
      `curl -sS ${API}/federation_rules ${AUTHORIZED} -d @anthropic-rule.json`,
    ],
    files: [
      { path: 'anthropic-issuer.json', what: 'for the first command', content: issuerFor(facts) },
      { path: 'anthropic-rule.json', what: 'for the second command', content: ruleFor(facts) },
      tokenFileSetting('anthropic', facts.audience),
    ],
    variables: {
      ANTHROPIC_FEDERATION_RULE_ID: 'RULE_ID',
      ANTHROPIC_ORGANIZATION_ID: 'ORGANIZATION_ID',
      ANTHROPIC_SERVICE_ACCOUNT_ID: 'SERVICE_ACCOUNT_ID',
      ANTHROPIC_IDENTITY_TOKEN_FILE: `${TOKEN_FOLDER}/anthropic`,
    },
    blanks: {
      ISSUER_ID: 'the id that the first command prints',
      RULE_ID: 'the id that the second command prints',
      ORGANIZATION_ID: 'the id of your organization',
      SERVICE_ACCOUNT_ID: 'the service account that the machine becomes',
      WORKSPACE_ID: 'the workspace of that account',
      ...APP_USER,
    },
  }
}

/** The SDKs present one token file more than once, which its check of `jti` would refuse. */
function issuerFor({ issuer, keys, uploads }: RecipeFacts): string {
  const jwks = uploads ? { type: 'inline', keys: keys.map(publicMembers) } : { type: 'discovery' }
  const limits = { max_jwt_lifetime_seconds: LIFETIME_SECONDS, check_jti: false }
  return json({ name: 'landfast', issuer_url: issuer, jwks, ...limits })
}

function ruleFor({ audience, subject }: RecipeFacts): string {
  return json({
    name: 'landfast',
    issuer_id: 'ISSUER_ID',
    match: { subject_prefix: subject, audience },
    target: { type: 'service_account', service_account_id: 'SERVICE_ACCOUNT_ID' },
    oauth_scope: 'workspace:inference',
    workspace_id: 'WORKSPACE_ID',
  })
}
