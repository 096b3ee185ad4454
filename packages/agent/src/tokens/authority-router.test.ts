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

test.each([
  [
    'the application in Entra ID beside a control plane',
    IDENTITY,
    { ...IDENTITY, authority: 'entra' as const },
    3600,
  ],
  ['an application that is all a machine has', { ...IDENTITY, authority: 'entra' as const }, undefined, 3600],
  ['a control plane', IDENTITY, undefined, 300],
])(
  'where %s is asked too often it is left alone for as long as it may say',
  async (_, own, second, seconds) => {
    const sources = [new FakeSource(), new FakeSource()] as const
    for (const source of sources) Object.assign(source, { failure: 'throttled', retryAfterSeconds: 9999 })
    const authorities = { identity: own, source: sources[0], entra: second && { source: sources[1] } }
    const asked = sourceOfAuthorities(authorities, new FakeClock())
    const { signal } = new AbortController()
    await expect(asked.getToken(second ?? own, 'a', signal)).rejects.toMatchObject({
      retryAfterSeconds: seconds,
    })
  },
)
