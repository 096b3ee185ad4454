import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { newMachineKey } from './machine-key.ts'
import { selfSigned } from './self-signed.ts'

const DAY_MS = 86_400_000

test('the life of a certificate is not longer than was asked for, and begins before it is made', async () => {
  const now = new Date('2026-11-28T12:00:00Z')
  const options = { privateKey: await newMachineKey(), commonName: 'web', now, days: 365 }
  const { validFromDate, validToDate } = new X509Certificate(await selfSigned(options))
  expect(validToDate.getTime() - validFromDate.getTime()).toBe(365 * DAY_MS)
  expect(validFromDate.getTime()).toBeLessThan(now.getTime())
})
