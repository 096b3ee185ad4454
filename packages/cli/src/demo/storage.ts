/**
 * The demo's storage: Azurite, installed beside the examples, behind the certificate of the demo's control plane.
 *
 * @module
 */

import { join } from 'node:path'
import type { Azurite } from '@landfast/emulator'
import { CliError } from '../cli-error.ts'
import { loadEmulator } from '../run/emulator-engine.ts'

/** @param examples the folder beside which it is installed. */
export async function startStorage(examples: string, folder: string): Promise<Azurite> {
  const { findAzurite, startAzurite } = await loadEmulator()
  try {
    const program = await findAzurite({ folder: examples, path: undefined })
    const keyFile = join(folder, 'server-key.pem')
    return await startAzurite({ program, folder, keyFile, certificateFile: join(folder, 'server.pem') })
  } catch (cause) {
    throw new CliError('demo_failed', { detail: (cause as Error).message, cause })
  }
}
