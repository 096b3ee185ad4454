/**
 * The agent as an operator runs it: `landfast agent`, built, with a registration that is never used.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeRegistration } from '@landfast/agent'

const COMMAND = fileURLToPath(new URL('../packages/cli/bin/landfast.js', import.meta.url))

/** A program that can be started again and again. */
export interface AgentProgram {
  /** Arguments of Node. */
  args: (port: number) => string[]
  /** Where its state is. */
  folder: string
  remove(): void
}

/** Makes the program ready. Its machine is registered with an authority that is never asked. */
export async function prepareAgentProgram(): Promise<AgentProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-bench-'))
  const state = join(folder, 'state')
  const clientId = '00000000-0000-4000-8000-000000000002'
  await writeRegistration(state, {
    authority: 'https://127.0.0.1:9/00000000-0000-4000-8000-000000000001',
    identity: { tenantId: clientId, clientId, principalId: clientId, resourceId: '/subscriptions/bench' },
    certificate: 'none',
    privateKey: 'none',
    ca: 'none',
  })
  const settings = [
    ['--state-dir', state],
    ['--key-folder', join(folder, 'tokens')],
    ['--audit-log', join(folder, 'audit.jsonl')],
    ['--key-group', ''],
  ]
  return {
    folder,
    args: (port) => [COMMAND, 'agent', ...settings.flat(), '--port', String(port)],
    remove: () => rmSync(folder, { recursive: true }),
  }
}
