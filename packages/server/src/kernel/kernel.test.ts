import { constants } from 'node:os'
import { expect } from 'vitest'
import { testWith } from '../../../../test/privilege.ts'
import { loadKernel } from './kernel.ts'

const { errno } = constants

testWith(['linux'], 'the kernel can be asked on this machine', () => {
  expect(loadKernel()).toBeDefined()
})

testWith(['linux'], 'what fails is told by its number', () => {
  const kernel = loadKernel()
  const room = Buffer.alloc(64)
  expect(kernel?.ask(-1, Buffer.alloc(16), room)).toBe(-errno.EBADF)
  expect(kernel?.attribute(Buffer.from('/nowhere\0'), Buffer.from('user.x\0'), room)).toBe(-errno.ENOENT)
})

testWith(['linux'], 'what is no question, or no text with an end, is asked of nobody', () => {
  const kernel = loadKernel()
  const room = Buffer.alloc(64)
  expect(kernel?.ask(0, Buffer.alloc(3), room)).toBe(0)
  expect(kernel?.attribute(Buffer.from('/'), Buffer.from('user.x\0'), room)).toBe(0)
  expect(kernel?.attribute(Buffer.from('/\0'), Buffer.from('user.x'), room)).toBe(0)
  expect(kernel?.ask(0, Buffer.alloc(0), Buffer.alloc(0))).toBe(0)
  expect(kernel?.notify(Buffer.alloc(0), Buffer.from('READY=1'))).toBe(0)
  expect(kernel?.notify(Buffer.from([1, 0, ...Buffer.alloc(200, 'x')]), Buffer.from('READY=1'))).toBe(0)
  expect(kernel?.notify(Buffer.from([2, 0, ...Buffer.from('/run/x\0')]), Buffer.from('READY=1'))).toBe(0)
})
