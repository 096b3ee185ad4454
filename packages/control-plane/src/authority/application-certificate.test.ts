import { randomUUID, sign } from 'node:crypto'
import { JWT_BEARER } from '@landfast/protocol'
import { ExtendedKeyUsage, ExtendedKeyUsageExtension, Extension } from '@landfast/server/x509'
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import {
  addClientCertificate,
  newClientCertificate,
  removeClientCertificate,
} from '../registry/client-certificates.ts'
import { makeTrialApplication } from '../testing/trial-application.ts'
import { claimsFor, openTrialAuthority, TRIAL_ORIGIN } from '../testing/trial-authority.ts'
import { makeCertificate, type TrialCertificate } from '../testing/trial-certificates.ts'
import type { TokenForm } from './token-form.ts'

async function openWithApplication() {
  const trial = await openTrialAuthority()
  return { ...trial, application: await makeTrialApplication(trial, { time: trial.clock.now() }) }
}

type Trial = Awaited<ReturnType<typeof openWithApplication>>

async function register(
  { storage, clock, application }: Trial,
  { pem }: TrialCertificate,
  subjectName?: string,
): Promise<string> {
  const certificate = newClientCertificate({ pem, subjectName, time: clock.now() })
  await storage.change((trx) => addClientCertificate(trx, application.principalId, certificate))
  return certificate.id
}

interface Wish {
  clientId?: string
  alg?: string
  header?: Record<string, unknown>
  claims?: Record<string, unknown>
}

/** The form of an assertion as MSAL makes it. */
async function formOf(trial: Trial, certificate: TrialCertificate, wish: Wish = {}): Promise<TokenForm> {
  const { clientId = trial.application.clientId, header, claims } = wish
  const alg = wish.alg ?? (certificate.privateKey.asymmetricKeyType === 'rsa' ? 'PS256' : 'ES256')
  const now = Math.floor(trial.clock.now().getTime() / 1000)
  const assertion = await new SignJWT({
    aud: `${TRIAL_ORIGIN}/${trial.tenantId}/oauth2/v2.0/token`,
    iss: clientId,
    sub: clientId,
    jti: randomUUID(),
    nbf: now,
    exp: now + 600,
    ...claims,
  })
    .setProtectedHeader({ alg, 'x5t#S256': thumbprintsOf(certificate.pem).sha256, ...header })
    .sign(certificate.privateKey)
  return { client_id: clientId, client_assertion_type: JWT_BEARER, client_assertion: assertion }
}

for (const [kind, alg] of [
  ['rsa', 'PS256'],
  ['rsa', 'RS256'],
  ['ec', 'ES256'],
] as const) {
  test(`an application gets a token for an assertion by its certificate (${alg})`, async () => {
    const trial = await openWithApplication()
    const certificate = await makeCertificate({ kind })
    await register(trial, certificate)
    const claims = await claimsFor(trial, await formOf(trial, certificate, { alg }))
    expect(claims).toMatchObject({ appid: trial.application.clientId, appidacr: '2' })
  })
}

test('its assertion may be presented again until it ends, as MSAL does', async () => {
  const trial = await openWithApplication()
  const certificate = await makeCertificate()
  await register(trial, certificate)
  const form = await formOf(trial, certificate)
  await claimsFor(trial, form)
  trial.clock.advance(300)
  await claimsFor(trial, form)
  trial.clock.advance(600)
  await expect(claimsFor(trial, form)).rejects.toMatchObject({ code: 'assertion_out_of_time' })
})

test('a padded SHA-1 thumbprint and fractional times without nbf are taken, as Python sends them', async () => {
  const trial = await openWithApplication()
  const certificate = await makeCertificate({ kind: 'rsa' })
  await register(trial, certificate)
  const x5t = Buffer.from(thumbprintsOf(certificate.pem).sha1, 'base64url').toString('base64')
  const now = trial.clock.now().getTime() / 1000
  const header = { 'x5t#S256': undefined, x5t }
  const claims = { nbf: undefined, iat: now + 0.123, exp: now + 600.123 }
  await claimsFor(trial, await formOf(trial, certificate, { alg: 'RS256', header, claims }))
})

test('nothing tells whether the client, its certificate or the signature is the wrong one', async () => {
  const trial = await openWithApplication()
  const certificate = await makeCertificate()
  await register(trial, certificate)
  const other = await makeCertificate()
  const named = { 'x5t#S256': thumbprintsOf(certificate.pem).sha256 }
  const forms = [
    await formOf(trial, certificate, { clientId: randomUUID() }),
    await formOf(trial, other),
    await formOf(trial, other, { header: named }),
    await formOf(trial, await makeCertificate({ kind: 'rsa' }), { header: named }),
  ]
  for (const form of forms) {
    await expect(claimsFor(trial, form)).rejects.toMatchObject({ code: 'signature_invalid', number: 700027 })
  }
})

test('an assertion with extensions that must be understood is refused', async () => {
  const trial = await openWithApplication()
  const certificate = await makeCertificate()
  await register(trial, certificate)
  for (const header of [{ crit: ['b64'], b64: true }, { crit: [] }, { b64: true }]) {
    const form = withHeader(await formOf(trial, certificate), header, certificate)
    await expect(claimsFor(trial, form)).rejects.toMatchObject({ code: 'signature_invalid' })
  }
})

/** The same assertion with more in its header, signed anew: a library does not sign what it may not. */
function withHeader(form: TokenForm, header: object, { privateKey }: TrialCertificate): TokenForm {
  const [first = '', payload] = String(form.client_assertion).split('.')
  const usual = JSON.parse(Buffer.from(first, 'base64url').toString())
  const input = `${Buffer.from(JSON.stringify({ ...usual, ...header })).toString('base64url')}.${payload}`
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  const signature = sign('sha256', Buffer.from(input), key).toString('base64url')
  return { ...form, client_assertion: `${input}.${signature}` }
}

test('of two thumbprints the better one decides, and a wrong one of either is not made good by a chain', async () => {
  const trial = await openWithAuthority()
  const [certificate, other] = [await makeCertificate(), await makeCertificate()]
  await register(trial, certificate)
  const { sha1, sha256 } = thumbprintsOf(certificate.pem)
  const wrong = thumbprintsOf(other.pem)
  await claimsFor(trial, await formOf(trial, certificate, { header: { x5t: wrong.sha1 } }))
  const x5c = [trial.leaf.der]
  const refused = [
    await formOf(trial, certificate, { header: { x5t: sha1, 'x5t#S256': wrong.sha256 } }),
    await formOf(trial, certificate, { header: { 'x5t#S256': [sha256] } }),
    await formOf(trial, certificate, { header: { 'x5t#S256': undefined } }),
    await formOf(trial, trial.leaf, { header: { x5c, x5t: wrong.sha1, 'x5t#S256': undefined } }),
    await formOf(trial, trial.leaf, { header: { x5c, 'x5t#S256': sha256 } }),
  ]
  for (const form of refused) {
    await expect(claimsFor(trial, form)).rejects.toMatchObject({ code: 'signature_invalid' })
  }
  const { sha1: own } = thumbprintsOf(trial.leaf.pem)
  await claimsFor(
    trial,
    await formOf(trial, trial.leaf, { header: { x5c, x5t: own, 'x5t#S256': undefined } }),
  )
})

test('an application speaks for nobody else', async () => {
  const trial = await openWithApplication()
  const certificate = await makeCertificate()
  await register(trial, certificate)
  const other = await makeTrialApplication(trial, { time: trial.clock.now() })
  const form = { ...(await formOf(trial, certificate)), client_id: other.clientId }
  await expect(claimsFor(trial, form)).rejects.toMatchObject({ code: 'client_mismatch' })
})

test('a certificate that was taken away or has ended proves nothing', async () => {
  const trial = await openWithApplication()
  const notAfter = new Date(trial.clock.now().getTime() + 3_600_000)
  const [ends, goes] = [await makeCertificate({ notAfter }), await makeCertificate()]
  await register(trial, ends)
  const id = await register(trial, goes)
  await claimsFor(trial, await formOf(trial, ends))
  await claimsFor(trial, await formOf(trial, goes))
  const { principalId } = trial.application
  await trial.storage.change((trx) => removeClientCertificate(trx, principalId, id))
  trial.clock.advance(3600)
  for (const certificate of [ends, goes]) {
    const form = await formOf(trial, certificate)
    await expect(claimsFor(trial, form)).rejects.toMatchObject({ code: 'signature_invalid' })
  }
})

async function openWithAuthority(subjectName = 'CN=deploy,O=Example') {
  const trial = await openWithApplication()
  const root = await makeCertificate({ name: 'CN=root', authority: true })
  await register(trial, root, subjectName)
  const leaf = await makeCertificate({ name: 'CN=deploy,O=Example' }, root)
  return { ...trial, root, leaf }
}

test('a certificate is taken from an authority that was configured for its subject, also a renewed one', async () => {
  const trial = await openWithAuthority('CN=deploy, O=Example')
  const { root, leaf } = trial
  const claims = await claimsFor(trial, await formOf(trial, leaf, { header: { x5c: [leaf.der, root.der] } }))
  expect(claims).toMatchObject({ appid: trial.application.clientId, appidacr: '2' })
  const renewed = await makeCertificate({ name: 'CN=deploy,O=Example', kind: 'rsa' }, root)
  await claimsFor(trial, await formOf(trial, renewed, { header: { x5c: [renewed.der] } }))
  const unnamed = { x5c: [renewed.der], 'x5t#S256': undefined }
  await claimsFor(trial, await formOf(trial, renewed, { header: unnamed }))
})

test('the authority vouches for no other subject, no other thumbprint, no other client and no missing chain', async () => {
  const trial = await openWithAuthority()
  const { root, leaf } = trial
  const x5c = [leaf.der]
  const stranger = await makeCertificate({ name: 'CN=deploy,O=Other' }, root)
  const application = await makeTrialApplication(trial, { time: trial.clock.now() })
  const forms = [
    await formOf(trial, stranger, { header: { x5c: [stranger.der] } }),
    await formOf(trial, leaf, { header: { x5c, 'x5t#S256': thumbprintsOf(stranger.pem).sha256 } }),
    await formOf(trial, stranger, { header: { x5c, 'x5t#S256': undefined } }),
    await formOf(trial, leaf, { clientId: application.clientId, header: { x5c } }),
    await formOf(trial, leaf),
  ]
  for (const form of forms) {
    await expect(claimsFor(trial, form)).rejects.toMatchObject({ code: 'signature_invalid' })
  }
})

test('a chain beside a registered certificate changes nothing', async () => {
  const trial = await openWithApplication()
  const certificate = await makeCertificate()
  await register(trial, certificate)
  await claimsFor(trial, await formOf(trial, certificate, { header: { x5c: [certificate.der] } }))
  await claimsFor(trial, await formOf(trial, certificate, { header: { x5c: 'nonsense' } }))
})

const BAD: Record<
  string,
  [wish: Parameters<typeof makeCertificate>[0], subject: string | undefined, code: string]
> = {
  'a short RSA key': [{ kind: 'rsa', rsaBits: 1024 }, undefined, 'certificate_weak'],
  'another curve': [{ curve: 'P-384' }, undefined, 'certificate_weak'],
  'an end in the past': [{ notAfter: new Date(0), notBefore: new Date(0) }, undefined, 'certificate_ended'],
  'no authority though a subject is given': [{}, 'CN=deploy', 'certificate_no_authority'],
  'an authority for servers only': [
    { authority: true, extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth])] },
    'CN=deploy',
    'certificate_purpose',
  ],
  'an authority that is limited to names': [
    { authority: true, extensions: [new Extension('2.5.29.30', false, new Uint8Array([0x30, 0]))] },
    'CN=deploy',
    'certificate_purpose',
  ],
  'a subject that is no name': [{ authority: true }, 'deploy', 'subject_name_malformed'],
}
for (const [what, [wish, subjectName, code]] of Object.entries(BAD)) {
  test(`a certificate with ${what} is not registered`, async () => {
    const { pem } = await makeCertificate(wish)
    expect(() => newClientCertificate({ pem, subjectName, time: new Date() })).toThrow(
      expect.objectContaining({ code }),
    )
  })
}

test('a private key, two certificates or text is no certificate, and no message repeats them', async () => {
  const { pem, privateKey } = await makeCertificate()
  const secret = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'
  for (const text of ['', 'x', broken, pem + pem, pem + secret, secret]) {
    const read = () => newClientCertificate({ pem: text, time: new Date() })
    expect(read).toThrow(expect.objectContaining({ code: 'certificate_malformed' }))
    expect(read).not.toThrow(secret.split('\n')[1])
  }
})

test('an application has one certificate once, and a handful at most', async () => {
  const trial = await openWithApplication()
  const certificate = await makeCertificate()
  await register(trial, certificate)
  await expect(register(trial, certificate)).rejects.toMatchObject({ code: 'certificate_known' })
  for (let added = 1; added < 10; added += 1) await register(trial, await makeCertificate())
  const more = register(trial, await makeCertificate())
  await expect(more).rejects.toMatchObject({ code: 'certificates_too_many' })
})
