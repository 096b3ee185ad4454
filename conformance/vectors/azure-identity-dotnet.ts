/**
 * The requests of Azure.Identity for .NET, as its pipeline sends them.
 *
 * What it writes itself is escaped; since 1.13 it asks by Microsoft.Identity.Client, which does not escape. The order of
 * the headers that the pipeline adds was not read.
 *
 * @module
 */

import { azureIdentityRules, oldAzureIdentityRules } from './azure-identity-dotnet-rules.ts'
import { type Probe, type Source, type StyleVectors, sourcesIn, type VectorClient } from './client-vectors.ts'

const REPOSITORY = 'Azure/azure-sdk-for-net'

const read = sourcesIn(REPOSITORY, 'sdk/identity/Azure.Identity/src')

const PROBE_SOURCE = read('ImdsManagedIdentityProbeSource.cs', 'd1ed26e9e3ceffaa6552ee130071eb740052af2e')
const REQUEST_ID_SOURCE: Source = {
  repository: REPOSITORY,
  file: 'sdk/core/Azure.Core/src/Pipeline/Internal/ClientRequestIdPolicy.cs',
  commit: '10e6e521ecde84bb7b43eabcb9d362e00ba751b8',
}

function ownHeaders(version: string): string[] {
  return [
    'x-ms-client-request-id: 7f3c2a10-54d1-4b60-9a3e-0c4d8e1f2a3b',
    'x-ms-return-client-request-id: true',
    `User-Agent: azsdk-net-Identity/${version} (.NET 8.0.11; Debian GNU/Linux 12 (bookworm))`,
  ]
}

const HEADERS = ownHeaders('1.21.0')
const OLD_HEADERS = ownHeaders('1.11.4')

/** All that is asked for, but no "Metadata": 400 says that somebody is there. */
function probe(headers: readonly string[], resourceIdName: string): Probe {
  return {
    name: 'vm',
    request: [
      'GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource={escapedResource}{selector} HTTP/1.1',
      'Host: 169.254.169.254',
      ...headers,
    ],
    selectors: {
      'client-id': '&client_id={escapedId}',
      'object-id': '&object_id={escapedId}',
      'resource-id': `&${resourceIdName}={escapedId}`,
    },
  }
}

const NONE: Pick<StyleVectors, 'selectors' | 'refuses'> = {
  selectors: {},
  refuses: 'user-assigned identities are not supported in this style',
}

/** Inside DefaultAzureCredential, with Microsoft.Identity.Client 4.87.0. */
export const AZURE_IDENTITY_DOTNET: VectorClient = {
  name: 'Azure.Identity',
  version: '1.21.0',
  which: 'newest',
  sources: [
    PROBE_SOURCE,
    {
      repository: REPOSITORY,
      file: 'sdk/core/Azure.Core/src/Identity/ImdsManagedIdentityProbeSource.cs',
      commit: '3f2e4a36006a4cc3c4e6560913ff3496033c4e2e',
      note: 'as before its move into Azure.Core',
    },
    read('MsalManagedIdentityClient.cs', '144525514ebdee845c5b1255c1dadafc42a10afd'),
    read('HttpPipelineMessageHandler.cs', '20d6457fc22ba0b6e6d83da544fc5669b177de1f'),
    REQUEST_ID_SOURCE,
    {
      repository: REPOSITORY,
      file: 'issues/62379',
      note: 'which Microsoft.Identity.Client it takes, and that only Service Fabric is refused by itself',
    },
  ],
  styles: {
    arc: {
      request: [
        'GET {path}?api-version=2020-06-01&resource={resource} HTTP/1.1',
        'Host: {host}',
        'Metadata: true',
        'Authorization: {key}',
        ...HEADERS,
      ],
      ...NONE,
    },
    'app-service': {
      request: [
        'GET {path}?api-version=2019-08-01&resource={resource}{selector} HTTP/1.1',
        'Host: {host}',
        'X-IDENTITY-HEADER: {secret}',
        ...HEADERS,
      ],
      selectors: {
        'client-id': '&client_id={id}',
        'object-id': '&object_id={id}',
        'resource-id': '&mi_res_id={id}',
      },
    },
    vm: {
      // The hyphens are a slip of the client's; the request that follows has none.
      probes: [probe(HEADERS, 'msi-res-id')],
      request: [
        'GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}{selector} HTTP/1.1',
        'Host: 169.254.169.254',
        'Metadata: true',
        'x-client-SKU: MSAL.NetCore',
        'x-client-Ver: 4.87.0.0',
        ...HEADERS,
      ],
      selectors: {
        'client-id': '&client_id={id}',
        'object-id': '&object_id={id}',
        'resource-id': '&msi_res_id={id}',
      },
    },
    'azure-ml': {
      request: [
        'GET {path}?api-version=2017-09-01&resource={resource}{selector} HTTP/1.1',
        'Host: {host}',
        'Metadata: true',
        'secret: {secret}',
        ...HEADERS,
      ],
      selectors: { 'system-assigned': '&clientid={id}', 'client-id': '&clientid={id}' },
      refuses: 'only a client id is supported here',
    },
    'cloud-shell': {
      request: [
        'POST {path} HTTP/1.1',
        'Host: {host}',
        'ContentType: application/x-www-form-urlencoded',
        'Metadata: true',
        ...HEADERS,
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: {length}',
      ],
      body: 'resource={escapedResource}',
      ...NONE,
    },
    'service-fabric': {
      request: [
        'GET {path}?api-version=2020-05-01&resource={resource} HTTP/1.1',
        'Host: {host}',
        'secret: {secret}',
        ...HEADERS,
      ],
      ...NONE,
    },
  },
  rules: azureIdentityRules(),
}

const NO_OBJECT_IDS = 'it has no object ids'
const BY_RESOURCE_ID = { 'resource-id': '&mi_res_id={escapedId}' } as const

const NO_SUCH_SELECTOR = {
  shows: /this style selects no identity so/,
  reason: 'it names the identity by a parameter that the style has not; refused, never passed over',
}

/** With parsers of its own, and App Service of 2017, which it takes Azure ML for. */
export const OLD_AZURE_IDENTITY_DOTNET: VectorClient = {
  name: 'Azure.Identity',
  version: '1.11.4',
  which: 'CVE-2024-35255',
  sources: [
    read(
      'AzureArcManagedIdentitySource.cs',
      undefined,
      'a text of 7,440 characters, of a version soon after: it looks at the path',
    ),
    read('ManagedIdentitySource.cs', '085271792cde32a91b64e3277bcb6ab9b0e49c7c'),
    read(
      'AppServiceManagedIdentitySource.cs',
      '21bf5a880cf1db62ce8b32a51abff4a446ed3520',
      'without resource ids',
    ),
    read('AppServiceV2017ManagedIdentitySource.cs', '13133896fc53a2e954f24e5024098f6f332e7d9a'),
    read('CloudShellManagedIdentitySource.cs', '27502545f0398a96737704cab41a2919ebc2c939'),
    REQUEST_ID_SOURCE,
  ],
  styles: {
    arc: {
      request: [
        'GET {path}?api-version=2019-11-01&resource={escapedResource} HTTP/1.1',
        'Host: {host}',
        'Metadata: true',
        'Authorization: {key}',
        ...OLD_HEADERS,
      ],
      ...NONE,
    },
    'app-service': {
      request: [
        'GET {path}?api-version=2019-08-01&resource={escapedResource}{selector} HTTP/1.1',
        'Host: {host}',
        'X-IDENTITY-HEADER: {secret}',
        ...OLD_HEADERS,
      ],
      selectors: { 'client-id': '&client_id={escapedId}', ...BY_RESOURCE_ID },
      refuses: NO_OBJECT_IDS,
    },
    'app-service-2017': {
      request: [
        'GET {path}?api-version=2017-09-01&resource={escapedResource}{selector} HTTP/1.1',
        'Host: {host}',
        'secret: {secret}',
        ...OLD_HEADERS,
      ],
      selectors: { 'client-id': '&clientid={escapedId}', ...BY_RESOURCE_ID },
      refuses: NO_OBJECT_IDS,
      differences: { 'resource-id': NO_SUCH_SELECTOR },
    },
    vm: {
      probes: [probe(OLD_HEADERS, 'mi_res_id')],
      request: [
        'GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource={escapedResource}{selector} HTTP/1.1',
        'Host: 169.254.169.254',
        'Metadata: true',
        ...OLD_HEADERS,
      ],
      selectors: { 'client-id': '&client_id={escapedId}', ...BY_RESOURCE_ID },
      refuses: NO_OBJECT_IDS,
    },
    'service-fabric': {
      request: [
        'GET {path}?api-version=2019-07-01-preview&resource={escapedResource}{selector} HTTP/1.1',
        'Host: {host}',
        'secret: {secret}',
        ...OLD_HEADERS,
      ],
      selectors: { 'client-id': '&client_id={escapedId}', ...BY_RESOURCE_ID },
      refuses: NO_OBJECT_IDS,
    },
    'cloud-shell': {
      request: [
        'POST {path} HTTP/1.1',
        'Host: {host}',
        'Metadata: true',
        ...OLD_HEADERS,
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: {length}',
      ],
      body: 'resource={escapedResource}{selector}',
      selectors: { 'client-id': '&client_id={escapedId}' },
      refuses: 'it has no object ids, and passes over a resource id',
      differences: { 'client-id': NO_SUCH_SELECTOR, unassigned: NO_SUCH_SELECTOR },
    },
  },
  rules: oldAzureIdentityRules(),
}
