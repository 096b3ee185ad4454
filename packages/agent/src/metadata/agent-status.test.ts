import { expect, test } from 'vitest'
import { FACTS } from '../../../../test/agent/instance-facts.ts'
import { agentStatus } from './agent-status.ts'

test('the status tells how the machine stands and which it is', () => {
  const lastHeartbeat = '2026-11-27T08:00:00.000Z'
  expect(agentStatus(FACTS, { status: 'Connected', lastHeartbeat })).toEqual({
    status: 'Connected',
    lastHeartbeat,
    agentVersion: '0.1.0',
    resourceName: 'web-1',
    resourceGroup: 'shop',
    subscriptionId: '5d6f1d5e-0d5f-4f0d-8a57-3c1d3a3f9a11',
    tenantId: FACTS.identity.tenantId,
    location: 'westeurope',
    vmId: FACTS.vmId,
    errorCode: '',
    errorDetails: '',
    errorTimestamp: '',
  })
})

test('a machine that is refused says why', () => {
  const reason = {
    code: 'MachineDeleted',
    message: 'the machine was deleted',
    at: '2026-11-27T08:00:00.000Z',
  }
  expect(agentStatus(FACTS, { status: 'Disconnected', reason })).toMatchObject({
    status: 'Disconnected',
    lastHeartbeat: '',
    errorCode: 'MachineDeleted',
    errorDetails: 'the machine was deleted',
    errorTimestamp: '2026-11-27T08:00:00.000Z',
  })
})

test('a machine whose control plane is in the same process is connected', () => {
  expect(agentStatus(FACTS, undefined)).toMatchObject({ status: 'Connected', lastHeartbeat: '' })
})
