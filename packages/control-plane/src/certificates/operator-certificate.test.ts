import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:tls'
import { expect, test } from 'vitest'
import { startTrial, temporaryFolder } from '../testing/trial.ts'
import { certificateAuthorityOf, generateCertificateAuthority } from './certificate-authority.ts'
import { readOperatorCertificate } from './operator-certificate.ts'

const NOW = new Date()
const DAY_MILLISECONDS = 86_400_000
const authority = await certificateAuthorityOf(await generateCertificateAuthority(NOW), () => NOW)

/** Files with a certificate for `host`, the key being its own or another. */
async function writeFiles(host: string, folder?: string) {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const path = folder ?? (await temporaryFolder())
  const files = { certificateFile: `${path}/tls.pem`, keyFile: `${path}/tls-key.pem` }
  const certificate = await authority.certifyServer(keys.publicKey, [host])
  await writeFile(files.certificateFile, certificate)
  await writeFile(files.keyFile, keys.privateKey.export({ format: 'pem', type: 'pkcs8' }))
  return { files, certificate, path }
}

const reading = (
  files: { certificateFile: string; keyFile: string },
  { host = 'id.example.com', now = NOW } = {},
) => readOperatorCertificate({ files, host, now })

test('a certificate that names the host, with its key, is taken', async () => {
  const { files, certificate } = await writeFiles('id.example.com')
  expect((await reading(files)).certificate).toBe(certificate)
})

test('a name with a star stands for the hosts it covers', async () => {
  const { files } = await writeFiles('*.example.com')
  await expect(reading(files)).resolves.toBeDefined()
  await expect(reading(files, { host: 'a.b.example.com' })).rejects.toMatchObject({
    code: 'certificate_name_missing',
  })
})

test('the key of another certificate is refused', async () => {
  const { files } = await writeFiles('id.example.com')
  const other = await writeFiles('id.example.com')
  await expect(
    reading({ certificateFile: files.certificateFile, keyFile: other.files.keyFile }),
  ).rejects.toMatchObject({ code: 'certificate_key_other' })
})

test('a certificate is refused that has expired, is not good yet, or does not name the host', async () => {
  const { files } = await writeFiles('id.example.com')
  for (const [options, code] of [
    [{ now: new Date(NOW.getTime() + 400 * DAY_MILLISECONDS) }, 'certificate_expired'],
    [{ now: new Date(NOW.getTime() - 31 * DAY_MILLISECONDS) }, 'certificate_too_early'],
    [{ host: 'other.example.com' }, 'certificate_name_missing'],
    [{ host: '10.0.0.1' }, 'certificate_name_missing'],
  ] as const) {
    await expect(reading(files, options)).rejects.toMatchObject({ code })
  }
})

test('files that are missing or hold no PEM are named, and a key is not repeated', async () => {
  const { files, path } = await writeFiles('id.example.com')
  await expect(reading({ ...files, keyFile: `${path}/none` })).rejects.toMatchObject({
    code: 'certificate_unreadable',
    message: expect.stringContaining(`${path}/none`),
  })
  await writeFile(files.keyFile, 'hush hush')
  await expect(reading(files)).rejects.toMatchObject({
    code: 'certificate_malformed',
    message: expect.not.stringContaining('hush'),
  })
})

/** The certificate that a new connection to `url` is shown. */
function shownAt(url: string): Promise<X509Certificate> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
      const { raw } = socket.getPeerCertificate()
      socket.destroy()
      resolve(new X509Certificate(raw))
    })
    socket.on('error', reject)
  })
}

test('the server shows the operator’s certificate, and the new one once it is told to read it again', async () => {
  const { files, certificate, path } = await writeFiles('127.0.0.1')
  const { controlPlane } = await startTrial({ tls: files })
  expect((await shownAt(controlPlane.url)).fingerprint256).toBe(
    new X509Certificate(certificate).fingerprint256,
  )
  const renewed = await writeFiles('127.0.0.1', path)
  await controlPlane.reloadCertificate()
  const shown = await shownAt(controlPlane.url)
  expect(shown.fingerprint256).toBe(new X509Certificate(renewed.certificate).fingerprint256)
  await writeFile(files.certificateFile, 'garbage')
  await expect(controlPlane.reloadCertificate()).rejects.toMatchObject({ code: 'certificate_malformed' })
  expect((await shownAt(controlPlane.url)).fingerprint256).toBe(shown.fingerprint256)
})

test('behind a public URL its own certificate and every stated URL follow that', async () => {
  const { controlPlane } = await startTrial({ url: 'https://id.example.com' })
  expect(controlPlane.url).toBe('https://id.example.com')
})

for (const url of [
  'http://id.example.com',
  'id.example.com',
  'https://id.example.com/',
  'https://a.example/x',
  '',
]) {
  test(`"${url}" is no public URL`, async () => {
    await expect(startTrial({ url })).rejects.toThrow('the option "url" must be an origin')
  })
}
