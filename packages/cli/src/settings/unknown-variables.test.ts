import { expect, test } from 'vitest'
import { AGENT_SETTINGS } from './agent-settings.ts'
import { CONTROL_PLANE_SETTINGS } from './control-plane-settings.ts'
import { mistypedVariables } from './unknown-variables.ts'

test('a mistyped variable is found with what was meant, and no other', () => {
  const environment = {
    LANDFAST_PROT: '1',
    LANDFAST_PORT: '1',
    LANDFAST_HOST: 'of the control plane',
    LANDFAST_JOIN_TOKEN: 'x',
    LANDFAST_TEST_TOTALS: 'x',
    PROT: '1',
  }
  expect(mistypedVariables(AGENT_SETTINGS, environment)).toEqual([
    { variable: 'LANDFAST_PROT', meant: 'LANDFAST_PORT' },
  ])
  expect(mistypedVariables(CONTROL_PLANE_SETTINGS, { LANDFAST_VM: 'yes', LANDFAST_DRAINTIME: '1' })).toEqual([
    { variable: 'LANDFAST_DRAINTIME', meant: 'LANDFAST_DRAIN_TIME' },
  ])
})
