import { expect, test } from 'vitest'
import type { HostNetworks } from './connected-networks.ts'
import { isNetwork, isPrivate, neighboursOf, networksOf } from './networks.ts'

const ADDRESS = { netmask: '', mac: '', internal: false }
const BRIDGE = { ...ADDRESS, family: 'IPv4', address: '10.88.0.1', cidr: '10.88.0.1/16' } as const
const SECOND = { ...ADDRESS, family: 'IPv4', address: '172.18.0.1', cidr: '172.18.0.1/16' } as const
const SIXTH = {
  ...ADDRESS,
  family: 'IPv6',
  address: 'fd00:88::1',
  cidr: 'fd00:88::1/64',
  scopeid: 0,
} as const
const HOST: HostNetworks = {
  interfaces: { podman0: [BRIDGE, SIXTH], 'br-shop': [SECOND], gone: undefined },
  connected: [],
}

test.each(['10.88.0.0/16', '10.88.0.5', 'fd00::/8', '0.0.0.0/0', '::1'])('%s is a network', (text) => {
  expect(isNetwork(text)).toBe(true)
})

test.each([
  '',
  '10.88.0.0/33',
  '10.88/16',
  'fd00::/129',
  '10.88.0.0/',
  'fe80::1%eth0',
  'host',
  '10.0.0.0/8/8',
])('"%s" is none', (text) => {
  expect(isNetwork(text)).toBe(false)
})

test('an address is in one of several networks, also as an IPv6 socket tells it', () => {
  const includes = networksOf(['10.88.0.0/16', '192.168.7.7', 'fd00::/8'])
  expect(['10.88.255.1', '::ffff:10.88.0.9', '192.168.7.7', 'fd12::1'].every(includes)).toBe(true)
  expect(['10.89.0.1', '192.168.7.8', 'fe80::1', '', 'nonsense'].some(includes)).toBe(false)
})

test.each(['10.0.0.1', '172.31.0.1', '192.168.1.1', '100.64.0.1', 'fd00::1', 'fe80::1'])(
  '%s is private',
  (address) => {
    expect(isPrivate(address)).toBe(true)
  },
)

test.each(['0.0.0.0', '::', '8.8.8.8', '172.32.0.1', '127.0.0.1', '2001:db8::1', '224.0.0.1'])(
  '%s is not',
  (address) => {
    expect(isPrivate(address)).toBe(false)
  },
)

test('neighbours are who is on the bridge of the address, but none of the host\u2019s own addresses', () => {
  const near = neighboursOf('10.88.0.1', HOST)
  expect(near?.('10.88.0.7')).toBe(true)
  expect(['172.18.0.7', '10.89.0.7', '10.88.0.1', '172.18.0.1'].map((address) => near?.(address))).toEqual(
    Array(4).fill(false),
  )
  expect(neighboursOf('fd00:88::1', HOST)?.('fd00:88::5')).toBe(true)
})

test('while the bridge is gone nobody is near', () => {
  expect(neighboursOf('10.99.0.1', HOST)).toBeUndefined()
})

test('a bridge without a carrier is known by the tables of the kernel, the narrowest network first', () => {
  const connected = ['10.0.0.0/8', '10.88.0.0/16', '172.18.0.0/16', 'fd00:0088:0:0:0:0:0:1/64']
  const host = { interfaces: {}, connected }
  const near = neighboursOf('10.88.0.1', host)
  expect(['10.88.0.7', '10.87.0.7', '10.88.0.1'].map((address) => near?.(address))).toEqual([
    true,
    false,
    false,
  ])
  const sixth = neighboursOf('fd00:88::1', host)
  expect(['fd00:88::7', 'fd00:88::1', 'fd00:89::7'].map((address) => sixth?.(address))).toEqual([
    true,
    false,
    false,
  ])
})
