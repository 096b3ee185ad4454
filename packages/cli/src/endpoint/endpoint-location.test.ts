import { expect, test } from 'vitest'
import { locateEndpoint } from './endpoint-location.ts'

const URL = 'http://127.0.0.1:1/x'

for (const [environment, location] of [
  [
    { IDENTITY_ENDPOINT: URL, IDENTITY_HEADER: 's', IMDS_ENDPOINT: 'i' },
    { style: 'app-service', url: URL, secret: 's' },
  ],
  [
    { IDENTITY_ENDPOINT: URL, IMDS_ENDPOINT: 'i' },
    { style: 'arc', url: URL },
  ],
  [{ IDENTITY_ENDPOINT: URL }, { style: 'arc', url: URL }],
  [{ IDENTITY_ENDPOINT: 'http://[::1]:1/x' }, { style: 'arc', url: 'http://[::1]:1/x' }],
  [{ IDENTITY_ENDPOINT: 'https://127.0.0.1:1/x' }, undefined],
  [{ IDENTITY_ENDPOINT: 'http://127.0.0.1.example/x' }, undefined],
  [{ IDENTITY_ENDPOINT: 'http://10.0.0.1/x' }, undefined],
  [{ IDENTITY_ENDPOINT: 'x' }, undefined],
  [{ IDENTITY_ENDPOINT: '', IDENTITY_HEADER: 's', IMDS_ENDPOINT: 'i' }, undefined],
  [
    { IDENTITY_ENDPOINT: URL, IDENTITY_HEADER: 's', IDENTITY_SERVER_THUMBPRINT: 'AB' },
    { style: 'service-fabric', url: URL, secret: 's', thumbprint: 'AB' },
  ],
  [
    { MSI_ENDPOINT: URL, MSI_SECRET: 's', IMDS_ENDPOINT: 'i', IDENTITY_ENDPOINT: URL },
    { style: 'azure-ml', url: URL, secret: 's' },
  ],
  [
    { MSI_ENDPOINT: URL, IMDS_ENDPOINT: 'i', IDENTITY_ENDPOINT: URL },
    { style: 'cloud-shell', url: URL },
  ],
  [
    { AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:1//' },
    { style: 'vm', url: 'http://127.0.0.1:1/metadata/identity/oauth2/token' },
  ],
  [{}, undefined],
] as const) {
  test(`${JSON.stringify(environment)} lead to ${location?.style ?? 'nothing'}`, () => {
    expect(locateEndpoint(environment)).toEqual(location)
  })
}
