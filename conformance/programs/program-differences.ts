/**
 * The known differences of whole programs: most are their library's.
 *
 * @module
 */

import type { Difference } from '../known-differences.ts'

const MSAL_GO = 'https://github.com/AzureAD/microsoft-authentication-library-for-go'
const PYTHON_SDK = 'https://github.com/Azure/azure-sdk-for-python'
const MSAL_NET = 'https://github.com/AzureAD/microsoft-authentication-library-for-dotnet'

const BY_NAME = ['client-id', 'resource-id'] as const

/** Of programs. */
export const PROGRAM_DIFFERENCES: readonly Difference[] = [
  ...['AzCopy', 'rclone', 'kubelogin', 'Litestream'].map(
    (client): Difference => ({
      client,
      styles: ['arc'],
      cases: BY_NAME,
      shows: /Azure Arc doesn't support user-assigned managed identities/,
      whose: 'by design',
      reason: 'the azidentity in it refuses user-assigned identities on Arc by itself',
      evidence: `${MSAL_GO}/pull/644`,
    }),
  ),
  {
    client: 'AzCopy',
    cases: ['object-id'],
    shows: /object ID is deprecated and no longer supported/i,
    whose: 'by design',
    reason: 'it knows the option and refuses it; give a client id or a resource id',
    evidence: 'seen in this run: it sends no request',
  },
  {
    client: 'rclone',
    cases: ['object-id'],
    shows: /MSI object ID is currently unsupported/,
    whose: 'by design',
    reason: 'it knows the option and refuses it; give a client id or a resource id',
    evidence: 'seen in this run: it sends no request',
  },
  {
    client: 'Azure MCP Server',
    styles: ['arc'],
    cases: ['client-id'],
    shows: /User-assigned managed identity is not supported by the detected managed identity environment/,
    whose: 'by design',
    reason: 'the MSAL for .NET in it, 4.82, knows no user-assigned identities on Arc',
    evidence: `${MSAL_NET}/pull/6128`,
  },
  {
    client: 'adlfs',
    styles: ['arc'],
    cases: ['marker'],
    shows: /DefaultAzureCredential failed to retrieve a token/,
    whose: 'bug',
    reason: 'in a chain azure-identity looks for a virtual machine first, and gives up where there is none',
    evidence: `${PYTHON_SDK}/issues/38183`,
  },
]
