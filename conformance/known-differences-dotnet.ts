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
      shows: /Connection refused \(127\.0\.0\.1:9\)|DefaultAzureCredential failed to retrieve a token/,
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
  {
    client: 'azure-identity-dotnet',
    credentials: ['default'],
    styles: ['vm'],
    cases: ['gone'],
    shows: /Status: 410/,
    whose: 'by design',
    reason: 'in a chain it asks once whether a virtual machine is there, and takes 410 for a failure',
    evidence: 'seen in this run; without a chain it tries again',
  },
  {
    client: 'azure-identity-dotnet',
    versions: ['1.13.2'],
    styles: ['service-fabric'],
    cases: ['throttled'],
    shows: /slow down/,
    whose: 'by design',
    reason: 'a version of this age does not try again there',
    evidence: 'seen in this run; 1.15.0 does',
  },
  {
    client: 'msal-dotnet',
    versions: ['4.67.2'],
    cases: ['throttled', 'gone'],
    shows: /slow down|StatusCode: 410/,
    whose: 'by design',
    reason: 'a version of this age tries again neither after 429 nor after 410',
    evidence: 'seen in this run; 4.76.0 does after 429, and after 410 in the style of virtual machines',
  },
  {
    client: 'msal-dotnet',
    styles: ['arc', 'app-service', 'azure-ml', 'cloud-shell'],
    cases: ['gone'],
    shows: /StatusCode: 410/,
    whose: 'by design',
    reason: 'it tries again after 410 in the style of virtual machines only',
    evidence: 'seen in this run: in that style it does',
  },
]
