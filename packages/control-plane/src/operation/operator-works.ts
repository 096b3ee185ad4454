/**
 * What a running control plane does for an operator's command on the same host. With PostgreSQL it is nothing: there the
 * command itself works on the database.
 *
 * @module
 */

import { StorageError } from '../storage/storage-error.ts'
import { AUTHORITY_STEPS, changeAuthority } from './authority-change.ts'
import type { AuthorityWatch } from './authority-watch.ts'
import { changeKey, type KeyChangeParts } from './encryption-key-change.ts'
import type { DoWork, OperatorWorks } from './operator-socket.ts'

/** What the works are done with. */
export interface OperatorParts extends Omit<KeyChangeParts, 'now' | 'tell'> {
  authorityWatch: AuthorityWatch
  now: () => Date
}

/** The works, as far as the database has need of them. */
export function operatorWorks(parts: OperatorParts): OperatorWorks {
  const { storage, now } = parts
  const { holdFile } = storage
  if (!holdFile) return {}
  return {
    'hold-file': async ({ say, done }) => {
      const hold = await holdFile()
      say({ held: true })
      await done
      return { intact: hold.release() }
    },
    'change-encryption-key': () => changeKey({ ...parts, now: now() }),
    'change-ca': changeCa(parts),
  }
}

function changeCa({ storage, encryptionKey, authorityWatch, now }: OperatorParts): DoWork {
  return async ({ asked }) => {
    const step = AUTHORITY_STEPS.find((known) => known === asked.step)
    if (!step) throw new StorageError('operator_work_unknown')
    const force = asked.force === true
    const change = await changeAuthority({ storage, encryptionKey, now: now(), step, force })
    await authorityWatch.look()
    return change
  }
}
