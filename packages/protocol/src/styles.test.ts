import { expect, test } from 'vitest'
import { parseTarget } from './query.ts'
import { STYLE_NAMES, STYLES } from './styles.ts'

test.each(STYLE_NAMES)('the path of the style %s is in the form in which targets are compared', (name) => {
  expect(parseTarget(STYLES[name].path)).toEqual({ path: STYLES[name].path, query: '' })
})

test.each(STYLE_NAMES)('the versions of the style %s are dates, newest first, each once', (name) => {
  const versions: readonly string[] = STYLES[name].apiVersions
  for (const version of versions) expect(version).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  expect(versions).toEqual([...new Set(versions)].sort().reverse())
})

test('the Arc style is what official clients have built in', () => {
  expect(STYLES.arc).toEqual({
    path: '/metadata/identity/oauth2/token',
    method: 'GET',
    apiVersions: ['2021-02-01', '2020-06-01', '2019-11-01', '2019-08-15'],
    metadataHeader: true,
    proof: 'key-file',
    addresses: ['127.0.0.1', '::1'],
    documents: 'arc',
  })
})

test('only loopback addresses are listened on', () => {
  for (const name of STYLE_NAMES) {
    for (const address of STYLES[name].addresses) expect(['127.0.0.1', '::1']).toContain(address)
  }
})
