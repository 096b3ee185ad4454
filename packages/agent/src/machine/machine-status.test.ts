import { expect, test } from 'vitest'
import { machineStatus } from './machine-status.ts'

const NOW = Date.parse('2026-11-28T12:00:00.000Z')
const LATER = NOW + 86_400_000
const MINUTE = 60_000
const REFUSAL = { code: 'MachineCloned', message: 'another host goes on', at: '2026-11-28T11:00:00.000Z' }

const beatAt = (ago: number) => ({ lastHeartbeatAt: new Date(NOW - ago).toISOString() })

test.each([
  ['Connected', undefined, beatAt(MINUTE), LATER],
  ['Connected', undefined, beatAt(14 * MINUTE), LATER],
  ['Disconnected', 'HeartbeatsUnanswered', beatAt(15 * MINUTE), LATER],
  ['Disconnected', 'NoHeartbeat', {}, LATER],
  ['Disconnected', 'NoHeartbeat', undefined, LATER],
  ['Disconnected', 'MachineCloned', { ...beatAt(MINUTE), refusal: REFUSAL }, LATER],
  ['Disconnected', 'MachineCloned', { refusal: REFUSAL }, LATER],
  ['Expired', 'CertificateEnded', beatAt(MINUTE), NOW],
  ['Expired', 'MachineCloned', { ...beatAt(MINUTE), refusal: REFUSAL }, NOW],
] as const)('a machine is %s, and the reason is %s', (status, code, presence, notAfter) => {
  const found = machineStatus(presence, { notAfter, now: NOW })
  expect([found.status, found.reason?.code]).toEqual([status, code])
})

test('who is refused is told so in the words of the control plane', () => {
  const found = machineStatus({ refusal: REFUSAL }, { notAfter: LATER, now: NOW })
  expect(found.reason).toEqual(REFUSAL)
})
