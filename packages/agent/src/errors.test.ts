import { expect, test } from 'vitest'
import { AgentError } from './errors.ts'

test.each(AgentError.codes)('the error %s says what is wrong, of what, and what to do', (code) => {
  const cause = new Error('inside')
  const error = new AgentError(code, '"detail"', cause)
  expect(error).toMatchObject({ name: 'AgentError', code, cause })
  expect(error.message).toMatch(/^[\x20-\x7e]+: "detail"$/)
  expect(error.hint).toMatch(/^[a-z][\x20-\x7e]+[^.]$/)
})
