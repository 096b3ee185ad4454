import { expect, test } from 'vitest'
import { parseAddresses, parseRoutes } from './connected-networks.ts'

const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'
const row = (name: string, destination: string, gateway: string, mask: string) =>
  [name, destination, gateway, '0001', '0', '0', '0', mask, '0', '0', '0'].join('\t')

test('networks without a gateway are read from the table of routes', () => {
  const table = [
    HEAD,
    row('eth0', '00000000', '0101A8C0', '00000000'),
    row('eth0', '0001A8C0', '00000000', '00FFFFFF'),
    row('podman0', '0000580A', '00000000', '0000FFFF'),
    row('tun0', '0000640A', '0101A8C0', '0000FFFF'),
    row('wg0', '0500630A', '00000000', 'FFFFFFFF'),
    row('gone', '00000000', '00000000', '00000000'),
    '',
  ]
  expect(parseRoutes(table.join('\n'))).toEqual(['192.168.1.0/24', '10.88.0.0/16', '10.99.0.5/32'])
})

test('addresses of IPv6 are read with the lengths of their prefixes', () => {
  const table = 'fd000088000000000000000000000001 03 40 00 80  podman0\nfe80000000000000 broken\n'
  expect(parseAddresses(table)).toEqual(['fd00:0088:0000:0000:0000:0000:0000:0001/64'])
})

test.each(['', 'nonsense', HEAD])('%j has no networks', (table) => {
  expect([...parseRoutes(table), ...parseAddresses(table)]).toEqual([])
})
