/** Documents beside the tokens of a running agent. */

import { STYLE_NAMES, STYLES, WireError } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { FACTS } from './instance-facts.ts'
import { exchange, get, valuesOf } from './raw-http.ts'
import { startAgent, TOKEN_HEADERS, TOKEN_TARGET } from './running-agent.ts'

const INSTANCE = '/metadata/instance?api-version=2020-06-01'

test('an Arc endpoint tells the instance document and its status without a challenge', async () => {
  const { arc } = await startAgent({ facts: () => FACTS })
  const instance = await exchange(arc, get(INSTANCE, ...TOKEN_HEADERS))
  expect([instance.status, valuesOf(instance, 'www-authenticate')]).toEqual([200, []])
  expect(JSON.parse(instance.body).compute).toMatchObject({ location: 'westeurope', tags: 'cost:7;team:red' })
  const status = await exchange(arc, get('/agentstatus', 'Host: localhost'))
  expect([status.status, JSON.parse(status.body).status]).toEqual([200, 'Connected'])
  expect((await exchange(arc, get(TOKEN_TARGET, ...TOKEN_HEADERS))).status).toBe(401)
})

test('facts are told as they are at the moment', async () => {
  let tags: Record<string, string> = {}
  const { arc } = await startAgent({ facts: () => ({ tags }) })
  const target = '/metadata/instance/compute/tags?api-version=2020-06-01&format=text'
  expect((await exchange(arc, get(target, ...TOKEN_HEADERS))).body).toBe('')
  tags = { team: 'red' }
  expect((await exchange(arc, get(target, ...TOKEN_HEADERS))).body).toBe('team:red')
})

test('a style without documents has none', async () => {
  const { appService } = await startAgent()
  for (const path of [INSTANCE, '/agentstatus']) {
    const { status, body } = await exchange(appService, get(path, ...TOKEN_HEADERS))
    expect([status, JSON.parse(body).error_description]).toEqual([404, new WireError('path_unknown').message])
  }
})

test('a document is no decision: nothing is audited', async () => {
  const { arc, audited, agent } = await startAgent()
  for (const target of [
    INSTANCE,
    '/metadata/instance',
    '/metadata/instance/nothing?api-version=2020-06-01',
  ]) {
    await exchange(arc, get(target, ...TOKEN_HEADERS))
  }
  await agent.stop()
  expect(audited()).toEqual([])
})

test('only GET is answered', async () => {
  const { arc } = await startAgent()
  const post = `POST ${INSTANCE} HTTP/1.1\r\nHost: localhost\r\nMetadata: true\r\nContent-Length: 0\r\n\r\n`
  const answer = await exchange(arc, post)
  expect([answer.status, valuesOf(answer, 'allow')]).toEqual([405, ['GET']])
})

test('a VM and an Arc-enabled server have documents, and nothing else has', () => {
  const having = STYLE_NAMES.filter((name) => STYLES[name].documents)
  expect(having.map((name) => [name, STYLES[name].documents])).toEqual([
    ['arc', 'arc'],
    ['vm', 'vm'],
  ])
})
