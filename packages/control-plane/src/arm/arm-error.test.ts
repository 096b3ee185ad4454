import { expect, test } from 'vitest'
import { ArmError, ArmRefusal, formatArmRefusal, wordedRefusal } from './arm-error.ts'

class ShipError extends wordedRefusal('ShipError', {
  Sunk: [404, "The ship '{ship}' lies at '{depth}'."],
  Full: [409, 'The ship is full.'],
}) {}

test('a refusal has the status of its row and the wording, its blanks filled as they are', () => {
  const error = new ShipError('Sunk', { ship: '$& {depth}', depth: '9 m' })
  expect(error).toMatchObject({ name: 'ShipError', code: 'Sunk', status: 404 })
  expect(error.message).toBe("The ship '$& {depth}' lies at '9 m'.")
  expect(new ShipError('Full')).toMatchObject({ status: 409, message: 'The ship is full.' })
})

test('refusals of every table are answered in one form', () => {
  for (const error of [new ShipError('Full'), new ArmError('RequestTooLarge')]) {
    expect(error).toBeInstanceOf(ArmRefusal)
    expect(formatArmRefusal(error)).toEqual({ error: { code: error.code, message: error.message } })
  }
})

test('a refusal keeps its cause, and tells its details and no cause', () => {
  const cause = new Error('inside')
  const details = [{ code: 'Leak', message: 'There is a leak.' }]
  const error = new ShipError('Full', { cause, details })
  expect(error.cause).toBe(cause)
  expect(formatArmRefusal(error)).toEqual({ error: { code: 'Full', message: 'The ship is full.', details } })
})

test('the types demand the blanks of the wording of the code', () => {
  // @ts-expect-error: the wording has blanks.
  expect(new ShipError('Sunk').message).toBe("The ship '' lies at ''.")
  // @ts-expect-error: one of the blanks is left out.
  expect(new ShipError('Sunk', { ship: 'Vasa' }).message).toBe("The ship 'Vasa' lies at ''.")
  // @ts-expect-error: the wording has no such blank.
  expect(new ArmError('KeyKnown', { key: 'k' }).code).toBe('KeyKnown')
})
