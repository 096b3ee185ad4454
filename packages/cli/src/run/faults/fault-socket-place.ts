/**
 * Where the socket is by which the command of `landfast run`, and who has read the variables of `landfast dev`, tell the emulator
 * to have faults.
 *
 * @see docs/emulator.md#a-fault-for-one-test
 * @module
 */

import { join } from 'node:path'
import { SOCKET_PATH_MAX_BYTES } from '@landfast/server'
import { printNote } from '../../terminal.ts'

/** The variable with its path. */
export const FAULT_SOCKET_VARIABLE = 'LANDFAST_FAULT_SOCKET'

/** Its name in the state folder. */
export const FAULT_SOCKET_FILE = 'faults.sock'

/** Its path in the state folder; undefined, and told to the user, where the system takes none so long. */
export function faultSocketIn(folder: string): string | undefined {
  const path = join(folder, FAULT_SOCKET_FILE)
  const length = Buffer.byteLength(path)
  if (length <= SOCKET_PATH_MAX_BYTES) return path
  printNote(
    `the command cannot change faults: the path of their socket would have ${length} bytes, and the system allows ${SOCKET_PATH_MAX_BYTES}`,
  )
  return undefined
}

/** The variable, where there is a socket. */
export function faultSocketVariables(path: string | undefined): Record<string, string> {
  return path === undefined ? {} : { [FAULT_SOCKET_VARIABLE]: path }
}
