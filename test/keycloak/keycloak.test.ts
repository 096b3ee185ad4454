/** Keycloak, which judges our assertions and tokens by its own rules, and whose tokens we judge by ours. */

import { expect } from 'vitest'
import { childCommand, startChild } from '../agent/child.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { testWith, UNSHARE } from '../privilege.ts'
import { findKeycloak } from './installed-keycloak.ts'

testWith(
  ['linux', 'namespaces', 'ip', 'setpriv'],
  'a realm takes the right assertion of an agent and the right token of a control plane, and no other; its own tokens are exchanged',
  async ({ skip }) => {
    const keycloak = findKeycloak()
    if (!keycloak) return skip('there is no Keycloak; run "npm run setup:parts"')
    const program = childCommand(new URL('./program.ts', import.meta.url), temporaryFolder(), keycloak)
    const results = await startChild([...UNSHARE, ...program]).read()
    expect(results.agent).toEqual({
      right: 'agent',
      again: 'Token reuse detected',
      'of another key': expect.stringContaining('Signature on JWT token failed validation'),
      'for another authority': 'Invalid token audience',
      'of an hour ago': 'Token is not active',
    })
    expect(results.federated).toEqual({
      right: 'workload',
      again: 'Token reuse detected',
      'of six minutes ago': 'Token was issued too far in the past to be used now',
      forged: expect.stringContaining('Invalid client'),
      expired: 'Token is not active',
      'for another audience': 'Invalid token audience',
      'of another subject': expect.stringContaining('Invalid client'),
      'by the recipe': ['workload', 'workload'],
    })
    const right = expect.stringMatching(/^[0-9a-f-]{36}$/)
    for (const answers of Object.values(results.exchanged as object))
      expect(answers).toEqual({ before: expect.any(Number), after: right, forged: 70021 })
  },
)

testWith(
  ['linux', 'namespaces', 'ip', 'setpriv'],
  'people of a realm sign in to the portal, and have the roles of their groups; who is in none does not come in',
  async ({ skip }) => {
    const keycloak = findKeycloak()
    if (!keycloak) return skip('there is no Keycloak; run "npm run setup:parts"')
    const file = new URL('./portal-program.ts', import.meta.url)
    const program = childCommand(file, temporaryFolder(), keycloak)
    expect(await startChild([...UNSHARE, ...program]).read()).toEqual({
      ada: { status: 200, name: 'ada' },
      bob: { status: 403, code: 'openid_no_role' },
      users: ['ada'],
    })
  },
)
