import { expect, test } from 'vitest'
import { similarName } from './similar-name.ts'

const NAMES = ['port', 'policy', 'key-folder', 'key-group', 'vm', 'vm-rate-limit']

test.each([
  ['prot', 'port'],
  ['PORT', 'port'],
  ['polcy', 'policy'],
  ['keyfolder', 'key-folder'],
  ['key-gruop', 'key-group'],
  ['vm-rate-limits', 'vm-rate-limit'],
  ['part', 'port'],
])('%s probably means %s', (name, meant) => {
  expect(similarName(name, NAMES)).toBe(meant)
})

test.each(['host', 'colour', '', 'audit-log'])('%j is near to none', (name) => {
  expect(similarName(name, NAMES)).toBeUndefined()
})
