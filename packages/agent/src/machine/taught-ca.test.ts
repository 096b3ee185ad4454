import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { generateCertificateAuthority } from '../../../control-plane/src/certificates/certificate-authority.ts'
import { type RegisteredTrust, trustAfter } from './taught-ca.ts'

const makeCa = async () => (await generateCertificateAuthority(new Date())).certificate
const [OLD, NEW, OWN] = [await makeCa(), await makeCa(), await makeCa()]

function trusted({ ca = '' }: RegisteredTrust): string[] {
  const found = ca.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? []
  return found.map((pem) => new X509Certificate(pem).fingerprint256)
}

const names = (...pems: string[]) => pems.map((pem) => new X509Certificate(pem).fingerprint256)

test('through a change of the CA both are trusted, and then the new one alone', () => {
  const during = trustAfter({ ca: OLD }, [OLD, NEW])
  expect(during && trusted(during)).toEqual(names(OLD, NEW))
  const after = during && trustAfter(during, [NEW])
  expect(after && trusted(after)).toEqual(names(NEW))
})

test('a CA that the operator gave stays, whatever the control plane tells', () => {
  const during = trustAfter({ ca: `${OWN}\n${OLD}` }, [OLD, NEW])
  const after = during && trustAfter(during, [NEW])
  expect(after && trusted(after)).toEqual(names(OWN, NEW))
})

test('who goes by the CAs of the host goes on so beside', () => {
  expect(trustAfter({}, [OLD, NEW])).toMatchObject({ usesSystemCa: true })
  expect(trustAfter({ ca: OLD }, [OLD, NEW])).not.toHaveProperty('usesSystemCa')
})

test('what was told already changes nothing, in whatever order', () => {
  const during = trustAfter({ ca: OLD }, [OLD, NEW])
  expect(during && trustAfter(during, [NEW, OLD])).toBeUndefined()
})

test.each([[['nonsense']], [[OLD, '']]])('what is no certificate changes nothing', (told) => {
  expect(trustAfter({ ca: OLD }, told)).toBeUndefined()
})
