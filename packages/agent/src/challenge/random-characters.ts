/**
 * Writes random characters straight to where they are needed. No text is made on the way: a string of them would stand
 * in memory until it is collected, and making it costs more than the characters do.
 *
 * @module
 */

import { randomFillSync } from 'node:crypto'

/** Bytes drawn from the system at once, since each draw costs more than the bytes do: enough for 95 keys. */
const POOL_BYTES = 4096

/** Those of base64url, of which each carries six random bits. */
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', 'latin1')

const SIX_BITS = 0b111111

/** Fills the end of a buffer, from `start` on, with random characters. */
export type FillRandom = (target: Buffer, start: number) => void

/** A filler with a private pool, from which each byte is wiped as it is used. */
export function createFillRandom(): FillRandom {
  const pool = Buffer.alloc(POOL_BYTES)
  let next = pool.length
  return (target, start) => {
    for (let index = start; index < target.length; index += 1) {
      if (next === pool.length) {
        randomFillSync(pool)
        next = 0
      }
      target[index] = ALPHABET[(pool[next] as number) & SIX_BITS] as number
      pool[next] = 0
      next += 1
    }
  }
}
