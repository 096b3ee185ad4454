/** A machine that lost its state has its identity back, by real commands, while every control plane runs. */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../packages/control-plane/src/testing/postgres.ts'
import {
  DATABASES,
  type TrialDatabase,
  trialDatabaseUrl,
} from '../../packages/control-plane/src/testing/trial-database.ts'
import { type Ended, makeCommand, type TestCommand } from '../cli/command.ts'
import { joinSockets } from '../joined-sockets.ts'
import { runAgent } from './agent-run.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** Passes each connection on to the next of `ports`, as a load balancer does. */
async function startBalancer(): Promise<{ port: number; ports: number[] }> {
  const ports: number[] = []
  let next = 0
  const server: Server = createServer((socket) => {
    next += 1
    const other = connect(ports[next % ports.length] ?? 0, '127.0.0.1')
    joinSockets(socket, other)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, ports }
}

/** One control plane on SQLite, or two replicas behind a load balancer on PostgreSQL; the administrator is logged in. */
async function startSite(database: TrialDatabase) {
  const folder = join(command.folder, `site-${randomBytes(4).toString('hex')}`)
  const balancer = await startBalancer()
  const databaseUrl = await trialDatabaseUrl(database)
  const key = `${folder}-key`
  writeFileSync(key, randomBytes(32).toString('base64'), { mode: 0o600 })
  const shared = databaseUrl === undefined ? {} : { LANDFAST_DATABASE_URL: databaseUrl }
  const env = { ...shared, ...(databaseUrl && { LANDFAST_ENCRYPTION_KEY_FILE: key }) }
  const url = `https://127.0.0.1:${balancer.port}`
  let administratorFile = ''
  for (const replica of databaseUrl === undefined ? ['a'] : ['a', 'b']) {
    const port = await freePort()
    balancer.ports.push(port)
    const options = ['--json', '--port', String(port), '--url', url, '--state-dir', `${folder}-${replica}`]
    const running = command.start(['control-plane', ...options], { env })
    onTestFinished(() => void running.child.kill('SIGKILL'))
    await running.wrote('"subscriptionId":')
    administratorFile ||= JSON.parse(running.stdout).administratorFile ?? ''
  }
  const home = { XDG_CONFIG_HOME: `${folder}-home` }
  const run = (args: string[], input = ''): Promise<Ended> => command.run(args, { env: home, input })
  expect(await run(['login', '--administrator', administratorFile])).toMatchObject({ code: 0 })
  return { folder, run, administratorFile }
}

describe.each(DATABASES)('on %s', (database) => {
  test('a restored machine is accepted and a reinstalled one replaced, each with the same object id', async () => {
    const { folder, run, administratorFile } = await startSite(database)
    const state = `${folder}-machine`
    const read = async (args: string[], input?: string) => {
      const { code, stdout, stderr } = await run([...args, '--json'], input)
      expect([code, args], stderr).toEqual([0, args])
      return JSON.parse(stdout)
    }
    const { token } = await read(['join-token', 'create'])
    const join = ['connect', '--join-token-file', '-', '--state-dir']
    const { principalId, resourceId } = await read([...join, state, '-n', 'web-1'], token)
    await runAgent(command, state)
    const snapshot = `${folder}-snapshot`
    cpSync(state, snapshot, { recursive: true })
    for (let start = 0; start < 2; start += 1) await runAgent(command, state)

    rmSync(state, { recursive: true })
    cpSync(snapshot, state, { recursive: true })
    await runAgent(command, state, { text: 'MachineCloned' })
    expect(await read(['machine', 'accept-restored', 'web-1'])).toMatchObject({ resourceId, principalId })
    await runAgent(command, state, { text: 'the control plane takes this machine again' })
    const shown = await read(['show', '--state-dir', state])
    expect(shown).toMatchObject({ status: 'Connected', principalId, resourceId })
    await runAgent(command, snapshot, { text: 'MachineCloned' })

    const replacing = await read(['join-token', 'create', '--replace', 'web-1'])
    const reinstalled = `${folder}-reinstalled`
    const again = await read([...join, reinstalled, '-n', 'another'], replacing.token)
    expect(again).toMatchObject({ principalId, resourceId })
    await runAgent(command, reinstalled)
    await runAgent(command, state, { text: 'MachineCloned' })
    const audit = await run(['control-plane', 'audit', '--administrator', administratorFile])
    for (const action of ['accept-restored-machine', 'take-back-machine', 'replace-machine']) {
      expect(audit.stdout).toMatch(new RegExp(`  ${action}  done  .*${resourceId}`))
    }
    expect(audit.stdout).toMatch(/ {2}replace-machine {2}.* {2}from ".+" at 127\.0\.0\.1$/m)
  })
})
