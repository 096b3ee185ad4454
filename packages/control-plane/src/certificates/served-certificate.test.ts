import { X509Certificate } from 'node:crypto'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createClock, send, startTrial, temporaryFolder } from '../testing/trial.ts'
import { certificateAuthorityOf, generateCertificateAuthority } from './certificate-authority.ts'
import { keepServed, loadServedCertificate, type ServedCertificateOptions } from './served-certificate.ts'

const HOUR_SECONDS = 3_600
const DAY_SECONDS = 86_400

/** A server's certificate that was made by a clock that is `ahead` by so many seconds. */
async function makeAhead(ahead: number) {
  const clock = createClock()
  const lines: string[] = []
  const pem = await generateCertificateAuthority(clock.now())
  const options: ServedCertificateOptions = {
    folder: await temporaryFolder(),
    authority: await certificateAuthorityOf(pem, clock.now),
    hosts: ['127.0.0.1'],
    log: pino({}, { write: (line: string) => lines.push(line) }),
    now: clock.now,
  }
  clock.advance(ahead)
  const made = await loadServedCertificate(options)
  clock.advance(-ahead)
  return { clock, options, made, lines }
}

test('what a clock makes that is ten hours ahead is good when the clock is right again', async () => {
  const clock = createClock()
  clock.advance(10 * HOUR_SECONDS)
  const pem = await generateCertificateAuthority(clock.now())
  const authority = await certificateAuthorityOf(pem, clock.now)
  const { publicKey } = new X509Certificate(pem.certificate)
  const certificates = [
    pem.certificate,
    await authority.certifyServer(publicKey, ['localhost']),
    await authority.certifyMachine(publicKey, 'm'),
    await authority.certifyAttestation(publicKey, 'm'),
    await authority.certifyEntra(publicKey, { clientId: 'm', applicationId: 'a' }),
  ]
  clock.advance(-10 * HOUR_SECONDS)
  for (const certificate of certificates) {
    expect(new X509Certificate(certificate).validFromDate.getTime()).toBeLessThan(clock.now().getTime())
  }
})

test('a server’s certificate is good for no longer than the strictest clients accept', async () => {
  const { made } = await makeAhead(0)
  const { validFromDate, validToDate } = new X509Certificate(made.certificate)
  const days = (validToDate.getTime() - validFromDate.getTime()) / 1000 / DAY_SECONDS
  expect(days).toBeLessThanOrEqual(398)
})

test('a certificate that is not good yet is made anew at the next start', async () => {
  const { options, made, clock } = await makeAhead(90 * DAY_SECONDS)
  const again = await loadServedCertificate(options)
  expect(again.certificate).not.toBe(made.certificate)
  expect(new X509Certificate(again.certificate).validFromDate.getTime()).toBeLessThan(clock.now().getTime())
})

test('while the clock says that clients refuse it, that is told, and within an hour it is replaced', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const { options, made } = await makeAhead(90 * DAY_SECONDS)
  const shown = Promise.withResolvers<string>()
  const served = keepServed(options, made, ({ certificate }) => shown.resolve(certificate))
  onTestFinished(() => served.stop())
  expect(served.fault()).toMatch(/^a certificate of the server is not good before .+; compare the clock/)
  vi.advanceTimersByTime(HOUR_SECONDS * 1000)
  expect(await shown.promise).not.toBe(made.certificate)
  expect(served.fault()).toBeUndefined()
})

test('an expired certificate is told as well, and the log says it each hour while it cannot be replaced', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const { options, made, clock, lines } = await makeAhead(0)
  const broken = {
    ...options,
    authority: { ...options.authority, certifyServer: () => Promise.reject(new Error('no')) },
  }
  const served = keepServed(broken, made, () => {})
  onTestFinished(() => served.stop())
  clock.advance(400 * DAY_SECONDS)
  expect(served.fault()).toMatch(/^a certificate of the server has expired at /)
  vi.advanceTimersByTime(HOUR_SECONDS * 1000)
  await vi.waitUntil(() => lines.some((line) => line.includes('has expired at')))
})

test('a control plane is not ready while the clock makes its certificate useless', async () => {
  const { controlPlane, clock } = await startTrial()
  const ready = async () => (await send(controlPlane, `${controlPlane.url}/readyz`)).status
  expect(await ready()).toBe(200)
  clock.advance(-60 * DAY_SECONDS)
  await expect.poll(ready, { timeout: 10_000 }).toBe(503)
})
