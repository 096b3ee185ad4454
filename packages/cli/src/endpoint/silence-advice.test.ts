import { expect, test } from 'vitest'
import { adviseOnSilence } from './silence-advice.ts'

test('where the host has no loopback interface, nothing that could be started helps', () => {
  for (const lead of ['variables', 'dev', 'federated-token', 'guess'] as const) {
    expect(adviseOnSilence(lead, 'ENETUNREACH')).toContain('ip link set lo up')
    expect(adviseOnSilence(lead, 'ECONNREFUSED')).not.toContain('ip link')
  }
})
