/**
 * The known differences: where a client does not do what a case expects, by the client's design or by a reported bug. A
 * cell that differs in any other way is red. So is one that ceases to differ: then its row goes.
 *
 * @module
 */

import { CASE_NAMES, type CaseName } from './cases.ts'
import type { SystemName } from './client-folder.ts'
import type { CredentialName } from './client-report.ts'
import type { ColumnName } from './columns.ts'
import { CPP_DIFFERENCES } from './known-differences-cpp.ts'
import { DOTNET_DIFFERENCES } from './known-differences-dotnet.ts'
import { PROGRAM_DIFFERENCES } from './programs/program-differences.ts'

const JS_SDK = 'https://github.com/Azure/azure-sdk-for-js'
const PYTHON_SDK = 'https://github.com/Azure/azure-sdk-for-python'
const MSAL_JS = 'https://github.com/AzureAD/microsoft-authentication-library-for-js'
const MSAL_PYTHON = 'https://github.com/AzureAD/microsoft-authentication-library-for-python'
const MSAL_GO = 'https://github.com/AzureAD/microsoft-authentication-library-for-go'
const MSAL_NET = 'https://github.com/AzureAD/microsoft-authentication-library-for-dotnet'
const MSAL_JAVA = 'https://github.com/AzureAD/microsoft-authentication-library-for-java'
const JAVA_SDK = 'https://github.com/Azure/azure-sdk-for-java'
const RUST_SDK = 'https://github.com/Azure/azure-sdk-for-rust'
const ARC_SAMPLE = 'https://learn.microsoft.com/azure/azure-arc/servers/managed-identity-authentication'

/** One difference. */
export interface Difference {
  client: string
  /** Default: every version. */
  versions?: readonly string[]
  /** Default: every credential. */
  credentials?: readonly CredentialName[]
  /** Default: every system. */
  system?: SystemName
  /** Default: every style. */
  styles?: readonly ColumnName[]
  cases: readonly CaseName[]
  /** What the fault has to look like. */
  shows: RegExp
  whose: 'by design' | 'bug'
  reason: string
  /** The thread or page that says so, or the source that was read. */
  evidence: string
}

/** Where a cell stands in the table. */
export interface Place {
  client: string
  version: string
  credential: CredentialName
  style: ColumnName
  name: CaseName
  /** Default: `linux`. */
  system?: SystemName
  /** The code by which a whole program asks; default: the client is such code itself. */
  library?: string
}

const DIFFERENCES: readonly Difference[] = [
  ...['azidentity', 'msal-go'].map(
    (client): Difference => ({
      client,
      system: 'windows',
      styles: ['arc'],
      cases: ['marker'],
      // Of a chain only the end is shown, which is of the credentials behind it.
      shows: /169\.254\.169\.254|Can't recognize 'az account/,
      whose: 'bug',
      reason:
        "it looks for the agent's program in C:\\ProgramData, where it never is, and then asks a virtual machine's endpoint",
      evidence: 'apps/managedidentity/managedidentity.go in the source of msal-go',
    }),
  ),
  {
    client: 'azmcp.exe',
    styles: ['arc'],
    cases: ['client-id', 'unassigned'],
    shows: /User-assigned managed identity is not supported by the detected managed identity environment/,
    whose: 'by design',
    reason: 'the MSAL for .NET in it, 4.82, knows no user-assigned identities on Arc',
    evidence: `${MSAL_NET}/pull/6128`,
  },
  {
    client: '@landfast/client',
    cases: ['expiry'],
    shows: /1 tokens were granted, not 2/,
    whose: 'by design',
    reason:
      'where a new token is no better than the old one, it asks again 30 seconds later and serves what it has',
    evidence: 'packages/client/src/tokens/token-cache.ts',
  },
  {
    client: '@landfast/client',
    cases: ['long-resource'],
    shows: /the resource is not valid/,
    whose: 'by design',
    reason: 'it refuses such a resource by itself',
    evidence: 'packages/client/src/identity-tokens.ts',
  },
  {
    client: "sample of Arc's documentation",
    cases: ['cached'],
    shows: /2 tokens were granted/,
    whose: 'by design',
    reason: 'it keeps nothing',
    evidence: ARC_SAMPLE,
  },
  {
    client: "sample of Arc's documentation",
    cases: ['throttled', 'gone'],
    shows: /slow down|Could not retrieve challenge token/,
    whose: 'by design',
    reason: 'it does not try again',
    evidence: ARC_SAMPLE,
  },
  {
    client: "sample of Arc's documentation",
    cases: ['bare-proxy'],
    shows: /Could not retrieve challenge token/,
    whose: 'by design',
    reason: 'curl asks loopback through http_proxy as well; set NO_PROXY',
    evidence: 'https://curl.se/docs/manpage.html#--noproxy',
  },
  {
    client: '@azure/identity',
    cases: ['bare-proxy'],
    shows: /Network unreachable|ECONNREFUSED|authentication failed|No MSI credential available/,
    whose: 'bug',
    reason: 'it asks loopback through HTTP_PROXY as well; set NO_PROXY',
    evidence: `${JS_SDK}/issues/28595`,
  },
  {
    client: '@azure/identity',
    versions: ['4.2.1'],
    cases: ['marker'],
    shows: /No MSI credential available|authentication failed/,
    whose: 'by design',
    reason: 'a version of this age looks at the variables only',
    evidence: `${MSAL_JS}/issues/7222`,
  },
  {
    client: '@azure/identity',
    versions: ['4.2.1'],
    styles: ['arc'],
    cases: ['gone'],
    shows: /410/,
    whose: 'by design',
    reason: 'it takes any first answer but 401 for a failure',
    evidence: 'https://github.com/workleap/azure-cli-credentials-proxy/issues/54',
  },
  {
    client: '@azure/identity',
    versions: ['4.2.1'],
    styles: ['app-service', 'vm', 'azure-ml', 'cloud-shell'],
    cases: ['gone'],
    shows: /410/,
    whose: 'by design',
    reason: 'it does not try again after 410',
    evidence: `${JS_SDK}/issues/34961`,
  },
  {
    client: '@azure/msal-node',
    styles: ['arc', 'app-service', 'azure-ml', 'cloud-shell'],
    cases: ['gone'],
    shows: /Description: the service is being updated|Unexpected end of JSON input/,
    whose: 'by design',
    reason: 'it tries again after 410 in the style of virtual machines only',
    evidence: `${MSAL_JS}/pull/7614`,
  },
  {
    client: '@azure/msal-node',
    versions: ['2.9.2'],
    styles: ['arc'],
    cases: ['client-id', 'object-id', 'resource-id', 'unassigned'],
    shows: /can only be system assigned/,
    whose: 'by design',
    reason: 'a version of this age refuses user-assigned identities on Arc by itself',
    evidence: `${MSAL_JS}/pull/8761`,
  },
  {
    client: '@azure/msal-node',
    versions: ['2.9.2'],
    styles: ['arc', 'vm', 'cloud-shell', 'service-fabric'],
    cases: ['unassigned', 'wrong-resource', 'denied', 'upstream-down', 'gone'],
    shows: /Unexpected end of JSON input/,
    whose: 'bug',
    reason: 'it reads the body of an error as nothing; 7.2.1 does not',
    evidence: 'seen in this run, in both versions',
  },
  {
    client: '@azure/identity',
    versions: ['4.2.1'],
    styles: ['service-fabric'],
    cases: ['wrong-resource', 'denied', 'upstream-down'],
    shows: /\[object Object\]|ChainedTokenCredential authentication failed/,
    whose: 'bug',
    reason: 'a version of this age takes the error, which is an object there, for a text; 4.14.1 does not',
    evidence: 'seen in this run, in both versions',
  },
  {
    client: '@azure/msal-node',
    versions: ['2.9.2'],
    cases: ['marker'],
    shows: /network_error/,
    whose: 'by design',
    reason: 'a version of this age looks at the variables only',
    evidence: `${MSAL_JS}/issues/7222`,
  },
  {
    client: 'azure-identity',
    cases: ['bare-proxy'],
    shows: /Unable to connect to proxy|no response from the IMDS endpoint|failed to retrieve a token/,
    whose: 'bug',
    reason: 'it asks loopback through HTTP_PROXY as well; set NO_PROXY',
    evidence: `${PYTHON_SDK}/issues/35991`,
  },
  {
    client: 'azure-identity',
    styles: ['arc', 'app-service', 'azure-ml', 'cloud-shell'],
    cases: ['gone'],
    shows: /being updated|None, None|failed to retrieve a token/,
    whose: 'by design',
    reason: 'it tries again after 410 in the style of virtual machines only',
    evidence: `${PYTHON_SDK}/issues/41741`,
  },
  {
    client: 'azure-identity',
    credentials: ['default'],
    cases: ['marker'],
    shows: /failed to retrieve a token/,
    whose: 'bug',
    reason: 'in a chain it looks for a virtual machine first, and gives up where there is none',
    evidence: `${PYTHON_SDK}/issues/38183`,
  },
  {
    client: 'azure-identity',
    versions: ['1.16.1'],
    credentials: ['managed-identity'],
    cases: ['marker'],
    shows: /no response from the IMDS endpoint/,
    whose: 'by design',
    reason: 'a version of this age looks at the variables only',
    evidence: `${PYTHON_SDK}/issues/38183`,
  },
  {
    client: 'azure-identity',
    versions: ['1.16.1'],
    styles: ['arc'],
    cases: ['client-id', 'object-id', 'resource-id', 'unassigned'],
    shows: /not supported by Azure Arc/,
    whose: 'by design',
    reason: 'a version of this age refuses user-assigned identities on Arc by itself',
    evidence: `${PYTHON_SDK}/pull/48967`,
  },
  {
    client: 'azure-identity',
    versions: ['1.16.1'],
    cases: ['expiry'],
    shows: /1 tokens were granted, not 2/,
    whose: 'by design',
    reason: 'it asks anew no sooner than 30 seconds after it last did, and serves what it has until its end',
    evidence: 'DEFAULT_TOKEN_REFRESH_RETRY_DELAY in its source',
  },
  {
    client: 'azure-identity',
    versions: ['1.27.0'],
    styles: ['cloud-shell'],
    cases: ['expiry'],
    shows: /1 tokens were granted, not 2/,
    whose: 'by design',
    reason:
      'there it asks anew no sooner than 30 seconds after it last did, and serves what it has until its end',
    evidence: 'DEFAULT_TOKEN_REFRESH_RETRY_DELAY in its source',
  },
  {
    client: 'azure-identity',
    versions: ['1.27.0'],
    styles: ['service-fabric'],
    cases: ['throttled'],
    shows: /slow down|failed to retrieve a token/,
    whose: 'by design',
    reason: 'there it leaves trying again to its caller',
    evidence: `${MSAL_PYTHON}/issues/432`,
  },
  {
    client: 'msal',
    cases: ['throttled', 'gone'],
    shows: /slow down|being updated|None, None/,
    whose: 'by design',
    reason: 'it leaves trying again to its caller',
    evidence: `${MSAL_PYTHON}/issues/432`,
  },
  {
    client: 'msal',
    cases: ['bare-proxy'],
    shows: /ProxyError/,
    whose: 'by design',
    reason: 'the HTTP client that it is given asks loopback through HTTP_PROXY as well; set NO_PROXY',
    evidence: 'https://requests.readthedocs.io/en/latest/user/advanced/#proxies',
  },
  {
    // Of a chain only the end is shown, which on Windows is of the credentials behind it.
    client: 'azidentity',
    system: 'windows',
    credentials: ['default'],
    styles: ['vm'],
    cases: ['override', 'bare-proxy'],
    shows: /Can't recognize 'az account/,
    whose: 'by design',
    reason:
      'its chain asks 169.254.169.254 all the same, through a proxy if one is set, and goes on to the developer’s tools',
    evidence: 'seen in this run, and without a chain in the same table',
  },
  ...['azidentity', 'msal-go', 'azure-identity-rust', 'azure-identity-rust-beta'].flatMap(
    (client): Difference[] => [
      {
        client,
        cases: ['override'],
        shows: /169\.254\.169\.254|retry policy expired/,
        whose: 'by design',
        reason:
          'it knows the address of a virtual machine only, and does not read AZURE_POD_IDENTITY_AUTHORITY_HOST',
        evidence: 'seen in this run: it asks 169.254.169.254 all the same',
      },
      {
        client,
        styles: client.startsWith('azure') ? ['arc', 'app-service', 'vm'] : ['vm'],
        cases: ['bare-proxy'],
        shows: /proxyconnect|retry policy expired/,
        whose: 'by design',
        reason: 'its HTTP client asks what it takes for a distant host through HTTP_PROXY; set NO_PROXY',
        evidence: 'seen in this run: it asks the proxy',
      },
    ],
  ),
  {
    client: 'azidentity',
    versions: ['1.6.0'],
    cases: ['marker'],
    shows: /169\.254\.169\.254/,
    whose: 'by design',
    reason: 'a version of this age looks at the variables only',
    evidence: `${MSAL_GO}/issues/496`,
  },
  {
    client: 'msal-go',
    versions: ['1.4.2'],
    styles: ['arc'],
    cases: ['client-id', 'object-id', 'resource-id', 'unassigned'],
    shows: /Azure Arc doesn't support user-assigned managed identities/,
    whose: 'by design',
    reason: 'a version of this age refuses user-assigned identities on Arc by itself',
    evidence: `${MSAL_GO}/pull/644`,
  },
  {
    client: 'azure-identity-java',
    versions: ['1.12.2'],
    styles: ['arc'],
    cases: ['client-id', 'unassigned'],
    shows: /User assigned identity is not supported by the Azure Arc Managed Identity Endpoint/,
    whose: 'by design',
    reason: 'a version of this age refuses user-assigned identities on Arc by itself',
    evidence: `${JAVA_SDK}/issues/50233`,
  },
  {
    client: 'azure-identity-java',
    versions: ['1.12.2'],
    styles: ['arc'],
    cases: ['resource-id'],
    shows: /the token is of another identity/,
    whose: 'bug',
    reason:
      'it leaves a resource id out there without a word, and gives the token of the machine’s own identity',
    evidence: 'ArcIdentityCredential.java in its source, and seen in this run',
  },
  {
    client: 'azure-identity-java',
    versions: ['1.12.2'],
    cases: [
      'unassigned',
      'wrong-resource',
      'denied',
      'upstream-down',
      'untrusted-token',
      'expired-token',
      'long-resource',
    ],
    shows:
      /Server returned HTTP response code|IMDS endpoint cannot be established|retrying 6 times|authentication unavailable/,
    whose: 'bug',
    reason: 'a version of this age does not read what a refusal says, and its chain goes on',
    evidence: 'seen in this run; 1.19.0 shows our sentence',
  },
  {
    client: 'azure-identity-java',
    versions: ['1.12.2'],
    styles: ['arc', 'app-service', 'cloud-shell', 'service-fabric'],
    cases: ['throttled', 'gone'],
    shows:
      /Server returned HTTP response code: 429|FileNotFoundException|Did not receive a value for WWW-Authenticate|authentication unavailable/,
    whose: 'by design',
    reason: 'a version of this age tries again in the style of virtual machines only',
    evidence: 'seen in this run: in that style it does',
  },
  {
    client: 'msal4j',
    versions: ['1.15.1'],
    styles: ['arc'],
    cases: ['client-id', 'resource-id', 'unassigned'],
    shows: /User assigned identity is not supported by the Azure Arc Managed Identity/,
    whose: 'by design',
    reason: 'a version of this age refuses user-assigned identities on Arc by itself',
    evidence: `${MSAL_JAVA}/pull/1057`,
  },
  {
    client: 'msal4j',
    versions: ['1.15.1'],
    styles: ['arc'],
    cases: CASE_NAMES.filter((name) => name !== 'marker' && name !== 'gone'),
    shows: /Did not receive expected WWW-Authenticate header/,
    whose: 'bug',
    reason:
      'it looks for a header that is written "WWW-Authenticate", and Arc’s agent writes "Www-Authenticate"',
    evidence: `${MSAL_JAVA}/issues/884`,
  },
  {
    client: 'msal4j',
    versions: ['1.15.1'],
    styles: ['arc', 'vm'],
    cases: ['gone'],
    shows: /HttpStatusCode: 410/,
    whose: 'by design',
    reason: 'a version of this age does not try again after 410',
    evidence: 'seen in this run; 1.26.1 does',
  },
  {
    client: 'msal4j',
    versions: ['1.15.1'],
    styles: ['service-fabric'],
    cases: ['throttled'],
    shows: /slow down/,
    whose: 'by design',
    reason: 'a version of this age does not try again there',
    evidence: 'seen in this run; 1.26.1 does',
  },
  {
    client: 'azure-identity-java',
    credentials: ['default'],
    styles: ['vm'],
    cases: ['unassigned', 'wrong-resource'],
    shows: /authentication unavailable/,
    whose: 'by design',
    reason: 'in a chain it takes any 400 there for a service that is not there, and goes on',
    evidence: 'seen in this run; a denial, which is 403, is shown',
  },
  ...['azidentity', 'msal-go', 'azure-identity-java', 'msal4j'].map(
    (client): Difference => ({
      client,
      styles: ['arc', 'app-service', 'azure-ml', 'cloud-shell'],
      cases: ['gone'],
      shows: /410|Error Code: gone|DefaultAzureCredential/,
      whose: 'by design',
      reason: 'it tries again after 410 in the style of virtual machines only',
      evidence: 'seen in this run: in that style it does',
    }),
  ),
  {
    client: 'msal-go',
    styles: ['cloud-shell'],
    cases: ['upstream-down', 'throttled'],
    shows: /the query parameter \W*resource\W* is required/,
    whose: 'bug',
    reason:
      'what it posts again has no body, so that the service misses the resource; azidentity sends the body again',
    evidence: 'seen in this run',
  },
  {
    client: 'azure-identity-java',
    versions: ['1.19.0'],
    styles: ['workload-identity'],
    cases: ['cached'],
    shows: /2 tokens were granted/,
    whose: 'bug',
    reason:
      'it keeps a token by the host of the authority and looks for it by host and port, so where the URL has a port it finds none',
    evidence:
      'Authority.java and AadInstanceDiscoveryProvider.java in the source of msal4j; with port 443 the cell is green',
  },
  {
    client: 'azure-identity-java',
    cases: ['marker'],
    shows: /Network is unreachable|authentication unavailable/,
    whose: 'by design',
    reason: 'it looks at the variables only',
    evidence: `${MSAL_JAVA}/issues/846`,
  },
  {
    client: 'msal4j',
    cases: ['marker'],
    shows: /Network is unreachable/,
    whose: 'by design',
    reason: 'it looks at the variables only',
    evidence: `${MSAL_JAVA}/issues/846`,
  },
  {
    client: 'azure-identity-rust-beta',
    styles: ['arc'],
    cases: ['client-id', 'object-id', 'resource-id', 'unassigned'],
    shows: /User-assigned managed identities aren't supported for Azure Arc/,
    whose: 'by design',
    reason: 'it refuses user-assigned identities on Arc by itself',
    evidence: `${RUST_SDK}/issues/5120`,
  },
  ...['azure-identity-rust', 'azure-identity-rust-beta'].flatMap((client): Difference[] => [
    {
      client,
      styles: ['app-service'],
      cases: ['gone'],
      shows: /the service is being updated/,
      whose: 'by design',
      reason: 'it tries again after 410 in other styles only',
      evidence: 'seen in this run',
    },
    {
      client,
      styles: ['app-service'],
      cases: ['resource-id'],
      shows: /User-assigned resource IDs aren't supported for App Service/,
      whose: 'by design',
      reason: 'it refuses resource ids in App Service by itself',
      evidence: `${RUST_SDK}/issues/2407`,
    },
    {
      client,
      cases: ['unassigned', 'wrong-resource'],
      shows: /The requested identity has not been assigned to this resource/,
      whose: 'by design',
      reason: 'it shows this sentence in place of that of any 400',
      evidence: 'managed_identity_credential.rs in its source, and seen in this run',
    },
  ]),
  ...DOTNET_DIFFERENCES,
  ...CPP_DIFFERENCES,
  ...PROGRAM_DIFFERENCES,
]

/** The row for the cell at `place`. */
export function findDifference(
  place: Place,
  differences: readonly Difference[] = DIFFERENCES,
): Difference | undefined {
  return differences.find(
    ({ client, versions, credentials, system, styles, cases }) =>
      client === place.client &&
      (versions?.includes(place.version) ?? true) &&
      (credentials?.includes(place.credential) ?? true) &&
      (system ?? place.system ?? 'linux') === (place.system ?? 'linux') &&
      (styles?.includes(place.style) ?? true) &&
      cases.includes(place.name),
  )
}
