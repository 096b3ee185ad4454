/**
 * The facts of a machine that the documents of a test contain.
 *
 * @module
 */

import type { NetworkInterfaceInfo } from 'node:os'
import type { InstanceFacts } from '../../packages/agent/src/metadata/machine-facts.ts'
import { IDENTITY } from './fake-source.ts'

const LOOPBACK: NetworkInterfaceInfo = {
  address: '127.0.0.1',
  netmask: '255.0.0.0',
  family: 'IPv4',
  mac: '00:00:00:00:00:00',
  internal: true,
  cidr: '127.0.0.1/8',
}

const V4: NetworkInterfaceInfo = {
  address: '10.144.133.132',
  netmask: '255.255.240.0',
  family: 'IPv4',
  mac: '00:0d:3a:f8:06:ec',
  internal: false,
  cidr: '10.144.133.132/20',
}

const V6: NetworkInterfaceInfo = {
  address: 'fd00::4',
  netmask: 'ffff:ffff:ffff:ffff::',
  family: 'IPv6',
  mac: '00:0d:3a:f8:06:ec',
  internal: false,
  cidr: 'fd00::4/64',
  scopeid: 0,
}

/** A machine in its resource group, with two tags and one card. */
export const FACTS: InstanceFacts = {
  identity: {
    ...IDENTITY,
    resourceId: `/subscriptions/5d6f1d5e-0d5f-4f0d-8a57-3c1d3a3f9a11/resourceGroups/shop/providers/Microsoft.HybridCompute/machines/web-1`,
  },
  location: 'westeurope',
  vmId: '02aab8a4-74ef-476e-8182-f6d2ba4166a6',
  tags: { team: 'red', cost: '7' },
  agentVersion: '0.1.0',
  osType: 'linux',
  osSku: 'Ubuntu 24.04.3 LTS',
  osVersion: '6.8.0-31-generic',
  machineFqdn: 'web-1.example',
  interfaces: { lo: [LOOPBACK], eth0: [V4, V6] },
}
