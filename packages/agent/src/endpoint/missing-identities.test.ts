import type { Selector } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { FakeClock } from '../../../../test/agent/fake-clock.ts'
import { MissingIdentities } from './missing-identities.ts'

function setUp() {
  const clock = new FakeClock()
  const missing = new MissingIdentities(() => clock.now())
  const told = (has: (selector: Selector) => boolean = () => false) =>
    missing.faults(has).map(({ selector }) => selector.value)
  return { clock, missing, told }
}

function client(value: string): Selector {
  return { name: 'client_id', value }
}

test('an identity is missing until nobody has asked for it for an hour, and since it was asked for first', () => {
  const { clock, missing, told } = setUp()
  const since = clock.now()
  missing.note(client('a'))
  clock.pass(3000)
  missing.note(client('A'))
  clock.pass(3599)
  expect(missing.faults(() => false)).toMatchObject([{ since }])
  clock.pass(1)
  expect(told()).toEqual([])
})

test('an identity that the machine has by now is no longer missing, also if it is taken away again', () => {
  const { missing, told } = setUp()
  missing.note(client('a'))
  missing.note(client('b'))
  expect(told(({ value }) => value === 'a')).toEqual(['b'])
  expect(told()).toEqual(['b'])
})

test('however many ids a program invents, the first few are told, and they do not change', () => {
  const { clock, missing, told } = setUp()
  for (let index = 0; index < 100; index += 1) missing.note(client(`${index}`))
  expect(told()).toEqual(['0', '1', '2'])
  clock.pass(3600)
  missing.note(client('real'))
  expect(told()).toEqual(['real'])
})
