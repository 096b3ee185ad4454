/**
 * Keycloak: our issuer as an identity provider, and a client that authenticates by our tokens in place of a secret.
 *
 * @see https://www.keycloak.org/docs/latest/server_admin/#_client-credentials
 * @module
 */

import { APP_USER, json, type Recipe, type RecipeFacts, TOKEN_FOLDER, tokenFileSetting } from '../recipe.ts'

const ALIAS = 'landfast'

/** The recipe. */
export function recipeForKeycloak(facts: RecipeFacts): Recipe {
  return {
    commands: [
      'kc.sh start --features=client-auth-federated # beside its other flags',
      'kcadm.sh create identity-provider/instances -r REALM_NAME -f keycloak-provider.json',
      'kcadm.sh create clients -r REALM_NAME -f keycloak-client.json',
      `curl -sS KEYCLOAK_URL/realms/REALM_NAME/protocol/openid-connect/token -d grant_type=client_credentials -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer --data-urlencode client_assertion@${TOKEN_FOLDER}/keycloak # as the application`,
    ],
    files: [
      { path: 'keycloak-provider.json', what: 'for the second command', content: providerFor(facts) },
      { path: 'keycloak-client.json', what: 'for the third command', content: clientFor(facts) },
      tokenFileSetting('keycloak', facts.audience),
    ],
    variables: {},
    blanks: {
      KEYCLOAK_URL: 'where Keycloak is, such as https://keycloak.example.com',
      REALM_NAME: 'the realm',
      ...APP_USER,
    },
  }
}

/** A token file is presented more than once, so the same assertion has to be good again. */
function providerFor({ issuer, jwksUri }: RecipeFacts): string {
  return json({
    alias: ALIAS,
    providerId: 'oidc',
    enabled: true,
    hideOnLogin: true,
    config: {
      issuer,
      jwksUrl: jwksUri,
      useJwksUrl: 'true',
      validateSignature: 'true',
      supportsClientAssertions: 'true',
      supportsClientAssertionReuse: 'true',
      clientId: 'unused',
      authorizationUrl: `${issuer.replace(/\/$/, '')}/authorize`,
      tokenUrl: `${issuer.replace(/\/$/, '')}/token`,
    },
  })
}

function clientFor({ subject }: RecipeFacts): string {
  return json({
    clientId: 'landfast-machine',
    enabled: true,
    publicClient: false,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    clientAuthenticatorType: 'federated-jwt',
    attributes: { 'jwt.credential.issuer': ALIAS, 'jwt.credential.sub': subject },
  })
}
