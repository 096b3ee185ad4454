import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { createStsExchange, sessionNameOf } from './sts-exchange.ts'

const SIGNAL = AbortSignal.timeout(30_000)

async function serve(status: number, headers: Record<string, string> = {}) {
  const seen: string[] = []
  const server = createServer(async (request, response) => {
    seen.push(`${request.method} ${request.url} ${await text(request)}`)
    response.writeHead(status, headers).end()
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
