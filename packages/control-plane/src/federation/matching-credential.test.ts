import { expect, test } from 'vitest'
import type { FederatedCredential } from '../registry/federated-credentials.ts'
import { matchingCredential } from './matching-credential.ts'

const AUDIENCE = 'api://AzureADTokenExchange'
const SUBJECT = 'repo:shop/web:ref:refs/heads/main'

/** Credentials with these subjects; a text with a star is an expression. */
function trusting(...texts: string[]): FederatedCredential[] {
  return texts.map((text, index) => {
    const claims = text.includes('*') ? { expression: `claims['sub'] matches '${text}'` } : { subject: text }
    return { name: `${index}`, issuer: 'https://issuer.example', audience: AUDIENCE, ...claims }
  }) as unknown as FederatedCredential[]
}

/** The name of the credential that a subject meets, or why it meets none. */
function match(trusted: readonly FederatedCredential[], sub: unknown, aud: string = AUDIENCE): string {
  try {
    return matchingCredential(trusted, { sub: sub as string, aud }).name
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return `${code}: ${message}`
  }
}

test('the credential that names the subject counts before those whose expression does, and these by name', () => {
  expect(match(trusting('repo:shop/*', SUBJECT, 'repo:shop/web:*'), SUBJECT)).toBe('1')
  expect(match(trusting(SUBJECT, 'repo:shop/*'), SUBJECT)).toBe('0')
  expect(match(trusting('other', 'repo:shop/*', 'repo:shop/web:*'), SUBJECT)).toBe('1')
})

test('one for another audience is passed over, and if there is no other it is said', () => {
  const [first, second] = trusting(SUBJECT, 'repo:shop/*') as [FederatedCredential, FederatedCredential]
  const elsewhere = { ...first, audience: 'api://elsewhere' }
  expect(match([elsewhere, second], SUBJECT)).toBe('1')
  expect(match([elsewhere, second], SUBJECT, 'api://elsewhere')).toBe('0')
  expect(match([elsewhere], SUBJECT)).toContain('federation_audience_unmatched')
})

test.each([
  ['an expression alone', trusting('repo:shop/*'), undefined],
  ['a subject alone', trusting(SUBJECT), undefined],
  ['none', [], SUBJECT],
])('without a subject in the claims, or a credential, %s is met by nothing', (_, trusted, sub) => {
  expect(match(trusted, sub)).toContain('federation_subject_unmatched')
})

test('a subject that no credential has is told to its sender, if it is plain and not too long', () => {
  const longest = 'a'.repeat(600)
  expect(match(trusting('x'), longest)).toContain(`'${longest}'`)
  for (const sub of [`${longest}a`, 'a\u0007b', '', 'ä']) {
    expect(match(trusting('x'), sub)).toMatch(/^federation_subject_unmatched: [^']*$/)
  }
})

test('that one of several credentials has the subject in its other form is told', () => {
  const sub = 'repo:shop@12/web@345:ref:refs/heads/main'
  expect(match(trusting('other', 'repo:shop/web:*'), sub)).toContain('in the older form')
  expect(match(trusting('other'), sub)).not.toMatch(/form|undefined/)
})
