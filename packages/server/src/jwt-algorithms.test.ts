import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect, test } from 'vitest'
import { signInput, verifyInput } from './jwt-algorithms.ts'

test('errors after a verification have their traces again, whether it ends or throws', () => {
  const limit = Error.stackTraceLimit
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signature = signInput('PS256', 'input', privateKey)
  expect(verifyInput('PS256', { input: 'input', signature }, publicKey)).toBe(true)
  expect(Error.stackTraceLimit).toBe(limit)
  const none = {} as KeyObject
  expect(() => verifyInput('PS256', { input: 'input', signature }, none)).toThrow()
  expect(Error.stackTraceLimit).toBe(limit)
})
