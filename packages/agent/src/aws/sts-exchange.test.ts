import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { type Seen, startAuthority } from '../../../../test/agent/authority.ts'
import { ANSWER_MAX_CHARACTERS } from './sts-answer.ts'
import { createStsExchange, sessionNameOf } from './sts-exchange.ts'

const SIGNAL = AbortSignal.timeout(30_000)

async function serve(
  status: number,
  headers: Record<string, string> = {},
  parts: readonly Uint8Array[] = [],
) {
  const seen: string[] = []
  const server = createServer(async (request, response) => {
    seen.push(`${request.method} ${request.url} ${await text(request)}`)
    response.writeHead(status, headers)
    for (const part of parts) await new Promise((resolve) => response.write(part, resolve))
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.closeAllConnections())
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const sts = createStsExchange({ roleArn: 'arn:aws:iam::1:role/a', sessionName: 'web', url })
  return { seen, sts, url }
}

test.each([
  ['/subscriptions/s/resourceGroups/g/providers/Microsoft.HybridCompute/machines/web-1', 'web-1'],
  ['/x/a machine: (old)', 'a-machine---old-'],
  ['/x/a', 'machine-a'],
  ['/x/ab', 'ab'],
  [`/x/${'y'.repeat(90)}`, 'y'.repeat(64)],
])('the session of %s has a name that AWS takes', (resourceId, name) => {
  expect(sessionNameOf(resourceId)).toBe(name)
  expect(name).toMatch(/^[\w+=,.@-]{2,64}$/)
})

test('a redirect is not followed, so that the token goes nowhere else', async () => {
  const elsewhere = await serve(200)
  const { seen, sts } = await serve(307, { Location: elsewhere.url })
  await expect(sts.exchange('the-token', SIGNAL)).rejects.toMatchObject({ failure: 'unavailable' })
  expect(seen).toEqual([
    'POST / Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa&RoleSessionName=web&WebIdentityToken=the-token',
  ])
  expect(elsewhere.seen).toEqual([])
})

/** An answer with credentials, of so many bytes. */
function answerOf(bytes = 0): string {
  const values = { AccessKeyId: 'key', SecretAccessKey: 'secret', SessionToken: 'session' }
  const parts = Object.entries({ ...values, Expiration: '2027-10-24T23:00:23Z' })
  const text = parts.map(([name, value]) => `<${name}>${value}</${name}>`).join('')
  return `<Credentials>${text}</Credentials>`.padEnd(bytes)
}

test('credentials are read from an answer in many parts, as long as it may be', async () => {
  const whole = new TextEncoder().encode(answerOf(ANSWER_MAX_CHARACTERS))
  const { sts } = await serve(200, {}, [whole.slice(0, 50), whole.slice(50, 99), whole.slice(99)])
  expect(await sts.exchange('the-token', SIGNAL)).toMatchObject({
    AccessKeyId: 'key',
    SessionToken: 'session',
  })
})

test('a letter that is divided between two parts of an answer is one', async () => {
  const error = '<Error><Code>Odd</Code><Message>l\u00e4ngst</Message></Error>'
  const bytes = new TextEncoder().encode(error)
  const middle = bytes.indexOf(0xc3) + 1
  const { sts } = await serve(400, {}, [bytes.slice(0, middle), bytes.slice(middle)])
  await expect(sts.exchange('the-token', SIGNAL)).rejects.toMatchObject({
    failure: 'resource_refused',
    message: expect.not.stringContaining('\ufffd'),
  })
})

test('the time to wait that a service names is told', async () => {
  const { sts } = await serve(503, { 'Retry-After': '17' })
  await expect(sts.exchange('the-token', SIGNAL)).rejects.toMatchObject({
    failure: 'unavailable',
    retryAfterSeconds: 17,
  })
})

test('over HTTPS a service that is known by no CA of this host gets no token', async () => {
  const authority = await startAuthority()
  const role = { roleArn: 'arn:aws:iam::1:role/a', sessionName: 'web', url: authority.url }
  const sts = createStsExchange(role)
  onTestFinished(() => sts.close())
  await expect(sts.exchange('the-token', SIGNAL)).rejects.toMatchObject({ failure: 'unavailable' })
  expect(authority.seen).toEqual([])
})

test('over HTTPS the answer and the time to wait are read alike, on one connection', async () => {
  const authority = await startAuthority()
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, authority.registration.ca])
  onTestFinished(() => setDefaultCACertificates(before))
  authority.answer = () => ({ raw: answerOf() })
  const role = { roleArn: 'arn:aws:iam::1:role/a', sessionName: 'web', url: `${authority.url}/` }
  const sts = createStsExchange(role)
  onTestFinished(() => sts.close())
  expect(await sts.exchange('the-token', SIGNAL)).toMatchObject({ AccessKeyId: 'key' })
  authority.answer = () => ({ status: 503, headers: { 'Retry-After': '17' }, raw: '' })
  await expect(sts.exchange('the-token', SIGNAL)).rejects.toMatchObject({ retryAfterSeconds: 17 })
  const [{ method, headers, form }] = authority.seen as [Seen]
  expect([method, headers.accept, form.get('WebIdentityToken')]).toEqual([
    'POST',
    'application/xml',
    'the-token',
  ])
  expect(authority.connections).toBe(1)
})

test('an answer without an end is given up', async () => {
  const server = createServer((_, response) => {
    const more = () => void (response.write('x'.repeat(16_384)) && setImmediate(more))
    response.writeHead(200).on('drain', more)
    more()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const sts = createStsExchange({ roleArn: 'arn:aws:iam::1:role/a', sessionName: 'web', url })
  const failure = await sts.exchange('the-token', SIGNAL).catch((error: Error) => error)
  expect(failure).toMatchObject({ failure: 'unavailable', cause: { message: 'the answer is too long' } })
})

test('a service that is not there is told by its address, and never by the token', async () => {
  const url = 'http://127.0.0.1:9/'
  const sts = createStsExchange({ roleArn: 'arn:aws:iam::1:role/a', sessionName: 'web', url })
  const failure = await sts.exchange('the-token', SIGNAL).catch((error: Error) => error)
  expect(failure).toMatchObject({ failure: 'unavailable', message: `no answer from "${url}"` })
  expect(JSON.stringify(failure) + (failure as Error).stack).not.toContain('the-token')
})
