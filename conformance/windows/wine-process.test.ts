import { expect, test } from 'vitest'
import { windowsVariables } from './wine-process.ts'

test('paths in the folder of the lane are told as Windows sees them, and nothing else is changed', () => {
  const variables = {
    AZURE_FEDERATED_TOKEN_FILE: '/tmp/lane/federated/token',
    IDENTITY_ENDPOINT: 'http://127.0.0.1:1/tmp/lane/x',
    OTHER: '/tmp/lanes/token',
    AZURE_CLIENT_ID: 'id',
  }
  expect(windowsVariables(variables, '/tmp/lane')).toEqual({
    ...variables,
    AZURE_FEDERATED_TOKEN_FILE: 'Z:\\lane\\federated\\token',
  })
})
