/** What the log of the agent says of refusals, over real sockets. */

import { SourceError } from '@landfast/agent'
import { STYLE_NAMES, STYLES, WireError } from '@landfast/protocol'
import { expect, test, vi } from 'vitest'
import { FakeSource, IDENTITY } from '../../../../test/agent/fake-source.ts'
import { exchange, get, RawConnection } from '../../../../test/agent/raw-http.ts'
import { presentKey, SECRET, startAgent, takeKey } from '../../../../test/agent/running-agent.ts'
import { startStyles } from '../../../../test/agent/style-endpoints.ts'

type Changes = Parameters<typeof startAgent>[0]

/** An agent without an audit log, as the shipped units start it. */
async function start(changes: Changes = {}) {
  const running = await startAgent({ auditLog: undefined, ...changes })
  const ask = async (more: string, secret = SECRET) => {
    const target = `${STYLES['app-service'].path}?api-version=2019-08-01&resource=https%3A%2F%2Fa${more}`
    const answer = await exchange(
      running.appService,
      get(target, 'Host: localhost', `X-IDENTITY-HEADER: ${secret}`),
    )
    return JSON.parse(answer.body)
  }
  return { ...running, ask, refused: () => refusedIn(running.logged) }
}

function refusedIn(logged: readonly string[]): Record<string, unknown>[] {
  return logged.map((line) => JSON.parse(line)).filter(({ msg }) => String(msg).startsWith('refused: '))
}

const NOBODY = '00000000-0000-4000-8000-000000000000'

test('an identity that the machine does not have is in the log under the id of the answer, with who asked for what', async () => {
  const { ask, refused } = await start()
  const { correlation_id: correlationId } = await ask(`&client_id=${NOBODY}`)
  expect(refused()).toEqual([
    expect.objectContaining({
      ...{ level: 30, correlationId, code: 'identity_not_found', style: 'app-service' },
      ...{ audience: 'https://a', selected: `client_id=${NOBODY}`, userId: process.getuid?.() },
    }),
  ])
  expect(refused()[0]).not.toHaveProperty('identity')
})

test.each(STYLE_NAMES)(
  'a refusal in the style %s has one line with the id that its caller got',
  async (style) => {
    const { ask, source, logged } = await startStyles({ auditLog: undefined })
    source.failure = 'resource_refused'
    const { body } = await ask(style)
    const { correlationId, ...line } = refusedIn(logged)[0] ?? {}
    expect(JSON.stringify(body)).toContain(`"${correlationId}"`)
    expect(line).toMatchObject({ style, code: 'resource_refused', identity: IDENTITY.resourceId })
    expect(refusedIn(logged)).toHaveLength(1)
  },
)

test('a challenge is no refusal; a key that is wrong is one, and neither a key nor a secret is in the log', async () => {
  const { arc, ask, refused, logged } = await start()
  const key = await takeKey(arc)
  expect(refused()).toEqual([])
  const { correlation_id: correlationId } = JSON.parse((await presentKey(arc, `${key}x`)).body)
  expect(refused()).toMatchObject([
    { correlationId, code: 'key_rejected', audience: 'https://vault.azure.net' },
  ])
  await ask('', 'another-secret')
  expect(refused()[1]).toMatchObject({ code: 'identity_header_rejected' })
  expect(logged.join()).not.toMatch(new RegExp(`${key}|another-secret|${SECRET}`))
})

test('a refusal of the authority is named by the trace id that the authority gave it', async () => {
  const traceId = '0b8f1c1e-7a11-4c0d-9a53-5f3a1f0c6a0e'
  const source = new FakeSource()
  source.getToken = async () => {
    const refusal = new SourceError('refused', 'AADSTS7000112', { traceId })
    throw new SourceError('refused', 'explained', { cause: refusal, reason: { message: 'disabled' } })
  }
  const { ask, refused } = await start({ source })
  const { correlation_id: correlationId } = await ask('')
  expect(refused()).toMatchObject([{ correlationId, code: 'identity_refused', authorityTraceId: traceId }])
})

test('of a program that asks in a loop there are ten lines a minute, and the next one counts the rest', async () => {
  const { ask, clock, refused } = await start()
  for (let index = 0; index < 25; index += 1) await ask(`&client_id=invented-${index}`)
  expect(refused()).toHaveLength(10)
  clock.pass(60)
  await ask('&client_id=invented')
  expect(refused().slice(10)).toMatchObject([{ suppressed: 15 }])
})

test('what a caller writes is cut and on one line', async () => {
  const { ask, refused } = await start()
  await ask(`&client_id=${'%E2%80%AE'}${'a'.repeat(1000)}`)
  const selected = String(refused()[0]?.selected)
  expect(selected).toMatch(/^client_id=\\u202ea+…$/)
  expect(selected.length).toBeLessThan(300)
})

test.each([
  ['what is no HTTP', 'nonsense\r\n\r\n', 'http_malformed'],
  ['an expectation', 'GET / HTTP/1.1\r\nHost: localhost\r\nExpect: x\r\n\r\n', 'http_malformed'],
  ['a tunnel', 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n', 'path_unknown'],
  ['a probe', 'GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n', 'path_unknown'],
  [
    'a document',
    'GET /metadata/instance HTTP/1.1\r\nHost: localhost\r\nMetadata: true\r\n\r\n',
    'api_version',
  ],
])('%s that is refused has a line, with whose connection it is', async (_what, sent, code) => {
  const { arc, refused } = await start()
  const connection = new RawConnection(arc)
  connection.send(sent)
  const answer = await connection.read()
  await vi.waitFor(() => expect(refused()).toHaveLength(1), { timeout: 60_000 })
  expect(refused()).toMatchObject([
    {
      correlationId: JSON.parse(answer?.body ?? '').correlation_id,
      code: expect.stringContaining(code),
      userId: process.getuid?.(),
    },
  ])
})

test('a failure of the agent has one line, an error with its cause', async () => {
  const { ask, logged } = await start({ findCaller: () => Promise.reject(new TypeError('a bug')) })
  const { correlation_id: correlationId } = await ask('')
  const lines = logged.map((line) => JSON.parse(line)).filter((line) => line.correlationId === correlationId)
  expect(lines).toMatchObject([
    {
      level: 50,
      code: 'internal',
      msg: `refused: ${new WireError('internal').message}`,
      err: { message: 'a bug' },
    },
  ])
})
