/**
 * Uploads a file to Blob Storage and reads it back with `@landfast/client`: its credential goes wherever one of
 * `@azure/identity` goes.
 *
 * BLOB_ENDPOINT  the account's URL, for example https://ACCOUNT.blob.core.windows.net
 */

import { readFile } from 'node:fs/promises'
import { BlobServiceClient } from '@azure/storage-blob'
import { DefaultCredential } from '@landfast/client'

const endpoint = process.env.BLOB_ENDPOINT
if (!endpoint) throw new Error('set BLOB_ENDPOINT to the URL of the storage account')

const service = new BlobServiceClient(endpoint, new DefaultCredential())
const container = service.getContainerClient('example')
await container.createIfNotExists()

const file = await readFile(new URL(import.meta.url))
const blob = container.getBlockBlobClient('client-blob.ts')
await blob.uploadData(file)
const downloaded = await blob.downloadToBuffer()

if (!downloaded.equals(file)) throw new Error('what was read back differs from what was uploaded')
process.stdout.write(`uploaded ${file.length} bytes to ${blob.url} and read the same back\n`)
