/** What the way to the control plane looks like, seen from this host. */

import { createProxies } from '@landfast/server/proxy'
import { expect, test } from 'vitest'
import { startAuthority } from '../../../../test/agent/authority.ts'
import { lookAtNetwork } from './network-looks.ts'

test('a load balancer that answers in the place of the authority is told by its status', async () => {
  const authority = await startAuthority()
  const { registration, url } = authority
  const look = () =>
    lookAtNetwork({
      url,
      authority: registration.authority,
      trust: { ca: registration.ca, usesSystemCa: false },
      trustUnseen: undefined,
      candidates: [],
      proxies: createProxies({}, {}),
    })
  expect((await look()).authority).toMatchObject({ value: { authority: registration.authority } })
  authority.discover = () => ({ status: 502, raw: '<html>' })
  const { authority: seen } = await look()
  expect(seen).toEqual({ value: { error: expect.stringContaining('answers 502') } })
})
