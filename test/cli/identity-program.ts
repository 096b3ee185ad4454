/**
 * An application with identities, as its developer would write it: prints what the key vault answers to the token of each, and the
 * roles in that token.
 *
 * @module
 */

import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity'

const { AZURE_KEY_VAULT_ENDPOINT = '', AZURE_CLIENT_ID = '', CLERK_ID = '' } = process.env

async function tryVault(credential: TokenCredential) {
  const { token = '' } = (await credential.getToken('https://vault.azure.net/.default')) ?? {}
  const { appid, roles } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const answer = await fetch(`${AZURE_KEY_VAULT_ENDPOINT}/secrets/kept?api-version=7.4`, {
    headers: { Authorization: `Bearer ${token}` },
  })
  return { status: answer.status, isWorker: appid === AZURE_CLIENT_ID, roles }
}

const seen = {
  default: await tryVault(new DefaultAzureCredential()),
  clerk: await tryVault(new ManagedIdentityCredential({ clientId: CLERK_ID })),
  machine: await tryVault(new ManagedIdentityCredential()),
}
process.stdout.write(JSON.stringify(seen))
