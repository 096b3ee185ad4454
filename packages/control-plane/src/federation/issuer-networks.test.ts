import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mayContact, readNetworks } from './issuer-networks.ts'

const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']

test.each([
  '1.1.1.1',
  '140.82.121.4',
  '11.0.0.1',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '223.255.255.255',
  '2001:4860:4860::8888',
  '2606:4700::1',
  '2a00:1450:4001:800::200e',
])('%s is public', (address) => {
  expect(mayContact(address, [])).toBe(true)
})

/** Each with its neighbours at the edges of its range. */
const NEVER = {
  'this network': ['0.0.0.0', '0.255.255.255'],
  loopback: ['127.0.0.0', '127.0.0.1', '127.255.255.255', '::1'],
  'link-local': ['169.254.0.0', '169.254.169.254', '169.254.255.255', 'fe80::1', 'febf::1', 'fe80::1%lo'],
  'shared address space': ['100.64.0.0', '100.127.255.255'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.255', '2001:db8::1', '3fff::1'],
  benchmarking: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  protocols: ['192.0.0.1', '192.0.0.170', '192.88.99.1', '2001::1', '2001:1::1', '2001:20::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  reserved: [
    '240.0.0.1',
    '255.255.255.254',
    '4000::1',
    'e000::1',
    '::2',
    '100::1',
    '100:0:0:1::1',
    '5f00::1',
  ],
  broadcast: ['255.255.255.255'],
  unspecified: ['::'],
  'site-local': ['fec0::1'],
  'forms of IPv4 addresses': [
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '::7f00:1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::a9fe:a9fe',
    '2002:7f00:1::',
    '2002:a00:1::1',
  ],
  'no addresses': [
    '',
    'localhost',
    '127.1',
    '8.8',
    '0x08.8.8.8',
    '010.8.8.8',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    '1.1.1.1.',
    ' 1.1.1.1',
    '[::1]',
  ],
}
for (const [what, addresses] of Object.entries(NEVER)) {
  test.each(addresses)(`${what}: %j is never contacted, whatever is allowed`, (address) => {
    expect(mayContact(address, [])).toBe(false)
    expect(mayContact(address, readNetworks(PRIVATE))).toBe(false)
  })
}

test.each(['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1'])(
  '%s is contacted only where its range is allowed',
  (address) => {
    expect(mayContact(address, [])).toBe(false)
    expect(mayContact(address, readNetworks(PRIVATE))).toBe(true)
  },
)

test('a network allows what is within it and nothing beside it', () => {
  const networks = readNetworks(['10.1.2.0/24', 'fd00:1::/32'])
  expect(['10.1.2.0', '10.1.2.255', 'fd00:1::9'].every((address) => mayContact(address, networks))).toBe(true)
  expect(['10.1.1.255', '10.1.3.0', 'fd00:2::9'].some((address) => mayContact(address, networks))).toBe(false)
})

test.each([
  '127.0.0.0/8',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '0.0.0.0/0',
  '10.0.0.0/7',
  '172.16.0.0/11',
  '192.168.0.0/15',
  '8.8.8.0/24',
  '::/0',
  'fc00::/6',
  'fe80::/10',
  '::1/128',
  '::ffff:10.0.0.0/104',
  '10.0.0.1',
  '10.0.0.0/33',
  '10.0.0.0/',
  'shop',
  '',
])('the network %j cannot be allowed', (range) => {
  expect(() => readNetworks([range])).toThrow(RangeError)
})

/** The ranges as numbers, written once more and by other means. */
const inRange = (value: bigint, base: bigint, bits: number, width: number) =>
  value >> BigInt(width - bits) === base >> BigInt(width - bits)

function isPrivateV4(value: bigint): boolean {
  return (
    inRange(value, 0x0a00_0000n, 8, 32) ||
    inRange(value, 0xac10_0000n, 12, 32) ||
    inRange(value, 0xc0a8_0000n, 16, 32)
  )
}

const SPECIAL_V4: [bigint, number][] = [
  [0n, 8],
  [0x6440_0000n, 10],
  [0x7f00_0000n, 8],
  [0xa9fe_0000n, 16],
  [0xc000_0000n, 24],
  [0xc000_0200n, 24],
  [0xc612_0000n, 15],
  [0xc633_6400n, 24],
  [0xcb00_7100n, 24],
  [0xe000_0000n, 3],
]

const v4 = fc.oneof(
  fc.bigInt({ min: 0n, max: 0xffff_ffffn }),
  fc
    .tuple(fc.constantFrom(...SPECIAL_V4), fc.bigInt({ min: -2n, max: 2n }))
    .map(([[base], off]) => (base + off + 0x1_0000_0000n) % 0x1_0000_0000n),
)
const dotted = (value: bigint) => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')

test('no IPv4 address of a special range is public', () => {
  fc.assert(
    fc.property(v4, (value) => {
      const special = SPECIAL_V4.some(([base, bits]) => inRange(value, base, bits, 32))
      if (special || isPrivateV4(value)) expect(mayContact(dotted(value), [])).toBe(false)
      if (special) expect(mayContact(dotted(value), readNetworks(PRIVATE))).toBe(false)
    }),
    { numRuns: 2_000 },
  )
})

test('no IPv6 address outside 2000::/3 is contacted unless it is unique local and allowed', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), fc.nat(127), (random, shift) => {
      const value = random >> BigInt(shift)
      const text = value.toString(16).padStart(32, '0').match(/.{4}/g)?.join(':') ?? ''
      const isGlobal = inRange(value, 1n << 125n, 3, 128)
      const isUniqueLocal = inRange(value, 0xfcn << 120n, 7, 128)
      if (!isGlobal) expect(mayContact(text, [])).toBe(false)
      if (!isGlobal) expect(mayContact(text, readNetworks(PRIVATE))).toBe(isUniqueLocal)
    }),
    { numRuns: 2_000 },
  )
})

test('an allowed network opens private addresses of itself only', () => {
  const bits = fc.integer({ min: 0, max: 32 })
  fc.assert(
    fc.property(v4, bits, v4, (base, length, value) => {
      let networks: ReturnType<typeof readNetworks>
      try {
        networks = readNetworks([`${dotted(base)}/${length}`])
      } catch {
        return
      }
      const opened = mayContact(dotted(value), networks) && !mayContact(dotted(value), [])
      expect(opened).toBe(isPrivateV4(value) && inRange(value, base, length, 32))
    }),
    { numRuns: 5_000 },
  )
})
