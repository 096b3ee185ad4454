/**
 * Google Cloud: a provider in a workload identity pool, a role for one subject of it, and files for Google's libraries.
 *
 * @see https://google.aip.dev/auth/4117
 * @see https://cloud.google.com/iam/docs/workload-identity-federation-with-other-providers
 * @module
 */

import {
  APP_USER,
  json,
  publicMembers,
  quoted,
  type Recipe,
  type RecipeFacts,
  type RecipeFile,
  TOKEN_FOLDER,
  tokenFileSetting,
} from '../recipe.ts'

const POOL = 'projects/PROJECT_NUMBER/locations/global/workloadIdentityPools/landfast'
const KEYS_FILE = 'landfast-keys.json'

/** Where the style of virtual machines answers. */
const VM_ENDPOINT = 'http://169.254.169.254/metadata/identity/oauth2/token'

/** The recipe. */
export function recipeForGoogle(facts: RecipeFacts): Recipe {
  const { audience, keys, uploads } = facts
  const uploaded = {
    path: KEYS_FILE,
    what: 'for the second command; upload it again after each change of the signing key',
    content: json({ keys: keys.map(publicMembers) }),
  }
  return {
    commands: commandsFor(facts),
    files: [...(uploads ? [uploaded] : []), ...configurations(facts), tokenFileSetting('google', audience)],
    variables: {
      GOOGLE_APPLICATION_CREDENTIALS: '/etc/landfast/google-vm.json',
      GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1',
    },
    blanks: {
      PROJECT_ID: 'the id of your project',
      PROJECT_NUMBER: "its number: gcloud projects describe PROJECT_ID --format='value(projectNumber)'",
      ROLE_NAME: 'what the machine may do, such as roles/storage.objectViewer',
      ...APP_USER,
    },
  }
}

function commandsFor({ issuer, audience, subject, uploads }: RecipeFacts): string[] {
  const keys = uploads ? ` --jwk-json-path=${KEYS_FILE}` : ''
  return [
    'gcloud iam workload-identity-pools create landfast --project=PROJECT_ID --location=global',
    `gcloud iam workload-identity-pools providers create-oidc landfast --project=PROJECT_ID --location=global --workload-identity-pool=landfast --issuer-uri=${quoted(issuer)} --allowed-audiences=${quoted(audience)} --attribute-mapping=google.subject=assertion.sub${keys}`,
    `gcloud projects add-iam-policy-binding PROJECT_ID --role=ROLE_NAME --member=principal://iam.googleapis.com/${POOL}/subject/${subject}`,
  ]
}

/** One file for each way in which the libraries can come to the token. */
function configurations({ audience, clientId, program }: RecipeFacts): RecipeFile[] {
  const query = new URLSearchParams({ 'api-version': '2018-02-01', resource: audience, client_id: clientId })
  const command = `${program} token --format google --resource ${audience} --client-id ${clientId}`
  return [
    configuration('google-vm.json', 'where the style "vm" is served', {
      url: `${VM_ENDPOINT}?${query}`,
      headers: { Metadata: 'True' },
      format: { type: 'json', subject_token_field_name: 'access_token' },
    }),
    configuration('google-file.json', 'with a token file', { file: `${TOKEN_FOLDER}/google` }),
    configuration('google-executable.json', 'with the challenge of Arc', {
      executable: { command, timeout_millis: 30_000 },
    }),
  ]
}

function configuration(name: string, what: string, source: object): RecipeFile {
  const content = json({
    universe_domain: 'googleapis.com',
    type: 'external_account',
    audience: `//iam.googleapis.com/${POOL}/providers/landfast`,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
    credential_source: source,
  })
  return { path: `/etc/landfast/${name}`, what: `for the application, ${what}`, content }
}
