import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { WireError } from '@landfast/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { exchange, get, type RawAnswer } from '../../../../test/agent/raw-http.ts'
import { answerError, answerToken } from './answer.ts'

/** What comes over a real socket when a server answers by `answer`. */
async function answered(answer: (response: ServerResponse) => void): Promise<RawAnswer> {
  const server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return exchange(server.address() as { port: number }, get('/', 'Host: x'))
}

/** The headers that the agent chose, in their order. */
function chosen({ headers }: RawAnswer): Record<string, string> {
  return Object.fromEntries(headers.filter(([name]) => !['Date', 'Connection', 'Keep-Alive'].includes(name)))
}

test('a token goes out as JSON that nobody may store, of a known length', async () => {
  const token = { access_token: 'ü' } as Parameters<typeof answerToken>[1]
  const answer = await answered((response) => answerToken(response, token))
  expect(answer).toMatchObject({ status: 200, body: '{"access_token":"ü"}' })
  expect(chosen(answer)).toEqual({
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'Content-Length': '21',
  })
})

test('an error goes out with its status and number, and nothing else', async () => {
  const error = new WireError('resource_missing', { cause: new Error('inside') })
  const answer = await answered((response) => answerError(response, error, { correlationId: 'c' }))
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.body)).toEqual({
    error: 'invalid_request',
    error_description: error.message,
    correlation_id: 'c',
  })
  expect(Object.keys(chosen(answer))).toEqual(['Content-Type', 'Cache-Control', 'Content-Length'])
})

test.each(['caller_denied', 'policy_denied'] as const)(
  'a denial (%s) goes out with the header without which two versions of the Java SDK break',
  async (code) => {
    const error = new WireError(code)
    const answer = await answered((response) => answerError(response, error, { correlationId: 'c' }))
    expect(answer.status).toBe(403)
    expect(chosen(answer)).toMatchObject({ ResponseMessage: 'access_denied' })
  },
)

test('a challenge goes out under the header that the shell sample looks for', async () => {
  const challenge = 'Basic realm=/keys/x.key'
  const answer = await answered((response) =>
    answerError(response, new WireError('key_required'), { correlationId: 'c', challenge }),
  )
  expect(chosen(answer)).toMatchObject({ 'Www-Authenticate': challenge })
})

test.each([
  ['upstream_throttled', 429],
  ['upstream_unavailable', 503],
] as const)('%s says in whole seconds when to try again', async (code, status) => {
  const error = new WireError(code, { retryAfterSeconds: 17 })
  const answer = await answered((response) => answerError(response, error, { correlationId: 'c' }))
  expect(answer.status).toBe(status)
  expect(chosen(answer)).toMatchObject({ 'Retry-After': '17' })
})
