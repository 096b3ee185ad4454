/**
 * The requests of azure-identity for C++, with libcurl under it as on Linux.
 *
 * Query and headers are sorted maps: the parameters are in the order of the alphabet whatever order they were added
 * in, and so are the headers, in lower case. The resource is escaped; ids are not.
 *
 * @module
 */

import { AZURE_IDENTITY_CPP_RULES } from './azure-identity-cpp-rules.ts'
import { type Source, type StyleVectors, sourcesIn, type VectorClient } from './client-vectors.ts'

const read = sourcesIn('Azure/azure-sdk-for-cpp', 'sdk')

const COMMON_SOURCES: readonly Source[] = [
  read(
    'identity/azure-identity/src/private/token_credential_impl.hpp',
    '264856f70840f9f735721e7a98154af017de627f',
  ),
  read(
    'identity/azure-identity/src/token_credential_impl.cpp',
    undefined,
    'a text of 20,056 characters with "refresh_in"',
  ),
  read(
    'core/azure-core/src/http/request.cpp',
    undefined,
    'a text of 2,370 characters: names become lower case',
  ),
  read('core/azure-core/src/http/url.cpp', undefined, 'a text of 5,979 characters'),
  read(
    'core/azure-core/inc/azure/core/url.hpp',
    undefined,
    'a text of 7,079 characters: the query is a sorted map',
  ),
  read(
    'core/azure-core/src/http/curl/curl.cpp',
    undefined,
    'a text of 91,072 characters: "Host" with its port, no "content-length" with GET',
  ),
]

function userAgent(version: string): string {
  return `user-agent: azsdk-cpp-identity/${version} (Linux 6.1.0 x86_64 #1 SMP)`
}

const REQUEST_ID = 'x-ms-client-request-id: 7f3c2a10-54d1-4b60-9a3e-0c4d8e1f2a3b'

/** Sorted as the map sorts: a selector that begins with a letter before "r" stands before the resource. */
function stylesOf(
  version: string,
  selectors: Readonly<
    Record<'app-service' | 'app-service-2017' | 'vm' | 'cloud-shell', StyleVectors['selectors']>
  >,
): Partial<Record<'arc' | 'app-service' | 'app-service-2017' | 'vm' | 'cloud-shell', StyleVectors>> {
  const agent = userAgent(version)
  return {
    arc: {
      request: [
        'GET {path}?api-version=2019-11-01&resource={escapedResource} HTTP/1.1',
        'authorization: {key}',
        'host: {host}',
        'metadata: true',
        agent,
        REQUEST_ID,
      ],
      selectors: {},
      refuses: 'User assigned identity is not supported by the Azure Arc Managed Identity Endpoint.',
    },
    'app-service': {
      request: [
        'GET {path}?api-version=2019-08-01{selector}&resource={escapedResource} HTTP/1.1',
        'host: {host}',
        agent,
        'x-identity-header: {secret}',
        REQUEST_ID,
      ],
      selectors: selectors['app-service'],
    },
    'app-service-2017': {
      request: [
        'GET {path}?api-version=2017-09-01{selector}&resource={escapedResource} HTTP/1.1',
        'host: {host}',
        'secret: {secret}',
        agent,
        REQUEST_ID,
      ],
      selectors: selectors['app-service-2017'],
      differences: {
        'object-id': NO_SUCH_SELECTOR,
        'resource-id': NO_SUCH_SELECTOR,
      },
    },
    vm: {
      request: [
        'GET /metadata/identity/oauth2/token?api-version=2018-02-01{selector}&resource={escapedResource} HTTP/1.1',
        'host: 169.254.169.254',
        'metadata: true',
        agent,
        REQUEST_ID,
      ],
      selectors: selectors.vm,
    },
    'cloud-shell': {
      request: [
        'POST {path} HTTP/1.1',
        'content-length: {length}',
        'content-type: application/x-www-form-urlencoded',
        'host: {host}',
        'metadata: true',
        agent,
        REQUEST_ID,
      ],
      body: 'resource={escapedResource}{selector}',
      selectors: selectors['cloud-shell'],
      ...(Object.keys(selectors['cloud-shell']).length === 0
        ? { refuses: 'User-assigned managed identities are not supported in Cloud Shell environments.' }
        : { differences: { 'client-id': NO_SUCH_SELECTOR, unassigned: NO_SUCH_SELECTOR } }),
    },
  }
}

const NO_SUCH_SELECTOR = {
  shows: /this style selects no identity so/,
  reason: 'it names the identity by a parameter that the style has not; refused, never passed over',
}

/** The newest; whether the text that was read is exactly its own is not known. */
export const AZURE_IDENTITY_CPP: VectorClient = {
  name: 'azure-identity for C++',
  version: '1.13.3',
  which: 'newest',
  sources: [
    ...COMMON_SOURCES,
    read(
      'identity/azure-identity/src/managed_identity_source.cpp',
      undefined,
      'a text of 22,299 characters with "useProbeRequest", which came with 1.13.2',
    ),
  ],
  styles: stylesOf('1.13.3', {
    'app-service': {
      'client-id': '&client_id={id}',
      'object-id': '&principal_id={id}',
      'resource-id': '&mi_res_id={id}',
    },
    'app-service-2017': {
      'client-id': '&clientid={id}',
      'object-id': '&principal_id={id}',
      'resource-id': '&mi_res_id={id}',
    },
    vm: { 'client-id': '&client_id={id}', 'object-id': '&object_id={id}', 'resource-id': '&msi_res_id={id}' },
    'cloud-shell': {},
  }),
  rules: AZURE_IDENTITY_CPP_RULES,
}

/** It knows client ids alone, and sends one to Cloud Shell as well. */
export const OLD_AZURE_IDENTITY_CPP: VectorClient = {
  name: 'azure-identity for C++',
  version: '1.8.0',
  which: 'CVE-2024-35255',
  sources: [
    ...COMMON_SOURCES.map((source) => ({
      ...source,
      note: `${source.note ?? 'as it is'}; of a later version`,
    })),
    read(
      'identity/azure-identity/src/managed_identity_source.cpp',
      '1446e6a5fe51b075d48654e75ab9408fad576892',
      'of an earlier version; that 1.8.0 looks at the path of the key file is said by #5695',
    ),
    read(
      'identity/azure-identity/src/private/managed_identity_source.hpp',
      '02b781c801fdcfbe528bfca9839b17604b18933a',
    ),
    read('identity/azure-identity/CHANGELOG.md', '02b781c801fdcfbe528bfca9839b17604b18933a'),
  ],
  styles: stylesOf('1.8.0', {
    'app-service': { 'client-id': '&client_id={id}' },
    'app-service-2017': { 'client-id': '&clientid={id}' },
    vm: { 'client-id': '&client_id={id}' },
    'cloud-shell': { 'client-id': '&client_id={id}' },
  }),
  rules: AZURE_IDENTITY_CPP_RULES,
}
