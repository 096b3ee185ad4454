import { expect, test } from 'vitest'
import { confirmIdentity, readSelected } from './identity.ts'

const ID = '0b8f1c1e-6a0e-4f0a-9d0c-0000000000b1'
const SELECTED = { by: 'clientId', id: ID } as const

test('no id means the own identity, and one id that one', () => {
  expect(readSelected({})).toBeUndefined()
  expect(readSelected({ clientId: undefined })).toBeUndefined()
  expect(readSelected({ objectId: ID })).toEqual({ by: 'objectId', id: ID })
})

test.each([
  [{ clientId: ID, objectId: ID }],
  [{ clientId: '' }],
  [{ clientId: ' ' }],
  [{ resourceId: 'a\r\nb' }],
  [{ resourceId: 'x'.repeat(2000) }],
  [{ clientId: 1 as unknown as string }],
  [{ clientId: null as unknown as string }],
])('%j is refused, since it would mean another identity than meant', (ids) => {
  expect(() => readSelected(ids)).toThrow(expect.objectContaining({ code: 'option_invalid' }))
})

test.each([[{ client_id: ID }], [{ client_id: ID.toUpperCase() }], [{ clientid: ID }], [{ Client_Id: ID }]])(
  '%j confirms the identity',
  (fields) => {
    expect(() => confirmIdentity(SELECTED, fields, true)).not.toThrow()
  },
)

test.each([
  [{}],
  [{ client_id: '' }],
  [{ client_id: null }],
  [{ client_id: '0b8f1c1e-6a0e-4f0a-9d0c-00000000000b' }],
  [{ object_id: ID }],
])('%j does not, and is refused', (fields) => {
  expect(() => confirmIdentity(SELECTED, fields, true)).toThrow(
    expect.objectContaining({ code: 'identity_unconfirmed', name: 'AuthenticationError' }),
  )
})

test('where selectors are never passed over, silence is enough, and another identity is not', () => {
  expect(() => confirmIdentity(SELECTED, {}, false)).not.toThrow()
  expect(() => confirmIdentity(SELECTED, { client_id: 'another' }, false)).toThrow()
})

test('the own identity needs no confirmation', () => {
  expect(() => confirmIdentity(undefined, { client_id: 'any' }, true)).not.toThrow()
})
