import { expect, test } from 'vitest'
import { parseTarget } from './query.ts'
import { SELECTOR_NAMES } from './selector.ts'
import { hasProof, STYLE_NAMES, STYLES, styleOf } from './styles.ts'

test.each(STYLE_NAMES)('the path of the style %s is in the form in which targets are compared', (name) => {
  expect(parseTarget(STYLES[name].path)).toEqual({ path: STYLES[name].path, query: '' })
})

test.each(STYLE_NAMES)('the versions of the style %s are dates, newest first, each once', (name) => {
  const versions: readonly string[] = STYLES[name].apiVersions
  for (const version of versions) expect(version).toMatch(/^\d{4}-\d{2}-\d{2}(-preview)?$/)
  expect(versions).toEqual([...new Set(versions)].sort().reverse())
})

test('the Arc style is what official clients have built in', () => {
  expect(STYLES.arc).toEqual({
    path: '/metadata/identity/oauth2/token',
    methods: ['GET'],
    apiVersions: ['2021-02-01', '2020-06-01', '2019-11-01', '2019-08-15'],
    laterVersions: false,
    metadataHeader: true,
    proof: 'key-file',
    secretHeader: undefined,
    selectors: SELECTOR_NAMES,
    answer: 'epoch',
    errors: 'flat',
    scheme: 'http',
    addresses: ['127.0.0.1', '::1'],
    variables: { url: 'IDENTITY_ENDPOINT', origin: 'IMDS_ENDPOINT' },
    documents: 'arc',
  })
})

test.each(STYLE_NAMES)('the columns of the style %s agree', (name) => {
  const style = styleOf(name)
  expect(hasProof(name, style.proof)).toBe(true)
  expect(style.secretHeader !== undefined).toBe(style.proof === 'secret-header')
  expect(style.variables.secret !== undefined).toBe(style.proof === 'secret-header')
  expect(style.variables.thumbprint !== undefined).toBe(style.scheme === 'https')
  expect(new Set(style.methods).size).toBe(style.methods.length)
  // What a page of another origin cannot send: a browser asks first before it sends either.
  expect(style.metadataHeader || style.secretHeader !== undefined).toBe(true)
  expect(style.variables.url ?? style.variables.origin).toMatch(/_(ENDPOINT|HOST)$/)
})

test('no two styles have the same row', () => {
  const rows = STYLE_NAMES.map((name) => JSON.stringify(STYLES[name]))
  expect(new Set(rows).size).toBe(rows.length)
})

test('only loopback addresses are listened on', () => {
  for (const name of STYLE_NAMES) {
    for (const address of STYLES[name].addresses) expect(['127.0.0.1', '::1']).toContain(address)
  }
})
