import { expect, test } from 'vitest'
import { isAuthenticated, type StandingSigns, standingGauges } from './standing-gauges.ts'

const NOW = Date.parse('2030-01-01T00:00:00Z')
const CONNECTED = {
  status: 'Connected',
  lastHeartbeat: '2029-12-31T23:59:00Z',
  certificateEnd: '2030-02-01T00:00:00Z',
} as const
const SIGNS: StandingSigns = { standing: CONNECTED, lastExchange: undefined, version: '1', now: NOW }
const BEFORE = NOW - 120_000
const AFTER = NOW - 1_000
const REFUSAL = { code: 'MachineDisabled', message: 'it is disabled', at: '' }

test.each<[string, Partial<StandingSigns>, boolean]>([
  ['connected, with no token asked for yet', {}, true],
  ['with no control plane and no token asked for yet', { standing: undefined }, false],
  ['a token came', { standing: undefined, lastExchange: { outcome: 'token', at: AFTER } }, true],
  ['an audience was refused', { lastExchange: { outcome: 'resource_refused', at: AFTER } }, true],
  ['no answer since the heartbeat', { lastExchange: { outcome: 'unavailable', at: AFTER } }, false],
  ['a heartbeat since there was no answer', { lastExchange: { outcome: 'unavailable', at: BEFORE } }, true],
  ['refused', { lastExchange: { outcome: 'refused', at: AFTER } }, false],
  ['no heartbeat for long', { standing: { ...CONNECTED, status: 'Disconnected' } }, false],
  ['the control plane refuses it', { standing: { ...CONNECTED, refusal: REFUSAL as never } }, false],
  [
    'its certificate has ended',
    { standing: { ...CONNECTED, certificateEnd: '2029-12-31T00:00:00Z' } },
    false,
  ],
])('a machine is authenticated or not: %s', (_, changes, expected) => {
  expect(isAuthenticated({ ...SIGNS, ...changes })).toBe(expected)
})

test('what is not known has no line', () => {
  const lines = standingGauges({ ...SIGNS, standing: undefined, version: undefined })
  expect(lines.filter((line) => !line.startsWith('#'))).toEqual(['landfast_authenticated 0'])
})
