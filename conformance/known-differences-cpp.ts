/**
 * The known differences of Microsoft's client for C++.
 *
 * @module
 */

import type { Difference } from './known-differences.ts'

const SDK = 'https://github.com/Azure/azure-sdk-for-cpp'
const CORE = `${SDK}/blob/main/sdk/core/azure-core/inc/azure/core`

const client = 'azure-identity-cpp'

/** Of azure-identity. */
export const CPP_DIFFERENCES: readonly Difference[] = [
  {
    client,
    styles: ['arc'],
    cases: ['client-id', 'unassigned'],
    shows: /User assigned identity is not supported by the Azure Arc Managed Identity Endpoint/,
    whose: 'by design',
    reason: 'it refuses user-assigned identities on Arc by itself',
    evidence: `${SDK}/issues/7371`,
  },
  {
    client,
    cases: ['expiry'],
    shows: /1 tokens were granted, not 2/,
    whose: 'by design',
    reason: 'it asks anew when less than two minutes are left',
    evidence: `${CORE}/credentials/credentials.hpp`,
  },
  {
    client,
    cases: ['throttled', 'gone'],
    shows: /slow down|410 Gone|Failed to get token from DefaultAzureCredential/,
    whose: 'by design',
    reason: 'it tries again after 408, 500, 502, 503 and 504 only',
    evidence: `${CORE}/http/policies/policy.hpp`,
  },
  {
    client,
    cases: ['marker'],
    shows: /169\.254\.169\.254/,
    whose: 'by design',
    reason: 'it looks at the variables only',
    evidence: 'seen in this run: it asks 169.254.169.254 all the same',
  },
  {
    client,
    cases: ['bare-proxy'],
    shows: /Fail to get a new connection/,
    whose: 'by design',
    reason: 'libcurl asks loopback through HTTP_PROXY as well; set NO_PROXY',
    evidence: 'https://curl.se/libcurl/c/libcurl-env.html',
  },
]
