import { expect, test } from 'vitest'
import {
  afterRefusal,
  cloneMessage,
  isOnboardingErrorCode,
  ONBOARDING_ERROR_CODES,
  ONBOARDING_ERRORS,
} from './onboarding-errors.ts'

test('every sentence begins small, ends without a full stop and gives nothing away', () => {
  for (const code of ONBOARDING_ERROR_CODES) expect(ONBOARDING_ERRORS[code][2]).toMatch(/^[a-z].*[^.]$/)
})

test('only a refusal that nothing can pass stops a machine', () => {
  const stopping = ONBOARDING_ERROR_CODES.filter((code) => afterRefusal(code) === 'stop')
  expect(stopping).toEqual([
    'MachineCloned',
    'AssertionRefused',
    'KeyRetired',
    'ReturnRefused',
    'MachineDisabled',
    'MachineDeleted',
  ])
})

test('a clone is told of both hosts and of what to run', () => {
  const message = cloneMessage({ stored: 'web-1', presented: 'web-2' })
  for (const part of ['"web-1"', '"web-2"', 'landfast disconnect --force-local-only', 'landfast connect']) {
    expect(message).toContain(part)
  }
  expect(cloneMessage({ stored: null, presented: 'web-2' })).toContain('never told its name')
})

test('no name of Object is a code', () => {
  expect(isOnboardingErrorCode('toString')).toBe(false)
})
