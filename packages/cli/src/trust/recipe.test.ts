import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { blankOf, filledIn, quoted, type RecipeFacts } from './recipe.ts'
import { TARGET_NAMES } from './target-names.ts'
import { TARGETS } from './targets.ts'

const FACTS: RecipeFacts = {
  issuer: 'https://id.example.com/t/',
  jwksUri: 'https://id.example.com/t/discovery/keys',
  keys: [{ kty: 'RSA', use: 'sig', kid: 'one', n: 'n', e: 'AQAB', x5c: ['MII'], x5t: 'one' }],
  audience: 'the-audience',
  subject: 'the-object-id',
  clientId: 'the-client-id',
  uploads: false,
  ca: undefined,
  program: '/usr/local/bin/landfast',
}

describe.each(TARGET_NAMES)('the recipe for %s', (name) => {
  const recipe = TARGETS[name].recipe(FACTS)
  const text = JSON.stringify(recipe)

  test('names issuer, subject and audience', () => {
    expect(text).toContain('id.example.com/t/')
    expect(text).toContain('the-object-id')
    expect(text).toContain('the-audience')
  })

  test('has JSON and YAML in its files that can be parsed', () => {
    for (const { path, content } of recipe.files) {
      if (path.endsWith('.json')) expect(JSON.parse(content)).toBeTypeOf('object')
      if (path.endsWith('.yaml')) expect(parse(content)).toBeTypeOf('object')
    }
  })

  test('explains every word in capitals that it does not define', () => {
    const words = new Set(text.match(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g))
    const known = new Set([...Object.keys(recipe.blanks), ...Object.keys(recipe.variables), ...SHELL])
    expect([...words].filter((word) => !known.has(word))).toEqual([])
  })

  test('has nothing left to fill in once every blank has a value', () => {
    const values = Object.fromEntries(Object.keys(recipe.blanks).map((blank) => [blank, 'filled']))
    const filled = filledIn(recipe, values)
    expect(filled.blanks).toEqual({})
    const left = Object.keys(recipe.blanks).filter((blank) =>
      blankOf(blank).test(JSON.stringify([filled.commands, filled.files, Object.values(filled.variables)])),
    )
    expect(left).toEqual([])
  })
})

/** Variables of the shell in which a command runs. */
const SHELL = ['OPENAI_ADMIN_KEY', 'ANTHROPIC_ADMIN_TOKEN']

test.each(['google', 'openai', 'anthropic'] as const)(
  '%s gets the keys, and nothing but what makes them',
  (name) => {
    const text = JSON.stringify(TARGETS[name].recipe({ ...FACTS, uploads: true }).files)
    expect(text).toContain('AQAB')
    expect(text).not.toContain('x5c')
  },
)

test('a condition of AWS names the provider by its issuer without the scheme, slash and all', () => {
  const [policy] = TARGETS.aws.recipe(FACTS).files
  expect(JSON.parse(policy?.content ?? '').Statement[0].Condition.StringEquals).toEqual({
    'id.example.com/t/:aud': 'the-audience',
    'id.example.com/t/:sub': 'the-object-id',
  })
})

test('Google is asked for the token of the identity by its client id', () => {
  const { files } = TARGETS.google.recipe(FACTS)
  const { credential_source } = JSON.parse(files[0]?.content ?? '')
  expect(new URL(credential_source.url).searchParams.get('client_id')).toBe('the-client-id')
})

test('a blank is filled in also where a URL has it encoded, and a longer word is left alone', () => {
  const files = [{ path: 'a', what: 'b', content: 'projects%2FTHE_NUMBER%2Fx THE_NUMBERS' }]
  const recipe = { commands: [], files, variables: {}, blanks: { THE_NUMBER: 'a number' } }
  expect(filledIn(recipe, { THE_NUMBER: '42' }).files[0]?.content).toBe('projects%2F42%2Fx THE_NUMBERS')
})

test.each([
  ['api://AzureADTokenExchange', 'https://login.microsoftonline.com/'],
  ['api://AzureADTokenExchangeUSGov', 'https://login.microsoftonline.us/'],
  ['api://AzureADTokenExchangeChina', 'https://login.partner.microsoftonline.cn/'],
])('the audience %s leads to the cloud at %s', (audience, authority) => {
  expect(TARGETS.entra.recipe({ ...FACTS, audience }).variables.AZURE_AUTHORITY_HOST).toBe(authority)
})

test('a private CA is named where it can be', () => {
  const ca = { file: '/etc/landfast/ca.pem', pem: '-----BEGIN\nx\n-----END' }
  const [file] = TARGETS.kubernetes.recipe({ ...FACTS, ca }).files
  expect(parse(file?.content ?? '').jwt[0].issuer.certificateAuthority.trim()).toBe(ca.pem)
  expect(TARGETS.vault.recipe({ ...FACTS, ca }).commands[1]).toContain(
    'oidc_discovery_ca_pem=@/etc/landfast/ca.pem',
  )
  expect(TARGETS.keycloak.recipe({ ...FACTS, ca }).commands[0]).toContain('=/etc/landfast/ca.pem')
})

test.each(['vault', 'keycloak'] as const)(
  '%s is given the private CA as the file that its commands name',
  (name) => {
    const ca = { file: 'ca.pem', pem: 'the-pem' }
    expect(TARGETS[name].recipe({ ...FACTS, ca }).files).toContainEqual(
      expect.objectContaining({ path: 'ca.pem', content: 'the-pem' }),
    )
  },
)

test('Google runs the command where it is on this host', () => {
  expect(TARGETS.google.recipe(FACTS).files[2]?.content).toContain('"/usr/local/bin/landfast token')
})

test('Keycloak gets a fresh token at any endpoint, also where no style of virtual machines is', () => {
  const command = TARGETS.keycloak.recipe(FACTS).commands[3]
  expect(command).toContain(
    'landfast token --bypass-cache --resource the-audience --client-id the-client-id | tr',
  )
})

test('a word with a blank, a quote or a dollar is quoted for a shell', () => {
  expect(quoted('https://x.example/a')).toBe('https://x.example/a')
  expect(quoted("it's $HOME")).toBe("'it'\\''s $HOME'")
})
