import { SourceError } from '@landfast/agent'
import { OnboardingRefused } from '@landfast/agent/upstream'
import { expect, test } from 'vitest'
import type { CliError } from '../cli-error.ts'
import { explainCertifier } from './entra-certifier-failure.ts'

const unavailable = (message: string) => new SourceError('unavailable', message)

test.each([
  [new OnboardingRefused('MachineDisabled', 'no'), 'connect_failed', 'landfast machine enable'],
  [new OnboardingRefused('CertificateExpired', 'no'), 'connect_failed', 'start it'],
  [new OnboardingRefused('MachineDeleted', 'no'), 'connect_failed', 'nothing was changed'],
  [unavailable('no connection'), 'control_plane_unreachable', 'whether the control plane runs'],
  [unavailable('the control plane answered 404: x'), 'control_plane_unreachable', 'older version'],
  [new SourceError('throttled', 'the control plane answered 429: x'), 'control_plane_unreachable', '429'],
])('%s is told with what to do, and that nothing was changed', (error, code, text) => {
  const explained = explainCertifier(error) as CliError
  expect(explained.code).toBe(code)
  expect([explained.message, ...explained.hints].join('\n')).toContain(text)
  expect(explained.hints.at(-1)).toContain('nothing was changed')
})

test('a failure of another kind is told as it is', () => {
  const error = new TypeError('x')
  expect(explainCertifier(error)).toBe(error)
})
