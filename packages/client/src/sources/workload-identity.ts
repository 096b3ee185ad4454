/**
 * Workload identity: a federated token in a file, as Kubernetes mounts it, exchanged at the authority.
 *
 * @see https://learn.microsoft.com/azure/aks/workload-identity-overview
 * @module
 */

import { WORKLOAD_VARIABLE } from '@landfast/protocol'
import { readAuthorityClient } from '../authority/authority.ts'
import { readSmallFile } from '../authority/small-file.ts'
import { ClientError } from '../errors.ts'
import type { SourceKind } from '../source.ts'
import { authoritySource } from './authority-source.ts'

/** The source of `AZURE_FEDERATED_TOKEN_FILE`. */
export const workloadIdentity: SourceKind<'workload-identity'> = {
  name: 'workload-identity',
  managed: false,
  find(surroundings, wanted) {
    const { federatedTokenFile, clientId, tenantId } = WORKLOAD_VARIABLE
    const { env } = surroundings
    const file = env[federatedTokenFile]
    if (!file) return `${federatedTokenFile} is not set`
    const client = readAuthorityClient(surroundings, wanted, {
      clientId: wanted.clientId ?? env[clientId],
      tenantId: wanted.tenantId ?? env[tenantId],
    })
    if (typeof client === 'string') return client
    // Read anew each time: it is replaced every hour or so, and tokens are asked for no more often.
    const prove = () => ({ assertion: readFederatedToken(file) })
    return authoritySource(client, prove, surroundings, federatedTokenFile)
  },
}

function readFederatedToken(file: string): string {
  const name = WORKLOAD_VARIABLE.federatedTokenFile
  let token: string
  try {
    token = readSmallFile(file).trim()
  } catch (cause) {
    throw new ClientError('token_file_unreadable', `${name} "${file}" (${(cause as Error).message})`, {
      cause,
    })
  }
  if (!/^[!-~]+$/.test(token)) {
    throw new ClientError('token_file_unreadable', `${name} "${file}" is empty or holds no token`)
  }
  return token
}
