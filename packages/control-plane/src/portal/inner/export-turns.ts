/**
 * One file of audit entries at a time for each account: a file takes as long as a hundred pages, and others wait meanwhile.
 *
 * @module
 */

import { PortalError } from '../portal-error.ts'

/** Makes a file for the principal with this object id. Rejects with `file_under_way` while another one is made for it. */
export type InTurn = <File>(principalId: string, make: () => Promise<File>) => Promise<File>

/** Turns of this process. */
export function createTurns(): InTurn {
  const underWay = new Set<string>()
  return async (principalId, make) => {
    if (underWay.has(principalId)) throw new PortalError('file_under_way')
    underWay.add(principalId)
    try {
      return await make()
    } finally {
      underWay.delete(principalId)
    }
  }
}
