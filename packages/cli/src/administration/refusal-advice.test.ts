import { expect, test } from 'vitest'
import { ControlPlaneRefusal } from '../control-plane/control-plane-refusal.ts'
import { explainRefusal } from './refusal-advice.ts'

test.each([
  [403, 'AuthorizationFailed', 'landfast role assign'],
  [404, 'ResourceGroupNotFound', '--resource-group'],
  [429, 'TooManyRequests', 'wait a minute'],
  [500, 'InternalServerError', 'log of the control plane'],
  [400, 'InvalidResourceName', 'docs/errors.md has "InvalidResourceName"'],
])('%i %s keeps its sentence and says what to do', (status, code, advice) => {
  const refusal = new ControlPlaneRefusal(status, code, 'its own words')
  expect(explainRefusal(refusal)).toMatchObject({
    code: 'control_plane_refused',
    message: 'its own words',
    hints: [expect.stringContaining(advice)],
    cause: refusal,
  })
})

test('a refused token is a refused credential, whatever the command', () => {
  const refusal = new ControlPlaneRefusal(401, 'InvalidAuthenticationToken', 'its own words')
  expect(explainRefusal(refusal, 'machine_not_deleted')).toMatchObject({ code: 'credentials_refused' })
})

test('what is no refusal stays as it is', () => {
  const error = new Error('other')
  expect(explainRefusal(error)).toBe(error)
})
