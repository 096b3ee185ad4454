/**
 * A whole application as for Azure: its database password is in a key vault, and its reports are in Blob Storage.
 *
 * AZURE_KEY_VAULT_ENDPOINT     for example https://NAME.vault.azure.net
 * AZURE_STORAGE_BLOB_ENDPOINT  for example https://NAME.blob.core.windows.net
 */

import { DefaultAzureCredential } from '@azure/identity'
import { SecretClient } from '@azure/keyvault-secrets'
import { BlobServiceClient } from '@azure/storage-blob'

const { AZURE_KEY_VAULT_ENDPOINT: vaultUrl = '', AZURE_STORAGE_BLOB_ENDPOINT: storageUrl = '' } = process.env

const credential = new DefaultAzureCredential()
const vault = new SecretClient(vaultUrl, credential, {
  // Outside Azure the vault has another host than the one for which its tokens are.
  disableChallengeResourceVerification: !new URL(vaultUrl).hostname.endsWith('.vault.azure.net'),
})
const reports = new BlobServiceClient(storageUrl, credential).getContainerClient('reports')

/** How the application signs in to its database. */
export async function databaseUrl(host: string): Promise<string> {
  const { value = '' } = await vault.getSecret('database-password')
  return `postgres://orders:${encodeURIComponent(value)}@${host}/orders`
}

/** Keeps a report, and gives its name. */
export async function keepReport(name: string, lines: readonly string[]): Promise<string> {
  await reports.createIfNotExists()
  const text = lines.join('\n')
  await reports.getBlockBlobClient(name).upload(text, Buffer.byteLength(text))
  return name
}

/** The lines of a report. */
export async function readReport(name: string): Promise<string[]> {
  const content = await reports.getBlobClient(name).downloadToBuffer()
  return content.toString('utf8').split('\n')
}
