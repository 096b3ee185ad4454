/**
 * What a running control plane does for an operator's command on the same host.
 *
 * @module
 */

import type { Storage } from '../storage/storage.ts'
import type { OperatorWorks } from './operator-socket.ts'

/** The works, as far as the database has need of them. */
export function operatorWorks({ holdFile }: Pick<Storage, 'holdFile'>): OperatorWorks {
  if (!holdFile) return {}
  return {
    'hold-file': async (say, done) => {
      const hold = await holdFile()
      say({ held: true })
      await done
      return { intact: hold.release() }
    },
  }
}
