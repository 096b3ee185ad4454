/** The bytes that a client sends: order, case and escaping are its own. */

import { expect, test } from 'vitest'
import { AZURE_IDENTITY_CPP } from './azure-identity-cpp.ts'
import { AZURE_IDENTITY_DOTNET } from './azure-identity-dotnet.ts'
import { formatRequest, type Values, type VectorClient } from './client-vectors.ts'
import { VECTOR_CLIENTS } from './clients.ts'
import { MSAL_DOTNET } from './msal-dotnet.ts'

const VALUES: Values = {
  host: '127.0.0.1:40342',
  path: '/metadata/identity/oauth2/token',
  resource: 'https://vault.azure.net',
  escapedResource: 'https%3A%2F%2Fvault.azure.net',
  id: '/subscriptions/s',
  escapedId: '%2Fsubscriptions%2Fs',
}

function linesOf({ styles }: VectorClient, style: 'arc' | 'vm' | 'cloud-shell', values: Values): string[] {
  const vectors = styles[style]
  return formatRequest(vectors?.request ?? [], vectors?.body, { ...VALUES, ...values }).split('\r\n')
}

test('.NET escapes nothing, and has its headers in the order in which they were added', () => {
  const selector = MSAL_DOTNET.styles.arc?.selectors['resource-id']
  expect(linesOf(MSAL_DOTNET, 'arc', { selector, key: 'Basic k' })).toEqual([
    'GET /metadata/identity/oauth2/token?api-version=2020-06-01&resource=https://vault.azure.net&msi_res_id=/subscriptions/s HTTP/1.1',
    'Host: 127.0.0.1:40342',
    'Metadata: true',
    'Authorization: Basic k',
    'Accept: application/json',
    '',
    '',
  ])
})

test('C++ sorts parameters and headers, writes their names small and escapes the resource alone', () => {
  const selector = AZURE_IDENTITY_CPP.styles.vm?.selectors['resource-id']
  expect(linesOf(AZURE_IDENTITY_CPP, 'vm', { selector }).slice(0, 3)).toEqual([
    'GET /metadata/identity/oauth2/token?api-version=2018-02-01&msi_res_id=/subscriptions/s&resource=https%3A%2F%2Fvault.azure.net HTTP/1.1',
    'host: 169.254.169.254',
    'metadata: true',
  ])
})

test('the first request of the Arc style has no Authorization', () => {
  for (const client of VECTOR_CLIENTS) {
    const [first, second] = [undefined, 'Basic k'].map((key) => linesOf(client, 'arc', { selector: '', key }))
    expect(first?.filter((line) => /^authorization/i.test(line))).toEqual([])
    expect(second?.filter((line) => !first?.includes(line))).toEqual([
      expect.stringMatching(/^authorization: Basic k$/i),
    ])
  }
})

test('the probe of .NET has no Metadata header, and names a resource id with hyphens', () => {
  const [probe] = AZURE_IDENTITY_DOTNET.styles.vm?.probes ?? []
  const selector = probe?.selectors?.['resource-id']
  const text = formatRequest(probe?.request ?? [], undefined, { ...VALUES, selector })
  expect(text).not.toMatch(/^metadata:/im)
  expect(text).toContain('&resource=https%3A%2F%2Fvault.azure.net&msi-res-id=%2Fsubscriptions%2Fs HTTP/1.1')
})

test('a form has the length of its body', () => {
  for (const client of VECTOR_CLIENTS) {
    const lines = linesOf(client, 'cloud-shell', { selector: '' })
    const body = 'resource=https%3A%2F%2Fvault.azure.net'
    expect(lines.at(-1)).toBe(body)
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^content-length: ${body.length}$`, 'i')))
  }
})

test('every client says where its requests were read, by commit or by what text it was', () => {
  for (const { sources } of VECTOR_CLIENTS) {
    for (const { commit, note } of sources) expect(commit ?? note).toMatch(/^[0-9a-f]{40}$|\w+ \w+/)
  }
})
