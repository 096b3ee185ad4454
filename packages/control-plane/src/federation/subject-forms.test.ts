import type { JWTPayload } from 'jose'
import { expect, test } from 'vitest'
import { otherFormOf } from './subject-forms.ts'

const GITHUB = { repository_owner_id: '12', repository_id: '345' }
const GITLAB = { project_path: 'shop/web', project_id: '57' }

/** What is told where `trusted` is the only subject that would be taken. */
const told = (claims: JWTPayload, trusted: string) => otherFormOf(claims, ({ sub }) => sub === trusted)

test.each([
  ['GitHub', { sub: 'repo:shop@12/web@345:ref:refs/heads/main' }, 'repo:shop/web:ref:refs/heads/main'],
  ['GitHub without more', { sub: 'repo:shop@12/web@345' }, 'repo:shop/web'],
  [
    'GitLab',
    { sub: 'project_id:57:ref_type:tag:ref:v1', ...GITLAB },
    'project_path:shop/web:ref_type:tag:ref:v1',
  ],
])('that a token of %s has ids which the credential lacks is told', (_issuer, claims, trusted) => {
  expect(told(claims, trusted)).toContain('in the older form')
})

test.each([
  ['GitHub', { sub: 'repo:shop/web:pull_request', ...GITHUB }, 'repo:shop@12/web@345:pull_request'],
  ['GitLab', { sub: 'project_path:shop/web:ref:x', ...GITLAB }, 'project_id:57:ref:x'],
])('that a token of %s lacks ids which the credential has is told', (_issuer, claims, trusted) => {
  expect(told(claims, trusted)).toContain('in the newer form')
})

test.each([
  ['another repository', { sub: 'repo:shop@12/other@7:ref:x' }, 'repo:shop/web:ref:x'],
  ['other ids', { sub: 'repo:shop/web:ref:x', ...GITHUB }, 'repo:shop@12/web@999:ref:x'],
  ['another branch', { sub: 'repo:shop@12/web@345:ref:y' }, 'repo:shop/web:ref:x'],
  ['ids that the token does not state', { sub: 'repo:shop/web:ref:x' }, 'repo:shop@12/web@345:ref:x'],
  ['a path that is no text', { sub: 'project_id:57:ref:x', project_path: 7 }, 'project_path:7:ref:x'],
  [
    'an owner’s id that is missing',
    { sub: 'repo:shop/web', repository_id: '345' },
    'repo:shop@undefined/web@345',
  ],
  [
    'an id that is missing',
    { sub: 'repo:shop/web', repository_owner_id: '12' },
    'repo:shop@12/web@undefined',
  ],
  [
    'an owner’s id that is no text',
    { sub: 'repo:shop/web', ...GITHUB, repository_owner_id: 12 },
    'repo:shop@12/web@345',
  ],
  ['an id that is no text', { sub: 'repo:shop/web', ...GITHUB, repository_id: 345 }, 'repo:shop@12/web@345'],
  ['a project id that is no text', { sub: 'project_path:shop/web', project_id: 57 }, 'project_id:57'],
  ['ids beside a subject of another form', { sub: 'web', ...GITHUB, ...GITLAB }, 'web'],
  ['another workload', { sub: 'system:serviceaccount:shop:web' }, 'repo:shop/web'],
  ['no subject', {}, 'repo:shop/web'],
])('of %s nothing is told', (_what, claims, trusted) => {
  expect(told(claims, trusted)).toBeUndefined()
})

test('a subject that has no other form is not looked for', () => {
  expect(otherFormOf({ sub: 'web' }, () => expect.unreachable())).toBeUndefined()
})
