import { X509Certificate } from 'node:crypto'
import { SubjectAlternativeNameExtension } from '@landfast/server/x509'
import { expect, test } from 'vitest'
import type { ArmRequest } from '../arm/arm-route.ts'
import { makeCertificate } from '../testing/trial-certificates.ts'
import { certificatesRoute } from './certificates-route.ts'

async function shown(server: string, authorities: readonly string[]) {
  const route = certificatesRoute({
    server: () => new X509Certificate(server),
    authorities: () => authorities,
  })
  const { body } = await route.handle({} as ArmRequest)
  return (body as { value: unknown[] }).value
}

test('while one CA takes the place of another both are listed, and which one signs', async () => {
  const [next, former] = [
    await makeCertificate({ name: 'O=Landfast, CN=next', authority: true }),
    await makeCertificate({ name: 'CN=former', authority: true }),
  ]
  const server = await makeCertificate({ name: 'CN=id.example.com' }, next)
  expect(await shown(server.pem, [next.pem, former.pem])).toMatchObject([
    { use: 'server', subject: 'CN=id.example.com', issuer: 'O=Landfast, CN=next' },
    { use: 'authority', signs: true, subject: 'O=Landfast, CN=next' },
    { use: 'authority', signs: false, subject: 'CN=former' },
  ])
})

test('the certificate of an operator is shown by its names, even if it has no subject', async () => {
  const names = new SubjectAlternativeNameExtension([{ type: 'dns', value: 'id.example.com' }])
  const { pem } = await makeCertificate({ name: '', extensions: [names] })
  expect(await shown(pem, [])).toMatchObject([
    { use: 'server', subject: '', names: 'DNS:id.example.com', expiresAt: expect.any(String) },
  ])
})
