import { expect, test } from 'vitest'
import { withNamed } from './named-variables.ts'

const OWN = { IDENTITY_ENDPOINT: 'http://127.0.0.1:1', AZURE_KEY_VAULT_ENDPOINT: 'https://localhost:2' }

test('variables that flags name stand beside those that lead the command', () => {
  const named = { '--token-file': { TOKEN: '/token' }, '--identity': { AZURE_CLIENT_ID: 'id' } } as const
  expect(withNamed(OWN, named)).toEqual({ ...OWN, TOKEN: '/token', AZURE_CLIENT_ID: 'id' })
})

test.each([
  ...Object.keys(OWN),
  ...['PATH', 'LD_PRELOAD', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'],
  ...['LANDFAST_FAULT_SOCKET', 'NO_PROXY', 'no_proxy'],
])('no flag may name %s', (variable) => {
  for (const flag of ['--token-file', '--identity']) {
    expect(() => withNamed(OWN, { [flag]: { [variable]: 'x' } })).toThrow(
      expect.objectContaining({
        code: 'argument_invalid',
        message: expect.stringContaining(`"${variable}"`),
      }),
    )
  }
})

test('two flags do not name one variable', () => {
  const named = { '--token-file': { X: '/token' }, '--identity': { X: 'id' } } as const
  expect(() => withNamed(OWN, named)).toThrow('"--identity": the variable "X" is taken')
})

test('the client id that programs ask for in the Azure ML style may be that of another identity', () => {
  const own = { DEFAULT_IDENTITY_CLIENT_ID: 'own' }
  expect(withNamed(own, { '--identity': { DEFAULT_IDENTITY_CLIENT_ID: 'other' } })).toEqual({
    DEFAULT_IDENTITY_CLIENT_ID: 'other',
  })
})
