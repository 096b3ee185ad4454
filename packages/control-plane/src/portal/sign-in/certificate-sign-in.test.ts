import { randomUUID } from 'node:crypto'
import { assertionClaims } from '@landfast/protocol'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { thumbprintsOf } from '../../certificates/thumbprint.ts'
import { makeAssertion, tokenUrl } from '../../testing/trial.ts'
import type { TrialApplication } from '../../testing/trial-application.ts'
import { makeCertificate, type TrialCertificate } from '../../testing/trial-certificates.ts'
import { DATABASES, type TrialDatabase } from '../../testing/trial-database.ts'
import { startTrialPortal, type TrialPage } from '../../testing/trial-portal.ts'

const PATH = '/portal/sign-in/certificate'

function seen({ status, headers }: TrialPage) {
  return [status, headers.location]
}

async function start(database?: TrialDatabase) {
  const trial = await startTrialPortal(database && { database })
  const addWith = async (certificate: TrialCertificate) => {
    const application = await trial.addApplication()
    const path = `/landfast/v1/service-principals/${application.principalId}/certificates`
    const added = await trial.ask(path, { method: 'POST', json: { certificate: certificate.pem } })
    expect(added.status).toBe(201)
    return { ...application, certificateId: added.body.id as string }
  }
  const sign = (
    { clientId }: Pick<TrialApplication, 'clientId'>,
    certificate: TrialCertificate,
    claims: object = {},
  ) => {
    const usual = assertionClaims({
      tokenEndpoint: tokenUrl(trial.controlPlane as never, trial.tenantId),
      clientId,
      jti: randomUUID(),
      nowSeconds: Math.floor(trial.clock.now().getTime() / 1000),
    })
    const header = { alg: 'ES256', 'x5t#S256': thumbprintsOf(certificate.pem).sha256 }
    return new SignJWT({ ...usual, ...claims }).setProtectedHeader(header).sign(certificate.privateKey)
  }
  return { ...trial, addWith, sign }
}

describe.each(DATABASES)('on %s', (database) => {
  test('an application signs in with its certificate, and is signed out when the certificate is taken away', async () => {
    const trial = await start(database)
    const certificate = await makeCertificate()
    const { clientId, principalId, certificateId } = await trial.addWith(certificate)
    const browser = trial.openBrowser()
    const assertion = await trial.sign({ clientId }, certificate)
    const signedIn = await browser.post(PATH, { clientId, assertion, back: '/portal/machines' })
    expect(seen(signedIn)).toEqual([303, '/portal/machines'])
    expect((await browser.get('/portal')).text).toContain('Signed in as <bdi>trial</bdi>')
    const path = `/landfast/v1/service-principals/${principalId}/certificates/${certificateId}`
    await trial.ask(path, { method: 'DELETE' })
    expect(seen(await browser.get('/portal'))).toEqual([303, '/portal/sign-in'])
  })
})

test('what no application signed for itself signs nobody in, and is not shown again', async () => {
  const trial = await start()
  const [certificate, other] = [await makeCertificate(), await makeCertificate()]
  const { clientId } = await trial.addWith(certificate)
  const browser = trial.openBrowser()
  const wrong = {
    'a key that is not of its certificate': await trial.sign(
      { clientId },
      { ...certificate, privateKey: other.privateKey },
    ),
    'an unknown certificate': await trial.sign({ clientId }, other),
    'another audience': await trial.sign({ clientId }, certificate, { aud: 'https://other.example' }),
    'one that is over': await trial.sign({ clientId }, certificate, { exp: 1, nbf: 0, iat: 0 }),
    'the token of a job': await trial.sign({ clientId }, certificate, { iss: 'https://ci.example' }),
    'no JWT': 'x',
    nothing: '',
  }
  for (const [what, assertion] of Object.entries(wrong)) {
    const { status, text } = await browser.post(PATH, { clientId, assertion })
    expect([what, status, text.includes('certificate_wrong')]).toEqual([what, 401, true])
    expect(assertion !== '' && text.includes(`"${assertion}"`)).toBe(false)
    expect(browser.cookie).toBeUndefined()
  }
})

test('a machine does not sign in with its key, for itself or for an identity', async () => {
  const trial = await start()
  const { machine, clientId } = trial.owner
  const browser = trial.openBrowser()
  const given = { controlPlane: trial.controlPlane as never, clock: trial.clock }
  for (const named of [clientId, (await trial.addApplication()).clientId]) {
    const assertion = await makeAssertion(machine, given)
    const { status } = await browser.post(PATH, { clientId: named, assertion })
    expect([status, browser.cookie]).toEqual([401, undefined])
  }
})

test('wrong certificates are counted as at the token endpoint, and a right one is taken among them', async () => {
  const trial = await start()
  const [certificate, other] = [await makeCertificate(), await makeCertificate()]
  const { clientId } = await trial.addWith(certificate)
  const browser = trial.openBrowser()
  const assertion = await trial.sign({ clientId }, other)
  const statuses = []
  for (let count = 0; count < 30; count += 1)
    statuses.push((await browser.post(PATH, { clientId, assertion })).status)
  const last = await browser.post(PATH, { clientId, assertion })
  expect(statuses).toEqual(Array(30).fill(401))
  expect([last.status, Number(last.headers['retry-after']) > 0]).toEqual([429, true])
  const right = await trial.sign({ clientId }, certificate)
  expect((await browser.post(PATH, { clientId, assertion: right })).status).toBe(303)
})
