import { assert as check, json, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { AuthorityError } from './authority-error.ts'
import { readAssertion } from './presented-credential.ts'

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function readOrRefuse(jws: string): void {
  try {
    const { header, claims } = readAssertion(jws)
    expect([typeof header, typeof claims]).toEqual(['object', 'object'])
  } catch (error) {
    expect(error).toBeInstanceOf(AuthorityError)
  }
}

test('whatever is sent as an assertion is read or refused as malformed', () => {
  check(
    property(string(), json(), json(), (text, header, claims) => {
      readOrRefuse(text)
      readOrRefuse(`${encode(header)}.${encode(claims)}.${text}`)
      readOrRefuse(`${encode(text)}.${encode(claims)}.`)
    }),
  )
})
