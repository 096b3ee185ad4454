import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RegistryError } from '../registry/registry-error.ts'
import { parseClaimsExpression } from './claims-expression.ts'
import { checkClaimsExpression } from './claims-expression-reach.ts'

const refusal = (value: string): RegistryError => {
  try {
    checkClaimsExpression(value)
  } catch (error) {
    return error as RegistryError
  }
  return expect.unreachable(`it was taken: ${value}`)
}

test.each([
  ['600 characters', `claims['sub'] eq '${'a'.repeat(581)}'`],
  ['eight terms', Array(8).fill("claims['sub'] eq 'a'").join(' and ')],
])('%s are not too many', (_what, value) => {
  expect(checkClaimsExpression(value)).toBe(value)
})

test('an expression is read term by term', () => {
  expect(
    parseClaimsExpression(
      "claims['sub'] matches 'repo:shop/web:*' and claims['job_workflow_ref'] eq 'shop/ci/.github/workflows/x.yml@refs/heads/main' and claims['https://shop.example/team'] eq 'a and b'",
    ),
  ).toEqual([
    { claim: 'sub', operator: 'matches', text: 'repo:shop/web:*' },
    {
      claim: 'job_workflow_ref',
      operator: 'eq',
      text: 'shop/ci/.github/workflows/x.yml@refs/heads/main',
    },
    { claim: 'https://shop.example/team', operator: 'eq', text: 'a and b' },
  ])
})

const GOOD = "claims['sub'] eq 'a'"

test.each([
  ['nothing', '', 'at character 1 '],
  ['a subject alone', 'repo:shop/web:*', 'at character 1 '],
  ['double quotes', 'claims["sub"] eq "a"', 'at character 1 '],
  ['typographic quotes', 'claims[‘sub’] eq ‘a’', 'at character 1 '],
  ['two spaces', "claims['sub']  eq 'a'", 'at character 1 '],
  ['a space before', ` ${GOOD}`, 'at character 1 '],
  ['a space behind', `${GOOD} `, 'at character 21 '],
  ['a line end behind', `${GOOD}\n`, 'at character 21 '],
  ['another operator', "claims['sub'] ne 'a'", 'at character 1 '],
  ['an operator in capitals', "claims['sub'] EQ 'a'", 'at character 1 '],
  ['an empty text', "claims['sub'] eq ''", 'at character 1 '],
  ['a quote in a text', "claims['sub'] eq 'it''s'", 'at character 22 '],
  ['or', `${GOOD} or ${GOOD}`, 'only " and " may follow'],
  ['and at the end', `${GOOD} and `, 'at character 26 '],
  ['parentheses', `(${GOOD})`, 'at character 1 '],
  ['an empty name', "claims[''] eq 'a'", 'at character 1 '],
  ['a wildcard after eq', "claims['sub'] eq 'repo:shop/*'", 'there is no wildcard'],
  ['a control character', "claims['sub'] eq 'a\u0007'", 'control character'],
  ['601 characters', `claims['sub'] eq '${'a'.repeat(582)}'`, 'longer than 600'],
  ['nine terms', Array(9).fill(GOOD).join(' and '), 'more than 8 terms'],
])('%s is no expression, and the reason is told', (_what, value, reason) => {
  const error = refusal(value)
  expect([error.code, error.message]).toEqual([
    'federated_expression_malformed',
    expect.stringContaining(reason),
  ])
})

const sub = (text: string) => `claims['sub'] matches '${text}'`

test.each([
  ['no subject', "claims['repository'] eq 'shop/web'"],
  ['everything', sub('*')],
  ['everything of some length', sub('????*')],
  ['every repository', sub('repo:*')],
  ['every owner that begins so', sub('repo:sh*')],
  ['every owner of one length', sub('repo:????/web:*')],
  ['an owner without its end', sub('repo:shop@12*')],
  ['every project', sub('project_path:*')],
  ['every project whose id begins so', sub('project_id:5*')],
  ['every organization', sub('organization:*')],
  ['every service account', sub('system:serviceaccount:*')],
  ['every namespace that begins so', sub('system:serviceaccount:sh*')],
  ['every value of some key', sub('user:*')],
  ['a beginning without an end of it', sub('shop*')],
  ['an end alone', sub('*:ref:refs/heads/main')],
  ['a path that another can take', sub('project_path:shop/web:*')],
  [
    'a path whose id is only a pattern',
    `${sub('project_path:shop/web:*')} and claims['project_id'] matches '57*'`,
  ],
  ['two that are open each', `${sub('repo:*')} and ${sub('*:environment:prod')}`],
  [
    'a path that another can take, with its end',
    `${sub('project_path:shop/web:*')} and ${sub('*:ref:main')}`,
  ],
])('%s is refused, and the reason is told', (_what, value) => {
  const error = refusal(value)
  expect([error.code, error.message]).toEqual([
    'federated_expression_open',
    expect.stringMatching(/\((no term|before its first|with project_path).+\)$/s),
  ])
})

test.each([
  "claims['sub'] eq 'repo:shop/web:ref:refs/heads/main'",
  "claims['sub'] eq 'a'",
  sub('repo:shop/*'),
  sub('repo:shop/web:ref:refs/heads/*'),
  sub('repo:shop@12/web@345:ref:refs/tags/v?.*'),
  sub('repo:shop/web:pull_request'),
  sub('repository_owner_id:12:*'),
  sub('project_id:57:*'),
  `${sub('project_path:shop/web:*')} and claims['project_id'] eq '57'`,
  sub('organization:shop:project:web:workspace:prod:run_phase:*'),
  sub('system:serviceaccount:shop:*'),
  sub('spiffe://shop.example/*'),
  `${sub('repo:shop/*')} and ${sub('*:environment:prod')}`,
  `${sub('*:environment:prod')} and ${sub('repo:shop/*')}`,
  "claims['sub'] eq 'project_path:shop/web:ref:main'",
  "claims['sub'] eq 'who?'",
  sub('no-wildcard'),
])('%s says whose subject it is', (value) => {
  expect(checkClaimsExpression(value)).toBe(value)
})

test('whatever is written, it is read or refused with a code, and what is read says what was written', () => {
  const piece = fc.constantFrom("claims['sub']", ' eq ', ' matches ', "'", 'repo:a/b', '*', ' and ', ' ', '?')
  const value = fc.oneof(
    fc.string(),
    fc.array(fc.oneof(piece, fc.string({ maxLength: 4 }))).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(value, (text) => {
      try {
        const terms = parseClaimsExpression(text)
        const written = terms.map((term) => `claims['${term.claim}'] ${term.operator} '${term.text}'`)
        expect(written.join(' and ')).toBe(text)
      } catch (error) {
        expect((error as RegistryError).code).toBe('federated_expression_malformed')
      }
    }),
  )
})
