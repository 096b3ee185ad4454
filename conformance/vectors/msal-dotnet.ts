/**
 * The requests of Microsoft.Identity.Client (MSAL for .NET), on .NET with its own HTTP stack.
 *
 * It writes the query as text, without escaping: a resource and an ARM id go over the wire with their colons and
 * slashes. "Host" comes first and what every request has comes last; that order is .NET's and was not read.
 *
 * @module
 */

import { type Probe, type Source, type StyleVectors, sourcesIn, type VectorClient } from './client-vectors.ts'
import { msalDotnetRules } from './msal-dotnet-rules.ts'

const BEFORE_ARC_IDENTITIES = '02628611e5f0e424f3ea9e586f0a90f967757f8c'

const read = sourcesIn(
  'AzureAD/microsoft-authentication-library-for-dotnet',
  'src/client/Microsoft.Identity.Client',
)

const COMMON_SOURCES: readonly Source[] = [
  read('ManagedIdentity/AppServiceManagedIdentitySource.cs', BEFORE_ARC_IDENTITIES),
  read('ManagedIdentity/CloudShellManagedIdentitySource.cs', BEFORE_ARC_IDENTITIES),
  read('ManagedIdentity/ImdsManagedIdentitySource.cs', BEFORE_ARC_IDENTITIES),
  read('ManagedIdentity/ManagedIdentityResponse.cs', BEFORE_ARC_IDENTITIES),
  read('ManagedIdentity/ManagedIdentityErrorResponse.cs', BEFORE_ARC_IDENTITIES),
  read('ManagedIdentity/AbstractManagedIdentity.cs', '0102272515817dc0cabcb11f34dfc1a41f47ed9f'),
  read('Utils/UriBuilderExtensions.cs', BEFORE_ARC_IDENTITIES, 'the query is not escaped'),
  read('Http/HttpClientConfig.cs', BEFORE_ARC_IDENTITIES),
  read('Http/HttpManager.cs', BEFORE_ARC_IDENTITIES),
  read('OAuth2/OAuthConstants.cs', BEFORE_ARC_IDENTITIES),
]

const ACCEPT = 'Accept: application/json'
const REQUEST_ID = 'x-ms-client-request-id: 7f3c2a10-54d1-4b60-9a3e-0c4d8e1f2a3b'
const BY_GUID = {
  'client-id': '&client_id={id}',
  'object-id': '&object_id={id}',
} as const

const APP_SERVICE: StyleVectors = {
  request: [
    'GET {path}?api-version=2019-08-01&resource={resource}{selector} HTTP/1.1',
    'Host: {host}',
    'X-IDENTITY-HEADER: {secret}',
    ACCEPT,
  ],
  selectors: { ...BY_GUID, 'resource-id': '&mi_res_id={id}' },
}

const CLOUD_SHELL: StyleVectors = {
  request: [
    'POST {path} HTTP/1.1',
    'Host: {host}',
    // Both: the first is a slip of the client's, which names a header that HTTP has not.
    'ContentType: application/x-www-form-urlencoded',
    'Metadata: true',
    ACCEPT,
    'Content-Type: application/x-www-form-urlencoded',
    'Content-Length: {length}',
  ],
  body: 'resource={escapedResource}',
  selectors: {},
  refuses: 'user_assigned_managed_identity_not_supported',
}

/** The probe names a resource id otherwise than the request does. */
const PROBED = { ...BY_GUID, 'resource-id': '&mi_res_id={id}' } as const

/** Sent by who asks what the host can do, and without "Metadata", so that only 400 is right. */
const PROBES: readonly Probe[] = [
  {
    name: 'vm-version-2',
    request: [
      'GET /metadata/identity/getplatformmetadata?cred-api-version=2.0{selector} HTTP/1.1',
      'Host: 169.254.169.254',
      REQUEST_ID,
      ACCEPT,
    ],
    selectors: PROBED,
  },
  {
    name: 'vm',
    request: [
      'GET /metadata/identity/oauth2/token?api-version=2018-02-01{selector} HTTP/1.1',
      'Host: 169.254.169.254',
      REQUEST_ID,
      ACCEPT,
    ],
    selectors: PROBED,
  },
]

function vm(version: string, resourceIdName: string): StyleVectors {
  return {
    request: [
      'GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}{selector} HTTP/1.1',
      'Host: 169.254.169.254',
      'Metadata: true',
      'x-client-SKU: MSAL.NetCore',
      `x-client-Ver: ${version}.0`,
      REQUEST_ID,
      ACCEPT,
    ],
    selectors: { ...BY_GUID, 'resource-id': `&${resourceIdName}={id}` },
  }
}

function arc(apiVersion: string, selectors: StyleVectors['selectors']): StyleVectors {
  return {
    request: [
      `GET {path}?api-version=${apiVersion}&resource={resource}{selector} HTTP/1.1`,
      'Host: {host}',
      'Metadata: true',
      'Authorization: {key}',
      ACCEPT,
    ],
    selectors,
    ...(Object.keys(selectors).length === 0 && { refuses: 'user_assigned_managed_identity_not_supported' }),
  }
}

function serviceFabric(apiVersion: string, selectors: StyleVectors['selectors']): StyleVectors {
  return {
    request: [
      `GET {path}?api-version=${apiVersion}&resource={resource}{selector} HTTP/1.1`,
      'Host: {host}',
      'secret: {secret}',
      ACCEPT,
    ],
    selectors,
  }
}

/** The newest whose source was read; 4.89 to 4.92 were not. */
export const MSAL_DOTNET: VectorClient = {
  name: 'Microsoft.Identity.Client',
  version: '4.88.0',
  which: 'newest',
  sources: [
    ...COMMON_SOURCES,
    read(
      'ManagedIdentity/AzureArcManagedIdentitySource.cs',
      undefined,
      'a text of 12,784 characters with the change of #6128 and still 2019-11-01; that #6130 made it 2020-06-01 was read in its thread',
    ),
    read(
      'ManagedIdentity/ServiceFabricManagedIdentitySource.cs',
      undefined,
      'a text of 5,160 characters with the change of #6065, which the change log has in 4.85.0',
    ),
    read('ManagedIdentity/MachineLearningManagedIdentitySource.cs', BEFORE_ARC_IDENTITIES),
    read(
      'Utils/DateTimeHelpers.cs',
      undefined,
      'a text of 5,819 characters that tells both numbers apart by 978307200',
    ),
  ],
  styles: {
    arc: arc('2020-06-01', { ...BY_GUID, 'resource-id': '&msi_res_id={id}' }),
    'app-service': APP_SERVICE,
    vm: { ...vm('4.88.0', 'msi_res_id'), probes: PROBES },
    'azure-ml': {
      request: [
        'GET {path}?api-version=2017-09-01&resource={resource}{selector} HTTP/1.1',
        'Host: {host}',
        'Metadata: true',
        'secret: {secret}',
        ACCEPT,
      ],
      // The machine's own identity is asked for by the variable DEFAULT_IDENTITY_CLIENT_ID.
      selectors: { 'system-assigned': '&clientid={id}', 'client-id': '&clientid={id}' },
      refuses: 'Only client id is supported for user-assigned managed identity in Machine Learning.',
    },
    'cloud-shell': CLOUD_SHELL,
    'service-fabric': {
      ...serviceFabric('2020-05-01', { 'object-id': '&principalId={id}' }),
      refuses: 'user_assigned_managed_identity_not_configurable_at_runtime',
    },
  },
  rules: msalDotnetRules({ verifiesEcho: true, readsExpiresIn: true }),
}

/** Azure ML it does not know. */
export const OLD_MSAL_DOTNET: VectorClient = {
  name: 'Microsoft.Identity.Client',
  version: '4.61.3',
  which: 'CVE-2024-35255',
  sources: [
    ...COMMON_SOURCES.map((source) => ({
      ...source,
      note: 'of a later version; this one\u2019s own text was not read',
    })),
    read(
      'ManagedIdentity/AzureArcManagedIdentitySource.cs',
      undefined,
      'read from a build that looks at the path of the key file; before it, c510d959ff9beff2f1f962fe211a7a987ce9b7af',
    ),
    read(
      'Constants.cs',
      undefined,
      'read from the same build: it names a resource id "mi_res_id" everywhere',
    ),
    read(
      'ManagedIdentity/ServiceFabricManagedIdentitySource.cs',
      undefined,
      'a text of 4,605 characters with 2019-07-01-preview',
    ),
    read('ManagedIdentity/AbstractManagedIdentity.cs', '92a92f5e47e57db54ad616b4e84142296dc688cb'),
  ],
  styles: {
    arc: arc('2019-11-01', {}),
    'app-service': APP_SERVICE,
    vm: vm('4.61.3', 'mi_res_id'),
    'cloud-shell': CLOUD_SHELL,
    'service-fabric': serviceFabric('2019-07-01-preview', { ...BY_GUID, 'resource-id': '&mi_res_id={id}' }),
  },
  rules: msalDotnetRules({ verifiesEcho: false, readsExpiresIn: false }),
}
