/** The whole way: somebody else's issuer in a private network, and official clients that know only its tokens. */

import { expect } from 'vitest'
import { childCommand, startChild } from '../agent/child.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { testWith, UNSHARE } from '../privilege.ts'

testWith(
  ['linux', 'namespaces', 'ip'],
  'workloads and jobs of allowed issuers in a private network get tokens by every client, others are never contacted',
  async () => {
    const program = startChild([
      ...UNSHARE,
      ...childCommand(new URL('./namespace-program.ts', import.meta.url), temporaryFolder()),
    ])
    const results = await program.read()
    const token = { oid: results.oid, aud: 'https://vault.azure.net' }
    const everyClient = { default: token, workload: token, assertion: token, msal: token }
    expect(results).toMatchObject({ named: everyClient, addressed: everyClient })
    expect(results).toMatchObject({
      stranger: [401, 700213],
      unallowed: [503, 50166],
      local: [503, 50166],
      codes: ['issuer_address_forbidden', 'issuer_address_forbidden'],
    })
    expect(results.job).toMatch(new RegExp(`^a token of ${results.oid} until \\S+Z\n$`))
    expect(results.otherJob).toContain('AADSTS700213')
    // The name that turned to the loopback address is refused by a control plane that has no keys yet.
    expect(results.turned).toEqual({ answer: [503, 50166], codes: ['issuer_address_forbidden'] })
    // Both documents of each issuer that was allowed, once for all the tokens.
    expect(results.connections).toEqual({ named: 2, addressed: 2, unallowed: 0, local: 0 })
    expect(results.askedBefore).toBe(2)
  },
)
