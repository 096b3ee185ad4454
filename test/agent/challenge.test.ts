/** The whole challenge over real sockets and real files. */

import { readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { parseChallenge } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { exchange, get, type RawAnswer, valuesOf } from './raw-http.ts'
import { presentKey, readKeyOf, startAgent, TOKEN_HEADERS, TOKEN_TARGET, takeKey } from './running-agent.ts'

function keyFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.key'))
}

/** Fails unless `answer` refuses the key and names a new one. */
function expectNewChallenge(answer: RawAnswer, old: string): void {
  expect(answer.status).toBe(401)
  expect(JSON.parse(answer.body).error_description).toMatch(/^the key is unknown, was already used/)
  expect(readKeyOf(answer)).not.toBe(old)
}

test('a token comes for the content of the key file, and the answer echoes what was asked', async () => {
  const { arc, audited } = await startAgent()
  const answer = await presentKey(arc, await takeKey(arc))
  expect(answer.status).toBe(200)
  expect(JSON.parse(answer.body)).toEqual({
    access_token: 'token-1-for-https://vault.azure.net',
    expires_in: '3600',
    expires_on: '1800003600',
    ext_expires_in: '3600',
    not_before: '1799999700',
    resource: 'https://vault.azure.net',
    token_type: 'Bearer',
  })
  await expect.poll(audited).toMatchObject([{ outcome: 'granted', userId: process.getuid?.(), style: 'arc' }])
})

test('the key file is complete, short, without a line break, and of mode 0640', async () => {
  const { arc } = await startAgent()
  const [challenge = ''] = valuesOf(
    await exchange(arc, get(TOKEN_TARGET, ...TOKEN_HEADERS)),
    'www-authenticate',
  )
  const path = parseChallenge(challenge) ?? ''
  expect(readFileSync(path, 'latin1')).toMatch(/^[!-~]{1,4096}$/)
  expect(statSync(path).mode & 0o777).toBe(0o640)
})

test('a spent key is refused with a new challenge, which is as good as any', async () => {
  const { arc } = await startAgent()
  const key = await takeKey(arc)
  await presentKey(arc, key)
  const again = await presentKey(arc, key)
  expectNewChallenge(again, key)
  expect((await presentKey(arc, readKeyOf(again))).status).toBe(200)
})

test('of many requests with one key at once, one gets a token', async () => {
  const { arc } = await startAgent()
  const key = await takeKey(arc)
  const answers = await Promise.all(Array.from({ length: 10 }, () => presentKey(arc, key)))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(401)])
})

test('a key first presented after 60 seconds is refused; one in time is not', async () => {
  const { arc, clock } = await startAgent()
  const [inTime, late] = [await takeKey(arc), await takeKey(arc)]
  clock.pass(59)
  expect((await presentKey(arc, inTime)).status).toBe(200)
  clock.pass(1)
  expectNewChallenge(await presentKey(arc, late), late)
})

test('a key resent after an upstream call that failed is still good, for 120 seconds', async () => {
  const { arc, clock, source } = await startAgent()
  const key = await takeKey(arc)
  source.failure = 'unavailable'
  const failed = await presentKey(arc, key)
  expect(failed.status).toBe(503)
  expect(valuesOf(failed, 'retry-after')).toEqual(['1'])
  clock.pass(72)
  expect((await presentKey(arc, key)).status).toBe(503)
  source.failure = undefined
  clock.pass(47)
  expect((await presentKey(arc, key)).status).toBe(200)
  expectNewChallenge(await presentKey(arc, key), key)
})

test('a key resent 120 seconds after its first use is refused', async () => {
  const { arc, clock, source } = await startAgent()
  const key = await takeKey(arc)
  source.failure = 'throttled'
  expect((await presentKey(arc, key)).status).toBe(429)
  clock.pass(120)
  expectNewChallenge(await presentKey(arc, key), key)
})

test('a refused request leaves its key good: the caller mends it and asks again', async () => {
  const { arc } = await startAgent()
  const key = await takeKey(arc)
  const wrong = await presentKey(arc, key, `${TOKEN_TARGET}&client_id=another`)
  expect(wrong.status).toBe(400)
  expect((await presentKey(arc, key)).status).toBe(200)
})

test('an identity that this machine does not have is refused, after the challenge', async () => {
  const { arc, source } = await startAgent()
  const target = `${TOKEN_TARGET}&msi_res_id=%2Fsubscriptions%2Fx`
  expect((await exchange(arc, get(target, ...TOKEN_HEADERS))).status).toBe(401)
  const answer = await presentKey(arc, await takeKey(arc), target)
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.body)).toMatchObject({
    error: 'invalid_request',
    error_description: expect.stringMatching(/^Identity not found: .*msi_res_id/),
  })
  expect(source.asked).toEqual([])
})

test('the machine\u2019s own identity may be selected, in any case, and is echoed as asked', async () => {
  const { arc } = await startAgent()
  const value = '0B8F1C1E-6a0e-4f0a-9d0c-00000000000b'
  const answer = await presentKey(arc, await takeKey(arc), `${TOKEN_TARGET}&client_id=${value}`)
  expect(JSON.parse(answer.body)).toMatchObject({ client_id: value })
})

test('a key of another agent is foreign', async () => {
  const [first, second] = [await startAgent(), await startAgent()]
  const key = await takeKey(first.arc)
  expectNewChallenge(await presentKey(second.arc, key), key)
  expect((await presentKey(first.arc, key)).status).toBe(200)
})

test('a challenge waits for nothing: it comes while upstream hangs, and while it is away', async () => {
  const { arc, source } = await startAgent()
  const hang = Promise.withResolvers<void>()
  source.gate = hang.promise
  const waiting = presentKey(arc, await takeKey(arc))
  await expect.poll(() => source.asked.length).toBe(1)
  expect(await takeKey(arc)).toMatch(/^\S+$/)
  hang.resolve()
  expect((await waiting).status).toBe(200)
})

test('a key file that somebody removed is no obstacle', async () => {
  const { arc, keyFolder } = await startAgent()
  const key = await takeKey(arc)
  for (const name of keyFiles(keyFolder)) unlinkSync(join(keyFolder, name))
  expect((await presentKey(arc, key)).status).toBe(200)
})

test('in ten handshakes one key file is used again and again, and a stop leaves none', async () => {
  const { agent, arc, keyFolder } = await startAgent()
  for (let handshake = 0; handshake < 10; handshake += 1) await presentKey(arc, await takeKey(arc))
  expect(keyFiles(keyFolder)).toHaveLength(1)
  await takeKey(arc)
  await takeKey(arc)
  await agent.stop()
  expect(keyFiles(keyFolder)).toEqual([])
})
