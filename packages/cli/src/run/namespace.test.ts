import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatOutside, mappedBack, parseOutside } from './namespace.ts'

const OUTSIDE = { uid: 1000, gid: 1001, isMapped: true, mounts: 'mnt:[4026531841]' }

test('what the inside is told comes back the same', () => {
  const outside = fc.record({
    uid: fc.nat(),
    gid: fc.nat(),
    isMapped: fc.boolean(),
    mounts: fc.nat().map((inode) => `mnt:[${inode}]`),
  })
  fc.assert(
    fc.property(outside, (told) => {
      expect(parseOutside(formatOutside(told), 'mnt:[x]')).toEqual(told)
    }),
  )
})

test('who is not inside is refused, so that the machine’s own folder is never covered', () => {
  for (const mounts of [OUTSIDE.mounts, undefined]) {
    expect(() => parseOutside(formatOutside(OUTSIDE), mounts)).toThrowError(
      expect.objectContaining({ code: 'usage' }),
    )
  }
})

for (const text of ['', '1 2 mapped', '1 2 mapped mnt:[1] x', '-1 2 same mnt:[1]', '1;2 2 same mnt:[1]']) {
  test(`"${text}" tells nothing of the outside`, () => {
    expect(() => parseOutside(text, 'mnt:[5]')).toThrowError(expect.objectContaining({ code: 'usage' }))
  })
}

test('the command is mapped back to the user outside', () => {
  expect(mappedBack(OUTSIDE, '/bin/id')).toEqual([
    '--user',
    '--map-user=1000',
    '--map-group=1001',
    '--',
    '/bin/id',
  ])
})
