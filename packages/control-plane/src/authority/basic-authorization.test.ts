import { assert as check, property, string, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { AuthorityError } from './authority-error.ts'
import { readBasicAuthorization } from './basic-authorization.ts'

/** As RFC 6749 writes a value before it is joined and encoded. */
function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}

test('whatever id and secret are written as the RFC has it come out again', () => {
  check(
    property(tuple(string({ unit: 'grapheme' }), string({ unit: 'grapheme' })), ([clientId, secret]) => {
      const encoded = Buffer.from(`${formEncoded(clientId)}:${formEncoded(secret)}`).toString('base64')
      expect(readBasicAuthorization(`Basic ${encoded}`)).toEqual({ clientId, secret })
    }),
  )
})

test('whatever else is sent is read or refused, and nothing else', () => {
  check(
    property(string({ unit: 'binary' }), (value) => {
      for (const header of [value, `Basic ${value}`, `Basic ${Buffer.from(value).toString('base64')}`]) {
        try {
          readBasicAuthorization(header)
        } catch (error) {
          expect(error).toBeInstanceOf(AuthorityError)
        }
      }
    }),
  )
})
