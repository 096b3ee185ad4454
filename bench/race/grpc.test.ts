import { expect, test } from 'vitest'
import { field, frame } from './grpc.ts'

test('a message is framed as gRPC wants it', () => {
  expect(frame(field(2, 'aud')).toString('hex')).toBe('00000000051203617564')
})

test('a message within a message has its length in front, in as many bytes as it takes', () => {
  expect(field(1, field(1, 'ab')).toString('hex')).toBe('0a040a026162')
  expect(field(1, 'a'.repeat(300)).subarray(0, 3).toString('hex')).toBe('0aac02')
})
