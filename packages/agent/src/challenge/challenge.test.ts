import { parseChallenge } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { FakeClock } from '../../../../test/agent/fake-clock.ts'
import { MemoryKeyFiles } from '../../../../test/agent/memory-key-files.ts'
import { issueChallenge, readKey } from './challenge.ts'
import { KeyRing } from './key-ring.ts'

function setUp() {
  const clock = new FakeClock()
  const files = new MemoryKeyFiles(() => clock.monotonic())
  const keys = new KeyRing({ files, monotonic: () => clock.monotonic() })
  const key = () => files.read(parseChallenge(issueChallenge(keys)) ?? '')
  return { clock, files, keys, key }
}

test('a challenge names the file of a new key, and the key in it is read back', () => {
  const { keys, key } = setUp()
  expect(issueChallenge(keys)).toMatch(/^Basic realm=\/keys\/[0-9a-f-]{36}\.key$/)
  expect(readKey(keys, `Basic ${key()}`).spend()).toBe(true)
})

test.each(['basic', 'BASIC', '  Basic  '])('the scheme is taken as %j', (scheme) => {
  const { keys, key } = setUp()
  expect(readKey(keys, `${scheme} ${key()}`)).toBeDefined()
})

test('without the header a key is required', () => {
  expect(() => readKey(setUp().keys, undefined)).toThrow(expect.objectContaining({ code: 'key_required' }))
})

test.each([
  ['another scheme', (key: string) => `Bearer ${key}`],
  ['no scheme', (key: string) => key],
  ['an empty header', () => ''],
  ['the scheme alone', () => 'Basic'],
  ['two keys', (key: string) => `Basic ${key}, Basic ${key}`],
  ['the base64 of a name and the key', (key: string) => `Basic ${Buffer.from(`:${key}`).toString('base64')}`],
  ['a key that was made up', () => `Basic 0b8f1c1e-6a0e-4f0a-9d0c-000000000001.${'A'.repeat(43)}`],
  ['a key far too long', (key: string) => `Basic ${key.padEnd(5000, 'A')}`],
])('with %s the key is rejected, and the right one stays good', (_, change) => {
  const { keys, key } = setUp()
  const right = key()
  expect(() => readKey(keys, change(right))).toThrow(expect.objectContaining({ code: 'key_rejected' }))
  expect(readKey(keys, `Basic ${right}`)).toBeDefined()
})

test('spent, late and unknown keys are told apart by nothing', () => {
  const { clock, keys, key } = setUp()
  const [spent, late] = [key(), key()]
  readKey(keys, `Basic ${spent}`).spend()
  clock.pass(60)
  const messages = [spent, late, 'unknown'].map((one) => {
    try {
      return readKey(keys, `Basic ${one}`)
    } catch (error) {
      return (error as Error).message
    }
  })
  expect(new Set(messages).size).toBe(1)
})

test('a key file that could not be written is said so, with its cause kept', () => {
  const { files, keys } = setUp()
  files.full = true
  expect(() => issueChallenge(keys)).toThrow(
    expect.objectContaining({ code: 'key_file_failed', cause: expect.objectContaining({ code: 'ENOSPC' }) }),
  )
})

test('a key folder whose path no challenge can name is said so', () => {
  const keys = { issue: () => '/with space/x.key', present: () => undefined }
  expect(() => issueChallenge(keys)).toThrow(expect.objectContaining({ code: 'key_file_failed' }))
})
