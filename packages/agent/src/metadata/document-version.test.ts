import { parseQuery, STYLES } from '@landfast/protocol'
import { expect, test } from 'vitest'
import type { DocumentName } from './document-paths.ts'
import { checkArcVersion, NEWEST_VERSIONS, readVmVersion, VM_VERSIONS } from './document-version.ts'

/** The version that is read, or the code of the refusal. */
function read(query: string, name: DocumentName = 'instance'): string {
  return outcome(() => readVmVersion(name, parseQuery(query)))
}

function outcome(work: () => string): string {
  try {
    return work()
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('the versions are dates, oldest first, each once', () => {
  for (const version of VM_VERSIONS) expect(version).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  expect(VM_VERSIONS).toEqual([...new Set(VM_VERSIONS)].sort())
})

test('the newest three are named, newest first', () => {
  expect(NEWEST_VERSIONS).toEqual(['2025-04-07', '2024-07-17', '2024-03-15'])
})

test.each(VM_VERSIONS)('the version %s is known', (version) => {
  expect(read(`api-version=${version}`)).toBe(version)
  expect(read(`format=text&API-VERSION=${version}`)).toBe(version)
})

test.each([
  '',
  'api-version',
  'api-version=',
  'api-version=2099-01-01',
  'api-version=2018-01-01',
  'api-version=latest',
  'api-version=2021-02-01%20',
  'api-version=__proto__',
  'version=2021-02-01',
])('the query %j has no version that is known', (query) => {
  expect(read(query)).toBe('api_version_invalid')
})

test('a version that is given twice is refused', () => {
  expect(read('api-version=2021-02-01&api-version=2021-02-01')).toBe('parameter_repeated')
})

test.each([
  ['identity-info', '2018-02-01', '2017-12-01'],
  ['attested', '2018-10-01', '2018-04-02'],
  ['scheduled-events', '2017-08-01', '2017-04-02'],
  ['load-balancer', '2020-10-01', '2020-09-01'],
] as const)('%s came with %s', (name, since, before) => {
  expect(read(`api-version=${since}`, name)).toBe(since)
  expect(read(`api-version=${before}`, name)).toBe('api_version_invalid')
})

test('scheduled events have versions of their own, which no other document has', () => {
  for (const version of ['2017-11-01', '2019-01-01', '2019-04-01', '2020-07-01']) {
    expect(read(`api-version=${version}`, 'scheduled-events')).toBe(version)
    expect(read(`api-version=${version}`)).toBe('api_version_invalid')
  }
})

test('on Arc the versions are those of its token endpoint, and the errors name them', () => {
  const check = (query: string) =>
    outcome(() => {
      checkArcVersion(STYLES.arc.apiVersions, parseQuery(query))
      return 'passes'
    })
  for (const version of STYLES.arc.apiVersions) expect(check(`api-version=${version}`)).toBe('passes')
  expect(check('')).toBe('api_version_missing')
  expect(check('api-version=2018-02-01')).toBe('api_version_unsupported')
  expect(check('api-version=2099-01-01')).toBe('api_version_unsupported')
  expect(() => checkArcVersion(STYLES.arc.apiVersions, parseQuery(''))).toThrow(
    'Supported are 2021-02-01 2020-06-01 2019-11-01 2019-08-15',
  )
})
