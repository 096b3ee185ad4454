import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COMPETING_VARIABLES, endpointVariables, noProxyValue, UNPROXIED_HOSTS } from './environment.ts'
import { VARIABLE } from './names.ts'
import { STYLES } from './styles.ts'

const ALL = UNPROXIED_HOSTS.join(',')

test.each(['http://127.0.0.1:40342', 'http://[::1]:40342', 'http://localhost:40342'])(
  'an Arc endpoint at %s is found by the pair that holds its URL and its origin',
  (origin) => {
    for (const path of [STYLES.arc.path, '', '/', '/a?b=/c']) {
      expect(endpointVariables({ style: 'arc', url: origin + path })).toEqual({
        IDENTITY_ENDPOINT: origin + path,
        IMDS_ENDPOINT: origin,
      })
    }
  },
)

test('an App Service endpoint is found by its URL and the secret it wants to see', () => {
  const url = 'http://127.0.0.1:50000/msi/token'
  expect(endpointVariables({ style: 'app-service', url, secret: 's' })).toEqual({
    IDENTITY_ENDPOINT: url,
    IDENTITY_HEADER: 's',
  })
})

test.each([
  [
    'app-service-2017',
    {
      MSI_ENDPOINT: 'http://127.0.0.1:5/msi/token',
      MSI_SECRET: 's',
      APPSETTING_WEBSITE_SITE_NAME: 'landfast',
    },
  ],
  [
    'azure-ml',
    { MSI_ENDPOINT: 'http://127.0.0.1:5/msi/token', MSI_SECRET: 's', DEFAULT_IDENTITY_CLIENT_ID: 'c' },
  ],
  ['cloud-shell', { MSI_ENDPOINT: 'http://127.0.0.1:5/msi/token' }],
  [
    'service-fabric',
    {
      IDENTITY_ENDPOINT: 'http://127.0.0.1:5/msi/token',
      IDENTITY_HEADER: 's',
      IDENTITY_SERVER_THUMBPRINT: 'AB',
    },
  ],
  ['vm', { AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:5' }],
] as const)('an endpoint of the style %s is found by its own variables and no others', (style, expected) => {
  const location = {
    style,
    url: 'http://127.0.0.1:5/msi/token',
    secret: 's',
    thumbprint: 'AB',
    clientId: 'c',
  }
  expect(endpointVariables(location)).toEqual(expected)
})

test('whatever leads to an endpoint of ours would also lead to another, so it competes', () => {
  expect(COMPETING_VARIABLES).toEqual(expect.arrayContaining(Object.values(VARIABLE)))
})

test('the competing variables are in order and each is there once', () => {
  expect(COMPETING_VARIABLES).toEqual([...new Set(COMPETING_VARIABLES)].sort())
})

test.each([
  [undefined, ALL],
  ['', ALL],
  [' , ,', ALL],
  ['example.org', `example.org,${ALL}`],
  [' example.org , .internal ', `example.org,.internal,${ALL}`],
  ['127.0.0.1,example.org', '127.0.0.1,example.org,localhost,::1,169.254.169.254'],
  ['a,a', `a,${ALL}`],
  ['*', '*'],
  ['example.org, *', '*'],
])('NO_PROXY of %j becomes %j', (current, expected) => {
  expect(noProxyValue(current)).toBe(expected)
})

test('whatever NO_PROXY was, it keeps its hosts, gains ours, and does not change a second time', () => {
  const current = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('localhost', '::1', 'example.org', ' ', ',', '.a', '\t'))
      .map((parts) => parts.join(',')),
  )
  fc.assert(
    fc.property(current, (text) => {
      const value = noProxyValue(text)
      const hosts = value.split(',')
      expect(noProxyValue(value)).toBe(value)
      if (value === '*') return
      expect(hosts).toEqual(expect.arrayContaining([...UNPROXIED_HOSTS]))
      expect(hosts).not.toContain('')
      expect(new Set(hosts).size).toBe(hosts.length)
      for (const host of text.split(',')) expect(['', ...hosts]).toContain(host.trim())
    }),
  )
})
