import { expect, test } from 'vitest'
import { exchange, get } from '../../../../test/agent/raw-http.ts'
import { SECRET, startAgent } from '../../../../test/agent/running-agent.ts'
import { hostInUrl, isOpenToOthers } from './places.ts'

const TARGET = '/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net'

/** 127.0.0.2 stands for an address that other hosts reach. */
async function startOpen() {
  const started = await startAgent({
    endpoints: [{ style: 'app-service', secret: SECRET, address: '127.0.0.2' }],
  })
  const { port } = new URL(started.agent.locations[0]?.url ?? '')
  return { ...started, target: { port: Number(port), host: '127.0.0.2', localAddress: '127.0.0.3' } }
}

test('an endpoint that is open to others takes any name of its host, and the secret alone as proof', async () => {
  const { target, audited } = await startOpen()
  const ask = (header: string) => exchange(target, get(TARGET, 'Host: identity:40342', header))
  expect((await ask(`X-IDENTITY-HEADER: ${SECRET}`)).status).toBe(200)
  expect((await ask('X-IDENTITY-HEADER: another')).status).toBe(401)
  expect((await exchange(target, get(TARGET, 'Host: identity'))).status).toBe(401)
  await expect.poll(() => audited()[0]).toMatchObject({ address: '127.0.0.3' })
})

test('every other endpoint takes none of them', async () => {
  const { appService } = await startAgent()
  const answer = await exchange(
    appService,
    get(TARGET, 'Host: identity:40342', `X-IDENTITY-HEADER: ${SECRET}`),
  )
  expect(answer.status).toBe(400)
  expect(isOpenToOthers({ style: 'app-service', secret: SECRET })).toBe(false)
})

test.each([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '[::1]'],
  ['0:0::0', '[::1]'],
  ['172.18.0.2', '172.18.0.2'],
  ['fd00::2', '[fd00::2]'],
])('a program of the host reaches what listens at %s by %s', (address, host) => {
  expect(hostInUrl(address)).toBe(host)
})
