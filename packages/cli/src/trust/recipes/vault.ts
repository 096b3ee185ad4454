/**
 * Vault: the JWT auth method with our issuer, a role for one subject, and a login by a token file.
 *
 * @see https://developer.hashicorp.com/vault/docs/auth/jwt
 * @see https://developer.hashicorp.com/vault/docs/agent-and-proxy/autoauth/methods/jwt
 * @module
 */

import {
  APP_USER,
  caFile,
  quoted,
  type Recipe,
  type RecipeFacts,
  TOKEN_FOLDER,
  tokenFileSetting,
} from '../recipe.ts'

/** The recipe. */
export function recipeForVault({ issuer, audience, subject, ca }: RecipeFacts): Recipe {
  const trust = ca ? ` oidc_discovery_ca_pem=@${quoted(ca.file)}` : ''
  return {
    commands: [
      'vault auth enable jwt',
      `vault write auth/jwt/config oidc_discovery_url=${quoted(issuer)} bound_issuer=${quoted(issuer)}${trust}`,
      `vault write auth/jwt/role/landfast role_type=jwt user_claim=sub bound_audiences=${quoted(audience)} bound_subject=${quoted(subject)} token_policies=POLICY_NAME`,
      `vault write auth/jwt/login role=landfast jwt=@${TOKEN_FOLDER}/vault # as the application`,
    ],
    files: [
      ...caFile(ca),
      { path: 'vault-agent.hcl', what: 'for the agent of Vault, if it logs in', content: AUTO_AUTH },
      tokenFileSetting('vault', audience),
    ],
    variables: { VAULT_ADDR: 'VAULT_URL' },
    blanks: {
      POLICY_NAME: 'the policy of Vault that says what the machine may do',
      VAULT_URL: 'where Vault is',
      ...APP_USER,
    },
  }
}

/** By default Vault's agent deletes the file after it has read it. */
const AUTO_AUTH = `auto_auth {
  method "jwt" {
    config = {
      role                      = "landfast"
      path                      = "${TOKEN_FOLDER}/vault"
      remove_jwt_after_reading  = false
    }
  }
}
`
