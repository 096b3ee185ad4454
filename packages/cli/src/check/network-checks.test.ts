import { test } from 'vitest'
import {
  type Case,
  expectFinding,
  NETWORK,
  network,
  TLS,
  tls,
  WELL,
} from '../../../../test/connect/well-host.ts'
import type { Surroundings } from './surroundings.ts'

const at = (iso: string): Surroundings => ({ ...tls({ serverTime: new Date(iso) }) })

test.each<Case>([
  [
    'proxy',
    'fail',
    'a proxy that cannot be used',
    network({ way: { error: 'it is none' } }),
    /it is none.*proxy-url/,
  ],
  [
    'tcp',
    'fail',
    'a proxy that is away',
    network({
      spot: { host: 'p', port: 3128, isProxy: true },
      connections: { value: [{ address: 'p', error: 'ECONNREFUSED' }] },
    }),
    /port 3128 of the proxy/,
  ],
  [
    'dns',
    'fail',
    'a name without address',
    network({ addresses: { value: { error: 'ENOTFOUND' } } }),
    /ENOTFOUND.*getent hosts id\.example/,
  ],
  ['dns', 'skip', 'no control plane', { ...WELL, network: undefined }, /--url/],
  [
    'tcp',
    'fail',
    'a closed port',
    network({ connections: { value: [{ address: '192.0.2.1', error: 'ECONNREFUSED' }] } }),
    /192\.0\.2\.1: ECONNREFUSED.*firewall/,
  ],
  [
    'tcp',
    'warn',
    'one closed address of two',
    network({ connections: { value: [{ address: 'a', error: 'ETIMEDOUT' }, { address: 'b' }] } }),
    /some of its addresses \(a: ETIMEDOUT\)/,
  ],
  [
    'tls',
    'fail',
    'a CA that nothing trusts',
    tls({ distrust: 'SELF_SIGNED_CERT_IN_CHAIN' }),
    /"Cellar CA", for id\.example, until 2026-12-01.*copy ca\.pem/,
  ],
  [
    'tls',
    'fail',
    'a CA that a file has',
    tls({ distrust: 'SELF_SIGNED_CERT_IN_CHAIN', helpfulFile: '/x/ca.pem' }),
    /"\/x\/ca\.pem" has that CA/,
  ],
  [
    'tls',
    'fail',
    'a certificate of another name',
    tls({ distrust: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
    /not for "id\.example"/,
  ],
  [
    'tls',
    'fail',
    'a certificate that ended',
    tls({ distrust: 'CERT_HAS_EXPIRED' }),
    /renew it at the control plane/,
  ],
  [
    'tls',
    'fail',
    'a clock that says it ended',
    { ...tls({ distrust: 'CERT_HAS_EXPIRED', serverTime: new Date('2025-03-01') }) },
    /clock of this host is 366 days ahead of.*timedatectl/,
  ],
  [
    'tls',
    'skip',
    'a CA that only root knows',
    network({ tls: { value: { ...TLS, distrust: 'X' as never } }, trustUnseen: 'only root can see' }),
    /only root can see/,
  ],
  [
    'tls',
    'warn',
    'a certificate that ends in days',
    { ...WELL, now: new Date('2026-11-25'), network: NETWORK },
    /ends soon/,
  ],
  ['clock', 'ok', 'some seconds', at('2026-03-01T12:00:20Z'), /agrees/],
  ['clock', 'warn', 'a minute', at('2026-03-01T12:01:10Z'), /1 minute behind/],
  ['clock', 'fail', 'an hour', at('2026-03-01T11:00:00Z'), /1 hour ahead of.*timedatectl/],
  [
    'authority',
    'fail',
    'an authority that is away',
    network({ authority: { value: { error: 'no answer' } } }),
    /no answer/,
  ],
  [
    'authority',
    'skip',
    'a user who cannot see which CA the agent trusts',
    network({
      tls: { value: { ...TLS, distrust: 'SELF_SIGNED_CERT_IN_CHAIN' } },
      trustUnseen: 'only root can see',
      authority: { value: { error: 'self-signed certificate in certificate chain' } },
    }),
    /only root can see/,
  ],
  [
    'issuer',
    'warn',
    'an issuer of another name',
    network({ url: 'https://10.0.0.1:8443' }),
    /calls itself "https:\/\/id\.example:8443"/,
  ],
])('%s says %s of %s', (...one) => expectFinding(one))
