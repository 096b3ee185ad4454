import { expect, test } from 'vitest'
import { CliError } from '../cli-error.ts'
import { formatGoogleFailure, formatGoogleToken } from './google-executable.ts'

test('a token is told in the form that Google reads, with its end in seconds', () => {
  const answer = { access_token: 'a.b.c', expires_on: '1800000000', expires_in: '9', resource: 'x' }
  expect(JSON.parse(formatGoogleToken({ ...answer, token_type: 'Bearer' }))).toEqual({
    version: 1,
    success: true,
    token_type: 'urn:ietf:params:oauth:token-type:jwt',
    id_token: 'a.b.c',
    expiration_time: 1_800_000_000,
  })
})

test('a failure has its code, and its hints in the message, on one line', () => {
  const line = formatGoogleFailure(
    new CliError('endpoint_silent', { detail: 'http://127.0.0.1:1', hints: ['start the agent'] }),
  )
  expect(JSON.parse(line)).toEqual({
    version: 1,
    success: false,
    code: 'endpoint_silent',
    message: 'nothing answers at "http://127.0.0.1:1"; start the agent',
  })
})
