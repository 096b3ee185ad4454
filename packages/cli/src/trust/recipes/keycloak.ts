/**
 * Keycloak: our issuer as an identity provider, and a client that authenticates by our tokens in place of a secret.
 *
 * @see https://www.keycloak.org/docs/latest/server_admin/#_client-credentials
 * @module
 */

import { caFile, json, quoted, type Recipe, type RecipeFacts, type RecipeFile } from '../recipe.ts'

const ALIAS = 'landfast'

/** The recipe. */
export function recipeForKeycloak(facts: RecipeFacts): Recipe {
  const { ca } = facts
  const trust = ca ? ` --truststore-paths=${quoted(ca.file)}` : ''
  return {
    commands: [
      `kc.sh start --features=client-auth-federated${trust} # beside its other flags`,
      'kcadm.sh create identity-provider/instances -r REALM_NAME -f keycloak-provider.json',
      'kcadm.sh create clients -r REALM_NAME -f keycloak-client.json',
      `${freshToken(facts)} | tr -d '\\n' | curl -sS KEYCLOAK_URL/realms/REALM_NAME/protocol/openid-connect/token -d grant_type=client_credentials -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer --data-urlencode client_assertion@- # as the application`,
    ],
    files: [
      { path: 'keycloak-provider.json', what: 'for the second command', content: providerFor(facts) },
      { path: 'keycloak-client.json', what: 'for the third command', content: clientFor(facts) },
      ...caFile(ca),
      ageSetting(facts.audience),
    ],
    variables: {},
    blanks: {
      KEYCLOAK_URL: 'where Keycloak is, such as https://keycloak.example.com',
      REALM_NAME: 'the realm',
    },
  }
}

/** One that was kept for some minutes is too old for Keycloak. */
function freshToken({ audience, clientId }: RecipeFacts): string {
  return `landfast token --bypass-cache --resource ${quoted(audience)} --client-id ${clientId}`
}

/** It has to know where a person would log in, though nobody does. */
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
      clientId: 'none',
      clientSecret: 'none',
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

/** Keycloak takes no assertion whose `iat` is five minutes old, as that of other tokens of ours always is. */
function ageSetting(audience: string): RecipeFile {
  const content = `assertion-audiences: ${JSON.stringify(audience)}\n`
  return {
    path: '/etc/landfast/control-plane.yaml',
    what: 'add to the settings of the control plane',
    content,
  }
}
