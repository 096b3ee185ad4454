/**
 * Microsoft Entra ID: a federated credential of an application, and a token file for the SDKs.
 *
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust
 * @see https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
 * @module
 */

import { APP_USER, json, type Recipe, type RecipeFacts, TOKEN_FOLDER, tokenFileSetting } from '../recipe.ts'

const CREDENTIAL_FILE = 'federated-credential.json'

/** The authority of each cloud, as Azure's own webhook writes it, by the end of the audience that its credentials have. */
const AUTHORITIES: readonly (readonly [end: string, authority: string])[] = [
  ['USGov', 'https://login.microsoftonline.us/'],
  ['China', 'https://login.partner.microsoftonline.cn/'],
  ['', 'https://login.microsoftonline.com/'],
]

/** The recipe. */
export function recipeForEntra({ issuer, audience, subject }: RecipeFacts): Recipe {
  const [, authority = ''] = AUTHORITIES.find(([end]) => audience.endsWith(end)) ?? []
  const credential = { name: 'landfast', issuer, subject, audiences: [audience] }
  return {
    commands: [
      `az ad app federated-credential create --id APPLICATION_ID --parameters ${CREDENTIAL_FILE}`,
      'az role assignment create --assignee APPLICATION_ID --role ROLE_NAME --scope SCOPE_ID',
    ],
    files: [
      { path: CREDENTIAL_FILE, what: 'for the first command', content: json(credential) },
      tokenFileSetting('entra', audience),
    ],
    variables: {
      AZURE_AUTHORITY_HOST: authority,
      AZURE_TENANT_ID: 'TENANT_ID',
      AZURE_CLIENT_ID: 'APPLICATION_ID',
      AZURE_FEDERATED_TOKEN_FILE: `${TOKEN_FOLDER}/entra`,
    },
    blanks: {
      APPLICATION_ID: 'the client id of the application in Entra',
      TENANT_ID: 'the id of its tenant',
      ROLE_NAME: 'what it may do, such as Reader',
      SCOPE_ID: 'where, such as /subscriptions/ID',
      ...APP_USER,
    },
  }
}
