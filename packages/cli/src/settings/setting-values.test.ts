import { expect, test } from 'vitest'
import { parseAudiences } from './setting-values.ts'

test('audiences are resources, separated by commas', () => {
  expect(parseAudiences(' https://a , api://b,')).toEqual(['https://a', 'api://b'])
})

test('a scope is no audience: no token would ever be for it', () => {
  expect(() => parseAudiences('https://a,https://b/.default')).toThrow('not "https://b/.default"')
})
