import { expect, test } from 'vitest'
import { matchesAudience, parseAudiencePattern } from './audience-pattern.ts'

test.each([
  ['https://vault.azure.net', 'https://VAULT.azure.net/', true],
  ['https://vault.azure.net/', 'https://vault.azure.net', true],
  ['https://vault.azure.net', 'https://vault.azure.net.evil', false],
  ['api://*', 'api://ours', true],
  ['api://*', 'https://api', false],
  ['*', 'anything', true],
])('the pattern "%s" against the audience "%s" is %s', (pattern, audience, expected) => {
  expect(matchesAudience(parseAudiencePattern(pattern), audience)).toBe(expected)
})

test.each(['a b', 'https://vault*', 'a*/b', 'https://vault.azure.net/.default'])(
  '"%s" is no pattern',
  (text) => {
    expect(() => parseAudiencePattern(text)).toThrow(TypeError)
  },
)
