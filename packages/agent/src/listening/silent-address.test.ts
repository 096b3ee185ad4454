import { expect, test } from 'vitest'
import { silenceAddress } from './silent-address.ts'

/** The settings of a host, which may be read-only. */
function settingsOf(values: Record<string, string>, { isReadOnly = false, routesLoopback = false } = {}) {
  return {
    names: () => Object.keys(values),
    routesLoopback: () => routesLoopback,
    read: (name: string) => values[name] ?? '',
    write: (name: string, value: string) => {
      if (isReadOnly) throw new Error('EROFS')
      values[name] = value
    },
  }
}

test('interfaces that answer for everything answer for no address of scope host, until it is undone', () => {
  const values = { all: '0', default: '0', lo: '0', eth0: '0', eth1: '1' }
  const silence = silenceAddress(settingsOf(values))
  expect(silence.isComplete).toBe(true)
  expect(values).toEqual({ all: '0', default: '3', lo: '0', eth0: '3', eth1: '1' })
  silence.undo()
  expect(values).toEqual({ all: '0', default: '0', lo: '0', eth0: '0', eth1: '1' })
})

test('where loopback is routed, each interface answers for its own addresses', () => {
  const values = { all: '0', eth0: '0' }
  silenceAddress(settingsOf(values, { routesLoopback: true }))
  expect(values.eth0).toBe('1')
})

test('where the operator has chosen for all of them, nothing is changed', () => {
  const values = { all: '1', eth0: '0' }
  expect(silenceAddress(settingsOf(values)).isComplete).toBe(true)
  expect(values).toEqual({ all: '1', eth0: '0' })
})

test('where the settings cannot be written, that is said', () => {
  expect(silenceAddress(settingsOf({ all: '0', eth0: '0' }, { isReadOnly: true })).isComplete).toBe(false)
  expect(silenceAddress(settingsOf({ all: '0', eth0: '1' }, { isReadOnly: true })).isComplete).toBe(true)
})
