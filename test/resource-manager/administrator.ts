/**
 * A control plane for one test, and the file of its administrator.
 *
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createControlPlane } from '@landfast/control-plane'
import { onTestFinished } from 'vitest'

/** Starts one; what a client of it must know is in the file. */
export async function startWithAdministrator(): Promise<{ tenantId: string; caFile: string; file: string }> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'landfast-arm-'))
  onTestFinished(() => rm(stateFolder, { recursive: true, force: true }))
  const controlPlane = createControlPlane({ stateFolder })
  onTestFinished(() => controlPlane.stop())
  await controlPlane.start()
  const { tenantId, caFile, administratorFile: file } = controlPlane
  if (!file) throw new Error('the first start made no administrator')
  return { tenantId, caFile, file }
}
