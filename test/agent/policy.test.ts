/** What a policy file does on the wire, in the audit and to the running agent. */

import { once } from 'node:events'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { STYLES } from '@landfast/protocol'
import { expect, test, vi } from 'vitest'
import { testWith } from '../privilege.ts'
import { childCommand, startChild } from './child.ts'
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
const UNSEEN: Changes = {
  findCaller: async () => ({ userId: 1001, user: 'alice', program: undefined, findGroups: async () => [] }),
}

const ASK_APP_SERVICE = get(
  `${STYLES['app-service'].path}?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net`,
  'Host: 127.0.0.1',
  `X-IDENTITY-HEADER: ${SECRET}`,
)

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
  status: { status: 'Connected' as const },
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
  expect(answer.status).toBe(403)
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
  const answers = [await presentKey(arc, await takeKey(arc)), await exchange(appService, ASK_APP_SERVICE)]
  for (const { status, body } of answers) {
    expect(status).toBe(403)
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
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(403)
})

test('identities are told apart by the policy', async () => {
  const policy = writePolicy({ name: 'backup only', effect: 'allow', identity: 'backup' })
  const { arc, agent, audited } = await startAgent({ policy, membership })
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(403)
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
  expect((await presentKey(arc, key)).status).toBe(403)
  replacePolicy(policy, { name: 'all', effect: 'allow' })
  agent.reloadPolicy()
  expect((await presentKey(arc, key)).status).toBe(200)
})

test('a changed policy counts without a restart, even for tokens that are cached', async () => {
  const policy = writePolicy({ name: 'all', effect: 'allow' })
  const { arc, logged } = await startAgent({ policy })
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(200)
  replacePolicy(policy)
  await vi.waitFor(() => expect(logged.join('')).toContain('the policy was read anew'), { timeout: 60_000 })
  expect((await presentKey(arc, await takeKey(arc))).status).toBe(403)
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

/** An agent in a process of its own, started by `prefix`, that allows this program alone. */
async function startSeparately(prefix: readonly string[]) {
  const auditLog = join(temporaryFolder(), 'audit.jsonl')
  const policy = writePolicy({ name: 'this program', effect: 'allow', program: process.execPath })
  const endpoints = [{ style: 'app-service', secret: SECRET }]
  const options = JSON.stringify({ endpoints, policy, auditLog })
  const program = startChild([...prefix, ...childCommand('agent-program.ts', options)])
  const { urls } = (await program.read()) as { urls: [string] }
  return {
    ask: () => exchange({ port: Number(new URL(urls[0]).port) }, ASK_APP_SERVICE),
    /** The first decision, once it is written. */
    audited: () =>
      vi.waitFor(() => JSON.parse(readFileSync(auditLog, 'utf8').split('\n')[0] ?? ''), { timeout: 60_000 }),
  }
}

testWith(['linux'], 'an agent of this user sees this program', async () => {
  const { ask, audited } = await startSeparately([])
  expect((await ask()).status).toBe(200)
  expect(await audited()).toMatchObject({ outcome: 'granted', processId: process.pid })
})

testWith(
  ['linux', 'root', 'namespaces'],
  'a caller in a PID namespace that the agent does not see is known by its user only, and no program rule is for it',
  async () => {
    const { ask, audited } = await startSeparately([
      'unshare',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
    ])
    const { status, body } = await ask()
    expect(status).toBe(403)
    expect(JSON.parse(body).error_description).toContain(`(user "${username}", program unknown, `)
    const line = await audited()
    expect(line).toMatchObject({ outcome: 'refused', reason: 'policy_denied', user: username })
    expect(line).not.toHaveProperty('program')
  },
)

testWith(
  ['linux', 'root', 'setpriv'],
  'an agent that may not look into a caller knows its user only, and no program rule is for it',
  async () => {
    const prefix = ['setpriv', '--inh-caps=-all', '--bounding-set=-sys_ptrace', '--']
    const { ask } = await startSeparately(prefix)
    expect(JSON.parse((await ask()).body).error_description).toContain('program unknown')
  },
)

test('no header makes a caller another', async () => {
  const policy = writePolicy({ name: 'root only', effect: 'allow', user: '0' })
  const { appService, agent, audited } = await startAgent({ policy, ...UNSEEN })
  const claims = [
    'X-User: root',
    'X-Remote-User: root',
    'X-Landfast-User: 0',
    'From: root',
    'User-Agent: root',
  ]
  const request = ASK_APP_SERVICE.replace('\r\n\r\n', `\r\n${claims.join('\r\n')}\r\n\r\n`)
  expect((await exchange(appService, request)).status).toBe(403)
  await agent.stop()
  expect(audited()).toEqual([expect.objectContaining({ userId: 1001, reason: 'policy_denied' })])
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
