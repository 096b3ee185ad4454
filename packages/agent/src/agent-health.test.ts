import { rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type AssignedIdentity, type PartHealth, STYLES } from '@landfast/protocol'
import { expect, test } from 'vitest'
import { exchange, get } from '../../../test/agent/raw-http.ts'
import { presentKey, SECRET, startAgent, takeKey } from '../../../test/agent/running-agent.ts'
import { temporaryFolder } from '../../../test/agent/temporary-folder.ts'
import type { AgentMembership } from './agent-options.ts'

/** A running agent, and what its next heartbeat would tell. */
async function start(options: Parameters<typeof startAgent>[0] = {}) {
  let events: Parameters<AgentMembership['start']>[0] | undefined
  const identities: AssignedIdentity[] = []
  const membership: AgentMembership = {
    identities,
    status: { status: 'Connected' },
    looks: [{ part: 'clock', fault: undefined }],
    start: (given) => {
      events = given
    },
    stop: async () => {},
  }
  const running = await startAgent({ membership, ...options })
  const told = (): readonly PartHealth[] => events?.health?.() ?? []
  const failing = () => told().flatMap(({ part, ok, code }) => (ok ? [] : [[part, code]]))
  return { ...running, identities, told, failing }
}

/** The answer of `/readyz`. */
async function readyz(socketPath: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  request({ socketPath, path: '/readyz' }, (response) => resolve(text(response)))
    .on('error', reject)
    .end()
  return promise
}

test('an agent with which nothing is wrong tells so of each of its parts', async () => {
  const { told } = await start({ auditLog: join(temporaryFolder(), 'audit.log') })
  expect(told().map(({ part, ok }) => [part, ok])).toEqual([
    ['audit-log', true],
    ['key-folder', true],
    ['endpoint arc', true],
    ['endpoint app-service', true],
    ['clock', true],
  ])
})

test('what makes an agent unready is told by its code, and of this host by a sentence', async () => {
  const { arc, keyFolder, failing, adminSocket } = await start({ auditLog: '/dev/full' })
  await presentKey(arc, await takeKey(arc))
  await expect.poll(failing).toEqual([['audit-log', 'audit_unwritable']])
  expect(await readyz(adminSocket)).toContain('the audit log cannot be written')
  rmSync(keyFolder, { recursive: true })
  expect(failing()).toEqual([
    ['audit-log', 'audit_unwritable'],
    ['key-folder', 'key_folder_unwritable'],
  ])
})

test('an audience that is refused is told until it is served, and nothing of what the authority said', async () => {
  const { appService, source, failing, told } = await start()
  const ask = () => {
    const target = `${STYLES['app-service'].path}?api-version=2019-08-01&resource=https%3A%2F%2Fbad%3Cb%3E`
    return exchange(appService, get(target, 'Host: localhost', `X-IDENTITY-HEADER: ${SECRET}`))
  }
  source.failure = 'resource_refused'
  await ask()
  expect(failing()).toEqual([['token https://bad<b>', 'resource_refused']])
  expect(JSON.stringify(told())).not.toContain('the test says')
  source.failure = undefined
  await ask()
  expect(failing()).toEqual([])
})

test('an identity that a program asks for in vain is told last, until the machine has it', async () => {
  const { appService, source, identities, failing } = await start()
  const ask = (selector: string) => {
    const target = `${STYLES['app-service'].path}?api-version=2019-08-01&resource=a${selector}`
    return exchange(appService, get(target, 'Host: localhost', `X-IDENTITY-HEADER: ${SECRET}`))
  }
  const shop = { clientId: 'c', principalId: 'p', resourceId: '/subscriptions/s/userAssignedIdentities/shop' }
  await ask(`&msi_res_id=${encodeURIComponent(shop.resourceId)}`)
  await ask('&client_id=%3Cb%3E%20x')
  source.failure = 'resource_refused'
  await ask('')
  const others = [
    ['token a', 'resource_refused'],
    ['identity <b>%20x', 'identity_not_found'],
  ]
  expect(failing()).toEqual([others[0], ['identity shop', 'identity_not_found'], others[1]])
  identities.push(shop)
  expect(failing()).toEqual(others)
})

test('a policy file that is refused is told until it is good again', async () => {
  const policy = join(temporaryFolder(), 'policy.yaml')
  const good = 'rules: []\n'
  writeFileSync(policy, good, { mode: 0o600 })
  const { agent, failing } = await start({ policy })
  writeFileSync(policy, 'rules: nonsense')
  agent.reloadPolicy()
  expect(failing()).toEqual([['policy', 'policy_broken']])
  writeFileSync(policy, good)
  agent.reloadPolicy()
  expect(failing()).toEqual([])
})
