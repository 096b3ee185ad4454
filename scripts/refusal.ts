/**
 * What a user is told who may not write in the checkout, where something has to be written.
 *
 * @module
 */

import { statSync } from 'node:fs'
import { userName } from '../packages/agent/src/caller/accounts.ts'

const CODES = ['EACCES', 'EPERM', 'EROFS']

/** A sentence, and what to do. */
export type Refusal = readonly [what: string, hint: string]

/** What could not be done: a sentence that goes on with "but", and the command that does it. */
export interface Need {
  root: string
  need: string
  command: string
}

/** Why nothing could be written in the checkout `root`; undefined for a failure of any other kind. */
export function explainRefusal(error: unknown, { root, need, command }: Need): Refusal | undefined {
  const { code = '', path = root } = error as NodeJS.ErrnoException
  if (!CODES.includes(code)) return undefined
  if (code === 'EROFS') return [`${need}, but its disk is read-only`, 'work in a clone of your own']
  const [user, owner] = [nameOf(process.getuid?.() ?? -1), nameOf(statSync(root).uid)]
  const hint =
    user === owner
      ? `give what another user made here to yourself: "sudo chown -R ${user} ${root}"`
      : `run "${command}" as user "${owner}", the owner of "${root}", or work in a clone of your own`
  return [`${need}, but user "${user}" may not write to "${path}"`, hint]
}

function nameOf(userId: number): string {
  return userName(userId) ?? String(userId)
}
