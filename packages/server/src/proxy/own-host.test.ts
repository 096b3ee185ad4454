import { expect, test } from 'vitest'
import { whyOwn } from './own-host.ts'

test.each([
  ['loopback', ['127.0.0.1', '127.9.8.7', '::1', '::ffff:127.0.0.1', '0.0.0.0', '::']],
  ['loopback', ['localhost', 'LOCALHOST.', 'a.localhost', 'localhost.localdomain', 'ip6-localhost']],
  ['link-local', ['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'febf::1']],
  [undefined, ['128.0.0.1', '10.0.0.1', 'fec0::1', '::2', 'localhost.example', 'notlocalhost']],
])('%s: %j', (reason, hosts) => {
  expect(hosts.map((host) => whyOwn(host))).toEqual(hosts.map(() => reason))
})
