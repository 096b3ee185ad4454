/**
 * What a running control plane does for an operator's command on the same host. With PostgreSQL it is nothing: there the
 * command itself works on the database.
 *
 * @module
 */

import { changeKey, type KeyChangeParts } from './encryption-key-change.ts'
import type { OperatorWorks } from './operator-socket.ts'

/** The works, as far as the database has need of them. */
export function operatorWorks(
  parts: Omit<KeyChangeParts, 'now' | 'tell'> & { now: () => Date },
): OperatorWorks {
  const { storage, now } = parts
  const { holdFile } = storage
  if (!holdFile) return {}
  return {
    'hold-file': async (say, done) => {
      const hold = await holdFile()
      say({ held: true })
      await done
      return { intact: hold.release() }
    },
    'change-encryption-key': () => changeKey({ ...parts, now: now() }),
  }
}
