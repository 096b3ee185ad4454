/** Official clients without a single option: the names of Entra ID lead to our control plane in their network. */

import { expect } from 'vitest'
import { findPython } from '../../scripts/python.ts'
import { childCommand, startChild } from '../agent/child.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { testWith, UNSHARE } from '../privilege.ts'
import { nodeClients, pythonClients, WRONG_SECRET } from './expected-clients.ts'

async function runInNamespace(...python: string[]) {
  const program = childCommand(
    new URL('./namespace-program.ts', import.meta.url),
    temporaryFolder(),
    ...python,
  )
  return startChild([...UNSHARE, ...program]).read() as Promise<Record<string, Record<string, unknown>>>
}

testWith(
  ['linux', 'namespaces', 'ip'],
  "Microsoft's clients for Node take our control plane for Entra ID",
  async () => {
    const { oid, node } = await runInNamespace()
    const { [WRONG_SECRET]: wrong, ...results } = node ?? {}
    expect(results).toEqual(nodeClients(String(oid)))
    expect(wrong).toMatchObject({ error: expect.stringContaining('AADSTS7000215') })
  },
)

testWith(
  ['linux', 'namespaces', 'ip'],
  "Microsoft's clients for Python take our control plane for Entra ID",
  async ({ skip }) => {
    const python = findPython()
    if (!python) return skip('there is no Python with the Azure clients; run "npm run setup:parts"')
    const { oid, python: clients } = await runInNamespace(python)
    const { [WRONG_SECRET]: wrong, ...results } = clients ?? {}
    expect(results).toEqual(pythonClients(String(oid)))
    expect(wrong).toMatchObject({ error: expect.stringContaining('AADSTS7000215') })
  },
)
