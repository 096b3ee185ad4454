/**
 * Random bytes drawn from the system in larger helpings, since each draw costs more than the bytes do.
 *
 * @module
 */

import { randomFillSync } from 'node:crypto'

/** Bytes drawn at once: enough for 128 keys. */
const POOL_BYTES = 4096

/** Secrets of `length` bytes. What was handed out is wiped from the pool, so that it stands in memory once. */
export function createRandomSecrets(length: number): () => string {
  const pool = Buffer.alloc(POOL_BYTES - (POOL_BYTES % length))
  let next = pool.length
  return () => {
    if (next === pool.length) {
      randomFillSync(pool)
      next = 0
    }
    const start = next
    next += length
    const secret = pool.toString('base64url', start, next)
    pool.fill(0, start, next)
    return secret
  }
}
