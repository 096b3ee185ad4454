import { expect, test } from 'vitest'
import { patchProperties, putProperties, reportProperties } from './machine-properties.ts'

const KEPT = { osName: 'Debian', osType: 'linux', locationData: { name: 'Rack 7' }, hardwareResourceId: '/x' }

test('a PUT replaces what an administrator says and keeps what the machine told', () => {
  expect(putProperties(KEPT, { osProfile: { computerName: 'a' } })).toEqual({
    osName: 'Debian',
    osType: 'linux',
    osProfile: { computerName: 'a' },
  })
})

test('a PATCH changes what may be changed later, and null takes it away', () => {
  expect(patchProperties(KEPT, { locationData: null, osType: 'windows', agentUpgrade: {} })).toEqual({
    osName: 'Debian',
    osType: 'linux',
    hardwareResourceId: '/x',
    agentUpgrade: {},
  })
})

test('a machine tells what it is, and nothing that its administrator decides', () => {
  expect(reportProperties(KEPT, { osName: 'Ubuntu', locationData: { name: 'mine' }, osType: null })).toEqual({
    osName: 'Ubuntu',
    locationData: { name: 'Rack 7' },
    hardwareResourceId: '/x',
  })
})

test('what nobody may say is dropped', () => {
  const sent = { status: 'Connected', provisioningState: 'Failed', extensions: [], constructor: 1 }
  for (const change of [putProperties, patchProperties, reportProperties]) {
    expect(change({}, sent)).toEqual({})
  }
})
