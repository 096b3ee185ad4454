import { expect, test } from 'vitest'
import { FakeClock } from '../../../../test/agent/fake-clock.ts'
import { FakeSource, IDENTITY } from '../../../../test/agent/fake-source.ts'
import { sourceOfAuthorities } from './authority-router.ts'

test('the identity chooses the authority, whatever the audience is', async () => {
  const [controlPlane, entra] = [new FakeSource(), new FakeSource()]
  const authorities = { identity: IDENTITY, source: controlPlane, entra: { source: entra } }
  const source = sourceOfAuthorities(authorities, new FakeClock())
  const { signal } = new AbortController()
  await source.getToken(IDENTITY, 'https://graph.microsoft.com', signal)
  await source.getToken({ ...IDENTITY, authority: 'entra' }, 'api://ours', signal, 'a-trace')
  expect(controlPlane.asked.map(({ audience }) => audience)).toEqual(['https://graph.microsoft.com'])
  expect(entra.asked).toMatchObject([{ audience: 'api://ours', traceparent: 'a-trace' }])
  source.close()
  expect([controlPlane.closed, entra.closed]).toEqual([true, true])
})
