import { expect, test } from 'vitest'
import { parseTarget } from './query.ts'
import { SELECTOR_NAMES } from './selector.ts'
import { hasProof, rowOfVersion, STYLE_NAMES, STYLES, styleOf } from './styles.ts'

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

const PROOFS = [...new Set(STYLE_NAMES.map((name) => styleOf(name).proof))]

test.each(STYLE_NAMES)('the columns of the style %s agree', (name) => {
  const style = styleOf(name)
  expect(hasProof(name, style.proof)).toBe(true)
  for (const other of PROOFS.filter((one) => one !== style.proof)) expect(hasProof(name, other)).toBe(false)
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

test.each(STYLE_NAMES.filter((name) => styleOf(name).family !== undefined))(
  'at an endpoint of the style %s a request is read by the row of its version, wherever it says that',
  (name) => {
    const style = styleOf(name)
    const family = STYLE_NAMES.map(styleOf).filter((other) => other.family === style.family)
    expect(family.length).toBeGreaterThan(1)
    for (const row of family) {
      for (const version of row.apiVersions) {
        for (const query of [`api-version=${version}&resource=a`, `resource=a&API-Version=${version}`]) {
          expect(rowOfVersion(style, query)).toBe(row)
        }
      }
    }
    const foreign = STYLE_NAMES.map(styleOf).find(({ family }) => family !== style.family)
    for (const version of [foreign?.apiVersions[0], '', '2000-01-01']) {
      expect(rowOfVersion(style, `api-version=${version}`)).toBe(style)
    }
    expect(
      rowOfVersion(style, `not-api-version=${family.find((row) => row !== style)?.apiVersions[0]}`),
    ).toBe(style)
    expect(rowOfVersion(style, '')).toBe(style)
  },
)

test('a style that has no family reads every version by its own row', () => {
  const alone = STYLE_NAMES.map(styleOf).filter(({ family }) => family === undefined)
  expect(alone.length).toBeGreaterThan(0)
  for (const style of alone) {
    for (const { apiVersions } of STYLE_NAMES.map(styleOf)) {
      expect(rowOfVersion(style, `api-version=${apiVersions[0]}`)).toBe(style)
    }
  }
})
