/** What a policy file does on the wire, in the audit and to the running agent. */

import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test, vi } from 'vitest'
import { IDENTITY } from './fake-source.ts'
import { exchange, get } from './raw-http.ts'
import {
  type Changes,
  presentKey,
  SECRET,
  startAgent,
  TOKEN_HEADERS,
  TOKEN_TARGET,
  takeKey,
} from './running-agent.ts'
import { temporaryFolder } from './temporary-folder.ts'

const { username } = userInfo()
const CLIENT_ID = '0b8f1c1e-6a0e-4f0a-9d0c-0000000000aa'
const ASSIGNED = {
  clientId: CLIENT_ID,
  principalId: '0b8f1c1e-6a0e-4f0a-9d0c-0000000000ab',
  resourceId:
    '/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Backup',
}

/** A caller whose program cannot be seen. */
const UNSEEN: Changes = { findCaller: async () => ({ userId: 1001, user: 'alice', program: undefined }) }

function writePolicy(...rules: object[]): string {
  const file = join(temporaryFolder(), 'policy.yaml')
  replacePolicy(file, ...rules)
  return file
}

function replacePolicy(file: string, ...rules: object[]): void {
  writeFileSync(file, JSON.stringify({ rules }, null, 1))
}

const membership = {
  identities: [ASSIGNED],
  status: {},
  start: () => {},
  stop: async () => {},
}

async function metricsOf(socketPath: string): Promise<string> {
  const [response] = await once(request({ socketPath, path: '/metrics' }).end(), 'response')
  return await text(response)
}

test('whom a rule allows gets the token, and the audit names the rule', async () => {
  const policy = writePolicy({
    name: 'this user',
    effect: 'allow',
    user: username,
    program: process.execPath,
  })
  const { arc, agent, audited } = await startAgent({ policy })
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
  await agent.stop()
  expect(audited()).toEqual([
    expect.objectContaining({
      outcome: 'granted',
      rule: 'this user',
      user: username,
      program: process.execPath,
    }),
  ])
})

test('a denial says who asked for what and which rule of which file denied it, and no token is asked for', async () => {
  const policy = writePolicy(
    { name: 'not she', effect: 'deny', user: 'alice' },
    { name: 'all', effect: 'allow' },
  )
  const { arc, source, agent, audited } = await startAgent({ policy, ...UNSEEN })
  const answer = await presentKey(arc, await takeKey(arc))
  expect(answer.status).toBe(400)
  expect(JSON.parse(answer.body)).toMatchObject({
    error: 'access_denied',
    error_description: `the policy of this host refuses the token (user "alice", program unknown, identity the machine\u2019s own, audience "https://vault.azure.net"; denied by the rule "not she" at ${policy}:3)`,
  })
  expect(source.asked).toEqual([])
  await agent.stop()
  expect(audited()).toEqual([
    expect.objectContaining({ outcome: 'refused', reason: 'policy_denied', rule: 'not she', user: 'alice' }),
  ])
})

test('whom no rule allows is denied once there is a policy, in every style', async () => {
  const policy = writePolicy({ name: 'another', effect: 'allow', user: 'nobody-of-this-name' })
  const { arc, appService } = await startAgent({ policy, ...UNSEEN })
  const answers = [
    await presentKey(arc, await takeKey(arc)),
    await exchange(
      appService,
      get(
        '/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net',
        'Host: 127.0.0.1',
        `X-IDENTITY-HEADER: ${SECRET}`,
      ),
    ),
  ]
  for (const { status, body } of answers) {
    expect(status).toBe(400)
    expect(JSON.parse(body).error_description).toContain(`no rule of ${policy} allows it)`)
  }
})

test('a rule that names a program is not for a caller whose program cannot be seen', async () => {
  const policy = writePolicy({
    name: 'any program',
    effect: 'allow',
    program: [process.execPath, '/usr/bin/curl'],
  })
  const { arc } = await startAgent({ policy, ...UNSEEN })
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(400)
})

test('identities are told apart by the policy', async () => {
  const policy = writePolicy({ name: 'backup only', effect: 'allow', identity: 'backup' })
  const { arc, agent, audited } = await startAgent({ policy, membership })
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(400)
  const target = `${TOKEN_TARGET}&client_id=${CLIENT_ID}`
  expect((await presentKey(arc, await takeKey(arc), target)).status).toBe(200)
  await agent.stop()
  expect(audited().map(({ identity, outcome }) => [identity, outcome])).toEqual([
    [IDENTITY.resourceId, 'refused'],
    [ASSIGNED.resourceId, 'granted'],
  ])
})

test('the challenge comes before the policy, and a denied key stays good', async () => {
  const policy = writePolicy()
  const { arc, agent } = await startAgent({ policy })
  expect((await exchange(arc, get(TOKEN_TARGET, ...TOKEN_HEADERS))).status).toBe(401)
  const key = await takeKey(arc)
  expect((await presentKey(arc, key)).status).toBe(400)
  replacePolicy(policy, { name: 'all', effect: 'allow' })
  agent.reloadPolicy()
  expect((await presentKey(arc, key)).status).toBe(200)
})

test('a changed policy counts without a restart, even for tokens that are cached', async () => {
  const policy = writePolicy({ name: 'all', effect: 'allow' })
  const { arc, logged } = await startAgent({ policy })
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
  replacePolicy(policy)
  await vi.waitFor(() => expect(logged.join('')).toContain('the policy was read anew'), { timeout: 30_000 })
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(400)
})

test('a broken new policy is refused with its line in log and metrics, and the old one stays', async () => {
  const policy = writePolicy({ name: 'all', effect: 'allow' })
  const { arc, agent, logged, adminSocket } = await startAgent({ policy })
  writeFileSync(policy, 'rules:\n  - name: a\n    efect: allow\n')
  agent.reloadPolicy()
  expect(logged.filter((line) => line.includes('policy_broken'))).toEqual([
    expect.stringContaining(`${policy}:3: unknown field`),
  ])
  expect(await metricsOf(adminSocket)).toContain('landfast_policy_reads_total{outcome="refused"} 1')
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
})

test.each([
  ['world-writable', (file: string) => chmodSync(file, 0o666), 'policy_open'],
  ['broken', (file: string) => writeFileSync(file, 'rules: {}'), 'policy_broken'],
])('with a %s policy the agent does not start', async (_, spoil, code) => {
  const policy = writePolicy()
  spoil(policy)
  await expect(startAgent({ policy })).rejects.toMatchObject({ code })
})

test('without a policy that can be found the agent does not start', async () => {
  await expect(startAgent({ policy: join(temporaryFolder(), 'gone.yaml') })).rejects.toMatchObject({
    code: 'policy_unreadable',
  })
})
