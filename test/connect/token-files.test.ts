/** Token files of a connected machine: the real agent, its settings file, its control plane, and every end of a file. */

import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Finding } from '../../packages/cli/src/check/finding.ts'
import { makeCommand, type Running, type TestCommand } from '../cli/command.ts'
import { startSite } from './connected-site.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** A machine that is connected, with an empty folder for its token files. */
async function connect() {
  const site = await startSite()
  const state = join(site.folder, 'state')
  const args = ['connect', '-n', 'web-1', '--join-token-file', '-', '--state-dir', state, '--json']
  const connected = await command.run(args, { input: await site.joinToken() })
  const { resourceId } = JSON.parse(connected.stdout)
  const tokens = join(realpathSync(site.folder), 'tokens')
  mkdirSync(tokens, { mode: 0o711 })
  return { site, state, tokens, resourceId: resourceId as string }
}

type Machine = Awaited<ReturnType<typeof connect>>

function settingsOf({ site, state, tokens }: Machine, entries: readonly object[]): string {
  const files = entries.map((entry) => ({
    path: join(tokens, 'aws'),
    audience: 'sts.amazonaws.com',
    ...entry,
  }))
  return site.file(
    'agent.yaml',
    `state-dir: ${state}\nstyles: [app-service]\ntoken-files: ${JSON.stringify(files)}\n`,
  )
}

async function startAgent(config: string): Promise<Running> {
  const agent = command.start(['agent', '--config', config], {
    env: { LANDFAST_IDENTITY_HEADER: 'a-secret-of-thirty-two-characters' },
  })
  onTestFinished(() => void agent.child.kill('SIGKILL'))
  await agent.wrote('the agent is started')
  return agent
}

async function stop(agent: Running): Promise<void> {
  agent.child.kill('SIGTERM')
  expect(await agent.ended).toMatchObject({ code: 0 })
}

async function findingOf(config: string): Promise<Finding | undefined> {
  const { stdout } = await command.run(['check', '--json', '--config', config])
  return (JSON.parse(stdout) as Finding[]).find(({ code }) => code === 'token-files')
}

/** Resolves when the folder holds just these files. */
async function holds(folder: string, names: readonly string[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => {
    if (readdirSync(folder).sort().join() === names.join()) resolve()
  }
  const watcher = watch(folder, look)
  onTestFinished(() => watcher.close())
  look()
  await promise
  watcher.close()
}

test('a started agent has written its files with tokens that any reader of its issuer verifies', async () => {
  const machine = await connect()
  const config = settingsOf(machine, [{}])
  await startAgent(config)
  const token = readFileSync(join(machine.tokens, 'aws'), 'utf8')
  const { tenantId } = machine.site.administrator
  const { body } = await machine.site.client.call('GET', `/${tenantId}/discovery/keys`, {})
  const keys = createLocalJWKSet(body as unknown as JSONWebKeySet)
  const { payload } = await jwtVerify(token, keys, { audience: 'sts.amazonaws.com', algorithms: ['RS256'] })
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256', kid: expect.any(String) })
  // What the strictest readers want: Keycloak a jti, AWS no azp, all of them times.
  expect(payload).toMatchObject({
    ...{ sub: expect.any(String), jti: expect.any(String) },
    ...{ iat: expect.any(Number), nbf: expect.any(Number), exp: expect.any(Number) },
  })
  expect(payload).not.toHaveProperty('azp')
  expect(await findingOf(config)).toMatchObject({ status: 'ok', what: expect.stringContaining('until 2') })
})

test('a file that cannot be written keeps neither the agent nor its other files; check says why', async () => {
  const machine = await connect()
  const config = settingsOf(machine, [{}, { path: join(machine.tokens, 'gone', 'vault') }])
  await startAgent(config)
  expect(readdirSync(machine.tokens)).toEqual(['aws'])
  expect(await findingOf(config)).toMatchObject({
    status: 'fail',
    what: expect.stringContaining('gone'),
    cure: expect.stringContaining('ReadWritePaths='),
  })
})

test('the files stay when the agent stops, and go when its machine is disabled, after a restart too', async () => {
  const machine = await connect()
  const { site, tokens, resourceId } = machine
  const config = settingsOf(machine, [{}])
  await stop(await startAgent(config))
  expect(readdirSync(tokens)).toEqual(['aws'])
  await site.client.call('POST', '/landfast/v1/machines/disable', { body: { resourceId } })
  const agent = await startAgent(config)
  await holds(tokens, [])
  expect(await findingOf(config)).toMatchObject({
    status: 'fail',
    what: expect.stringContaining('was removed'),
  })
  await stop(agent)
})

test('a policy that denies them takes the files away while the agent runs', async () => {
  const machine = await connect()
  const policy = machine.site.file('policy.yaml', '')
  const rule = (effect: string) =>
    `rules:\n  - {name: files, effect: ${effect}, style: token-file, audience: sts.amazonaws.com, identity: system}\n`
  writeFileSync(policy, rule('allow'))
  const config = settingsOf(machine, [{}])
  const agent = command.start(['agent', '--config', config, '--policy', policy], {
    env: { LANDFAST_IDENTITY_HEADER: 'a-secret-of-thirty-two-characters' },
  })
  onTestFinished(() => void agent.child.kill('SIGKILL'))
  await agent.wrote('the agent is started')
  expect(readdirSync(machine.tokens)).toEqual(['aws'])
  writeFileSync(policy, rule('deny'))
  agent.child.kill('SIGHUP')
  await holds(machine.tokens, [])
})

test('disconnecting removes them', async () => {
  const machine = await connect()
  await stop(await startAgent(settingsOf(machine, [{}])))
  const args = ['disconnect', '--force-local-only', '--state-dir', machine.state]
  expect(await command.run(args)).toMatchObject({ code: 0 })
  expect(readdirSync(machine.tokens)).toEqual([])
  expect(existsSync(join(machine.state, 'token-files.json'))).toBe(false)
})

test('an agent whose settings name one path twice, or a file among its own, does not start', async () => {
  const machine = await connect()
  for (const [entries, said] of [
    [[{}, {}], 'twice'],
    [[{ path: join(machine.state, 'registration.json') }], "the agent's own"],
  ] as const) {
    const config = settingsOf(machine, entries)
    const ended = await command.run(['agent', '--config', config], {
      env: { LANDFAST_IDENTITY_HEADER: 'a-secret-of-thirty-two-characters' },
    })
    expect(ended).toMatchObject({ code: 23, stderr: expect.stringContaining(said) })
  }
})
