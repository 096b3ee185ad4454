/**
 * Ends a machine on this host: removes everything that is kept of it.
 *
 * @module
 */

import { removeNextKey } from './next-key.ts'
import { removePendingRegistration } from './pending-registration.ts'
import { removePresence } from './presence.ts'
import { removeRegistration } from './registration.ts'

/** Removes the machine in `folder`. What is interrupted can be repeated: the registration goes last. */
export async function forgetMachine(folder: string): Promise<void> {
  await removePendingRegistration(folder)
  await removeNextKey(folder)
  await removePresence(folder)
  await removeRegistration(folder)
}
