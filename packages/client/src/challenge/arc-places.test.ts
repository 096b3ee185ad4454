import { expect, test } from 'vitest'
import { arcPlaces } from './arc-places.ts'

test('on Linux the places are fixed', () => {
  expect(arcPlaces('linux', { ProgramData: 'elsewhere' })).toEqual({
    keyFolder: '/var/opt/azcmagent/tokens',
    himdsFiles: ['/opt/azcmagent/bin/himds', '/var/opt/azcmagent/bin/himds'],
  })
})

test('on Windows they are where its variables say', () => {
  expect(arcPlaces('win32', { ProgramData: 'C:\\ProgramData', ProgramFiles: 'C:\\Program Files' })).toEqual({
    keyFolder: 'C:\\ProgramData\\AzureConnectedMachineAgent\\Tokens',
    himdsFiles: [
      'C:\\Program Files\\AzureConnectedMachineAgent\\himds.exe',
      'C:\\ProgramData\\AzureConnectedMachineAgent\\himds.exe',
    ],
  })
  expect(arcPlaces('win32', {})).toEqual({ keyFolder: undefined, himdsFiles: [] })
})

test.each(['darwin', 'freebsd'])('on %s there is no Arc agent', (platform) => {
  expect(arcPlaces(platform, {})).toEqual({ keyFolder: undefined, himdsFiles: [] })
})
