import { expect, test } from 'vitest'
import { type MachineListFlags, machineFilter, machineQuery } from './machine-list.ts'

const NOW = new Date('2026-01-31T12:00:00Z')

test.each<[MachineListFlags, string]>([
  [{}, ''],
  [{ status: 'disconnected' }, "properties/status eq 'Disconnected'"],
  [{ status: 'Disabled' }, "properties/statusReason eq 'Disabled'"],
  [{ tag: ['a=b=c', 'd'] }, "tagName eq 'a' and tagValue eq 'b=c' and tagName eq 'd'"],
  [{ tag: ["o'k="] }, "tagName eq 'o''k' and tagValue eq ''"],
  [{ agentVersion: '1.2.3' }, "properties/agentVersion eq '1.2.3'"],
  [{ agentOlderThan: '1.2.3' }, "properties/agentVersion lt '1.2.3'"],
  [{ notSeenFor: '30d' }, "properties/lastHeartbeat lt '2026-01-01T12:00:00.000Z'"],
  [{ heartbeatBefore: '2026-01-01T00:00Z' }, "properties/lastHeartbeat lt '2026-01-01T00:00:00.000Z'"],
])('%j is asked for as a filter', (flags, filter) => {
  expect(machineFilter(flags, NOW)).toBe(filter)
})

test.each<MachineListFlags>([
  { status: 'Gone' },
  { tag: ['=b'] },
  { notSeenFor: '1w' },
  { heartbeatBefore: 'yesterday' },
  { notSeenFor: '1d', heartbeatBefore: '2026-01-01' },
  { agentVersion: '1', agentOlderThan: '2' },
])('%j is refused', (flags) => {
  expect(() => machineFilter(flags, NOW)).toThrow(expect.objectContaining({ code: 'argument_invalid' }))
})

test('a text to search and an order are asked for beside the filter', () => {
  const asked = (flags: MachineListFlags) => Object.fromEntries(machineQuery(flags, NOW))
  expect(asked({ search: 'web-', orderBy: 'heartbeat' })).toMatchObject({
    $search: 'web-',
    $orderby: 'properties/lastHeartbeat',
  })
  expect(asked({ orderBy: 'name' })).toMatchObject({ $orderby: 'name' })
  expect(asked({})).not.toHaveProperty('$search')
  expect(() => asked({ orderBy: 'location' })).toThrow(expect.objectContaining({ code: 'argument_invalid' }))
})
