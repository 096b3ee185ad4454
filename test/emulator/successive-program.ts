/**
 * Three emulators of one process, one after the other, each asked by Azure's own client. Prints what each of them saw, as JSON.
 *
 * @module
 */

import { ManagedIdentityCredential } from '@azure/identity'
import { createEmulator } from '@landfast/emulator'
import type { StyleName } from '@landfast/protocol'
import { endProcess, writeOutput } from '../../packages/cli/src/output.ts'

const [, , style] = process.argv as [string, string, StyleName]

const seen: (readonly string[])[] = []
for (const audience of ['api://first', 'api://second', 'api://third']) {
  await using emulator = await createEmulator({ style })
  emulator.applyEnv()
  await new ManagedIdentityCredential().getToken(`${audience}/.default`)
  seen.push(emulator.requests.map(({ resource, status }) => `${resource} ${status}`))
}
writeOutput('stdout', JSON.stringify(seen))
await endProcess(0)
