/**
 * The step itself: installs Landfast, starts the emulator, and leads every later step to it.
 */

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installArchive } from './archive.mjs'
import { startEmulator } from './emulator.mjs'
import { addPath, fail, log, mask, readInput, saveState, setOutput, setVariable, warn } from './runner.mjs'

try {
  const folder = mkdtempSync(join(process.env.RUNNER_TEMP || tmpdir(), 'landfast-setup-'))
  saveState('folder', folder)
  const place = await installArchive(join(folder, 'program'))
  addPath(place)
  const start = readInput('start') || 'true'
  if (start !== 'true' && start !== 'false') throw new Error(`"start" must be true or false, not "${start}"`)
  if (start === 'true') await startForJob(join(place, 'landfast'), folder)
} catch (error) {
  fail(error.message)
}

async function startForJob(program, folder) {
  const started = (processId) => saveState('process', String(processId))
  const { notes, variables, secret, competing } = await startEmulator(program, folder, started)
  if (competing.length > 0)
    warn(`these variables of the job lead SDKs to another identity, take them away: ${competing.join(', ')}`)
  for (const name of secret) mask(variables[name])
  for (const [name, value] of Object.entries(variables)) setVariable(name, value)
  const outputs = {
    endpoint: notes.url,
    'tenant-id': notes.tenantId,
    'client-id': notes.clientId,
    'principal-id': notes.principalId,
    identities: JSON.stringify(notes.identities ?? {}),
    'control-plane': notes.controlPlaneUrl,
    'ca-file': notes.caFile,
  }
  for (const [name, value] of Object.entries(outputs)) setOutput(name, value)
  log(`the ${notes.style} style answers at ${notes.url}, for the identity ${notes.principalId}`)
}
