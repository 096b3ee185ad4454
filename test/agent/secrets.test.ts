/** No secret is ever written down: the whole flow with marked ones, and a search through all that came out. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { createControlPlaneSource } from '@landfast/agent'
import { STYLES } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { startAuthority } from './authority.ts'
import { exchange, get, type RawAnswer } from './raw-http.ts'
import { logTo, presentKey, readKeyOf, SECRET, startAgent, takeKey } from './running-agent.ts'

const MARKED_TOKEN = 'MARKED-ACCESS-TOKEN'

async function page(socketPath: string, path: string): Promise<string> {
  const [response] = await once(request({ socketPath, path }).end(), 'response')
  return text(response)
}

test('no key, secret, token, assertion or private key is in a log, the audit, an error or a metric', async () => {
  const authority = await startAuthority()
  authority.answer = () => ({ json: { access_token: MARKED_TOKEN, expires_in: 3600 } })
  const upstreamLog: string[] = []
  const { registration } = authority
  const source = createControlPlaneSource({ registration, log: logTo(upstreamLog) })
  const { agent, arc, appService, clock, auditLog, adminSocket, logged } = await startAgent({ source })
  const keys: string[] = []
  const written: string[] = []
  const newKey = async () => {
    const key = await takeKey(arc)
    keys.push(key)
    return key
  }
  const note = (answer: RawAnswer) => {
    written.push(JSON.stringify(answer.headers), answer.body)
    if (answer.status === 401 && arc && answer.body.includes('Authorization')) keys.push(readKeyOf(answer))
    return answer
  }
  const askAppService = (secret: string) => {
    const target = `${STYLES['app-service'].path}?api-version=2019-08-01&resource=a`
    return exchange(appService, get(target, 'Host: 127.0.0.1', `X-IDENTITY-HEADER: ${secret}`))
  }

  const granted = [await presentKey(arc, await newKey()), await askAppService(SECRET)]
  for (const answer of granted) expect(JSON.parse(answer.body).access_token).toBe(MARKED_TOKEN)
  for (const key of [...keys]) note(await presentKey(arc, key))
  const late = await newKey()
  clock.pass(60)
  note(await presentKey(arc, late))
  note(await presentKey(arc, `${await newKey()}x`))
  note(await presentKey(arc, await newKey(), `${STYLES.arc.path}?api-version=2020-06-01`))
  note(await exchange(arc, get('/', `Authorization: Basic ${await newKey()}`, ': malformed')))
  note(await askAppService(`${SECRET}x`))
  note(await askAppService(SECRET.slice(1)))

  for (const given of [
    { status: 401, json: { error: 'invalid_client', error_description: 'no such client', error_codes: [7] } },
    {
      status: 401,
      json: { error: 'invalid_client', error_codes: [700024] },
      headers: { Date: new Date(0).toUTCString() },
    },
    { status: 200, raw: `<html>${MARKED_TOKEN}` },
    { status: 500, json: { access_token: MARKED_TOKEN } },
  ]) {
    authority.answer = () => given
    clock.pass(3600)
    note(await presentKey(arc, await newKey()))
  }
  await authority.stop()
  clock.pass(10)
  note(await presentKey(arc, await newKey()))
  written.push(await page(adminSocket, '/metrics'), await page(adminSocket, '/readyz'))
  await agent.stop()
  written.push(...logged, ...upstreamLog, readFileSync(auditLog, 'utf8'))

  const assertions = authority.seen.flatMap(({ form }) => form.get('client_assertion') ?? [])
  expect(keys.length).toBeGreaterThan(8)
  expect(assertions.length).toBeGreaterThan(4)
  expect(logged.length + upstreamLog.length).toBeGreaterThan(4)
  const secrets = [
    MARKED_TOKEN,
    SECRET,
    ...keys,
    ...keys.map((key) => key.split('.')[1] ?? ''),
    ...assertions,
    ...assertions.map((assertion) => assertion.split('.')[2] ?? ''),
    ...registration.privateKey.split('\n').filter((line) => !line.startsWith('-')),
  ].filter((secret) => secret !== '')
  const everything = written.join('\n')
  // What never arrived at the authority is known by its form alone.
  expect(everything).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)
  expect(everything).not.toMatch(/[0-9a-f-]{36}\.[\w-]{43}/)
  const found = secrets.filter((secret) => everything.includes(secret))
  expect(found.map((secret) => `${secret.slice(0, 4)}…`)).toEqual([])
})
