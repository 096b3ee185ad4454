/**
 * In a job of GitHub Actions: no secret, but the permission `id-token: write`, and a federated credential that names the
 * repository (docs/federation.md). The job's own token is exchanged for one of the identity.
 *
 * AZURE_TENANT_ID, AZURE_CLIENT_ID  whose token it is
 * RESOURCE                          what the token is for, for example https://vault.azure.net
 */

import { DefaultCredential } from '@landfast/client'

const { RESOURCE } = process.env
if (!RESOURCE) throw new Error('set RESOURCE to what the token is for')

const credential = new DefaultCredential({ source: 'github-actions' })
const { token, expiresOnTimestamp } = await credential.getToken(`${RESOURCE}/.default`)
// Whoever has the token is the identity: it goes into a header and nowhere else.
const { oid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
process.stdout.write(`a token of ${oid} until ${new Date(expiresOnTimestamp).toISOString()}\n`)
