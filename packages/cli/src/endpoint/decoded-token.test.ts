import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CliError } from '../cli-error.ts'
import { decodeToken } from './decoded-token.ts'

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('header and claims are read back as they were written', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (header, claims) => {
      const decoded = decodeToken(`${part(header)}.${part(claims)}.c2ln`)
      expect(JSON.stringify(decoded)).toBe(JSON.stringify({ header, claims }))
    }),
  )
})

test('any other text is refused without being quoted', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        decodeToken(`.${text}`)
        expect.unreachable()
      } catch (error) {
        expect(error).toBeInstanceOf(CliError)
        expect(error).toMatchObject({ code: 'answer_malformed', cause: undefined })
      }
    }),
  )
})
