import { styleOf } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { createReadRequest } from './read-requests.ts'

const VM = styleOf('vm')
const ARC = styleOf('arc')
const QUERY = 'api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net'

test('a query that was read is read the same again', () => {
  const read = createReadRequest()
  const first = read(VM, QUERY)
  expect(first).toMatchObject({ audience: 'https://vault.azure.net', apiVersion: '2018-02-01' })
  expect(read(VM, QUERY)).toBe(first)
  expect(read(VM, QUERY.replace('vault', 'other')).audience).toBe('https://other.azure.net')
})

test('what was read in one style is not what it is in another', () => {
  const read = createReadRequest()
  read(VM, QUERY)
  expect(() => read(ARC, QUERY)).toThrow(expect.objectContaining({ code: 'api_version_unsupported' }))
})

test('a query that is wrong is wrong each time', () => {
  const read = createReadRequest()
  for (let time = 0; time < 2; time += 1) {
    expect(() => read(VM, 'resource=')).toThrow(expect.objectContaining({ code: 'api_version_missing' }))
  }
})

test('a caller that invents queries does not fill the memory', () => {
  const read = createReadRequest()
  const first = read(VM, QUERY)
  for (let number = 0; number < 64; number += 1) read(VM, `${QUERY}&x=${number}`)
  expect(read(VM, QUERY)).not.toBe(first)
  const long = `${QUERY}&x=${'x'.repeat(512)}`
  expect(read(VM, long)).not.toBe(read(VM, long))
})
