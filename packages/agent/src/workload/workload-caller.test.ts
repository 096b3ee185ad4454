import { STYLES } from '@landfast/protocol'
import { expect, test } from 'vitest'
import type { HostNetworks } from './connected-networks.ts'
import { networksOf } from './networks.ts'
import { createWorkloadCallers } from './workload-caller.ts'
import type { KnownWorkload } from './workloads.ts'

const bridge = (address: string, cidr: string) => [
  { family: 'IPv4', address, cidr, netmask: '', mac: '', internal: false } as const,
]

/** A workload whose secret is "of-NAME". */
function known(name: string, from?: string): KnownWorkload {
  return { name, bound: () => 'inside', from: from === undefined ? undefined : networksOf([from]) }
}

const WORKLOADS = new Map([
  ['of-shop', known('shop')],
  ['of-bank', known('bank', '172.18.0.0/16')],
])

function callers() {
  const host: { interfaces: HostNetworks['interfaces']; connected: string[]; time: number } = {
    interfaces: {
      podman0: bridge('10.88.0.1', '10.88.0.1/16'),
      other: bridge('172.18.0.1', '172.18.0.1/16'),
    },
    connected: [],
    time: 0,
  }
  const { find, admit } = createWorkloadCallers({
    style: STYLES['app-service'],
    workloads: { find: (secret) => WORKLOADS.get(secret) },
    monotonic: () => host.time,
    readNetworks: () => host,
  })
  const ask = async (from: string, secret: string | undefined, { query = '', at = '10.88.0.1' } = {}) => {
    const headers = query === '' ? { 'x-identity-header': secret } : { secret }
    const caller = await find(
      { remoteAddress: from, localAddress: at },
      { request: { headers }, target: { query } },
    )
    const code = await admit(caller).then(
      () => 'admitted',
      (error) => error.code,
    )
    return { code, workload: caller.workload, address: caller.address }
  }
  return { host, ask }
}

test('a workload is known by its secret, in the header of either version', async () => {
  const { ask } = callers()
  const admitted = { code: 'admitted', workload: 'shop', address: '10.88.0.7' }
  expect(await ask('10.88.0.7', 'of-shop')).toEqual(admitted)
  expect(await ask('::ffff:10.88.0.7', 'of-shop', { at: '::ffff:10.88.0.1' })).toEqual(admitted)
  expect(await ask('10.88.0.7', 'of-shop', { query: 'api-version=2017-09-01' })).toEqual(admitted)
})

test.each([undefined, '', 'of-nobody', 'of-shop, of-shop'])(
  'the secret %j is nobody\u2019s',
  async (secret) => {
    expect(await callers().ask('10.88.0.7', secret)).toMatchObject({
      code: 'identity_header_rejected',
      workload: undefined,
      address: '10.88.0.7',
    })
  },
)

test.each(['172.18.0.7', '192.168.1.9', '10.88.0.1', '127.0.0.1', ''])(
  'a right secret that comes from %s, no neighbour of the address, is refused by name',
  async (from) => {
    expect(await callers().ask(from, 'of-shop')).toMatchObject({
      code: 'workload_elsewhere',
      workload: 'shop',
    })
  },
)

test('a workload with networks of its own is let in from those alone', async () => {
  const { ask } = callers()
  expect(await ask('172.18.0.7', 'of-bank')).toMatchObject({ code: 'admitted' })
  expect(await ask('10.88.0.7', 'of-bank')).toMatchObject({ code: 'workload_elsewhere' })
})

test('when a bridge gets another network, that counts a second later', async () => {
  const { host, ask } = callers()
  expect((await ask('10.89.0.7', 'of-shop')).code).toBe('workload_elsewhere')
  host.interfaces = { podman0: bridge('10.88.0.1', '10.88.0.1/14') }
  host.time = 1000
  expect((await ask('10.89.0.7', 'of-shop')).code).toBe('admitted')
})

test('a bridge that is there with the first request of its container counts at once', async () => {
  const { host, ask } = callers()
  const { interfaces } = host
  host.interfaces = {}
  expect((await ask('10.88.0.7', 'of-shop')).code).toBe('workload_elsewhere')
  host.interfaces = interfaces
  expect((await ask('10.88.0.7', 'of-shop')).code).toBe('admitted')
})
