import { expect, test } from 'vitest'
import { createControlPlane } from '../control-plane.ts'
import { makeCertificate } from '../testing/issuer-keys.ts'
import { type ForeignIssuerOptions, readIssuerAccess } from './issuer-access.ts'
import { mayContact } from './issuer-networks.ts'

const ISSUER = 'https://kubernetes.default.svc.cluster.local'

test('an issuer is allowed what stands at its own name', async () => {
  const { certificate: ca } = await makeCertificate([{ type: 'dns', value: 'kubernetes' }])
  const access = readIssuerAccess({ [ISSUER]: { networks: ['10.96.0.0/12'], ca: ca + ca } }).get(ISSUER)
  expect(access?.ca).toBe(ca + ca)
  expect(mayContact('10.96.0.1', access?.networks ?? [])).toBe(true)
  expect(mayContact('10.112.0.1', access?.networks ?? [])).toBe(false)
})

const BROKEN = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
const WRONG: [issuer: string, options: ForeignIssuerOptions][] = [
  ['http://issuer.example', {}],
  ['issuer.example', {}],
  ['https://*.example', {}],
  [ISSUER, { networks: ['127.0.0.0/8'] }],
  [ISSUER, { networks: ['10.0.0.0/8', '0.0.0.0/0'] }],
  [ISSUER, { ca: '' }],
  [ISSUER, { ca: BROKEN }],
]
test.each(WRONG)('%s with %j is refused when a control plane is made', (issuer, options) => {
  const make = () => createControlPlane({ stateFolder: '/nowhere', foreignIssuers: { [issuer]: options } })
  expect(make).toThrow(RangeError)
})

test('of several certificates each must be one', async () => {
  const { certificate } = await makeCertificate([{ type: 'dns', value: 'kubernetes' }])
  expect(() => readIssuerAccess({ [ISSUER]: { ca: certificate + BROKEN } })).toThrow(RangeError)
})
