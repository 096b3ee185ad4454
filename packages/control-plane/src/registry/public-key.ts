/**
 * Public keys as they are kept, read once: a machine comes again and again with the same one.
 *
 * @module
 */

import { createPublicKey } from 'node:crypto'
import { recentlyMade } from '../storage/recently-made.ts'

/** Each takes some kB. */
const KEYS_MAX = 4_096

/** The key of a PEM text that the registry holds. It says nothing of whether the key may still be used. */
export const publicKeyOf = recentlyMade(KEYS_MAX, (pem) => createPublicKey(pem))
