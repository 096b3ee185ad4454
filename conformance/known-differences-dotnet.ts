/**
 * The known differences of Microsoft's clients for .NET.
 *
 * @module
 */

import type { Difference } from './known-differences.ts'

const MSAL = 'https://github.com/AzureAD/microsoft-authentication-library-for-dotnet'
const SDK = 'https://github.com/Azure/azure-sdk-for-net'

/** Of Azure.Identity and MSAL.NET. */
export const DOTNET_DIFFERENCES: readonly Difference[] = [
  ...['azure-identity-dotnet', 'msal-dotnet'].flatMap((client): Difference[] => [
    {
      client,
      styles: ['arc'],
      cases: ['client-id', 'object-id', 'resource-id', 'unassigned'],
      shows: /User assigned identity is not supported by the Azure Arc Managed Identity/,
      whose: 'by design',
      reason: 'it refuses user-assigned identities on Arc by itself; MSAL.NET does so up to 4.87',
      evidence: `${MSAL}/pull/6128`,
    },
    {
      client,
      cases: ['bare-proxy'],
      shows: /Connection refused \(127\.0\.0\.1:9\)/,
      whose: 'by design',
      reason: 'its HTTP client asks loopback through HTTP_PROXY as well; set NO_PROXY',
      evidence: 'https://github.com/dotnet/runtime/issues/31680',
    },
  ]),
  {
    client: 'azure-identity-dotnet',
    credentials: ['default'],
    cases: ['override'],
    shows: /DefaultAzureCredential failed to retrieve a token/,
    whose: 'bug',
    reason:
      'in a chain it first asks without the header "Metadata", and takes the 400 that answers for a sign of life at 169.254.169.254 only',
    evidence: `${SDK}/blob/main/sdk/identity/Azure.Identity/src/ImdsManagedIdentityProbeSource.cs`,
  },
]
