/** A control plane that serves by several processes, as an operator starts it: one command, one port, one log. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { clientCredentialsForm } from '@landfast/protocol'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { query } from '../../packages/control-plane/src/testing/postgres.ts'
import { trialDatabaseUrl } from '../../packages/control-plane/src/testing/trial-database.ts'
import { until } from '../../packages/control-plane/src/testing/waiting.ts'
import { makeCommand, type Running, type TestCommand } from './command.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

const KEY = Buffer.alloc(32, 'processes').toString('base64')

/** A caller for each connection, so that each process has several. */
const CALLERS = 12

interface Facts {
  url: string
  tenantId: string
  caFile: string
  clientId: string
  clientSecret: string
}

/** What it is started with, and what a caller knows. */
interface Group {
  running: Running
  facts: Facts
  folder: string
  databaseUrl: string
}

let made = 0

async function startGroup(args: readonly string[] = []): Promise<Group> {
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const folder = join(command.folder, `group-${made++}`)
  const words = ['control-plane', '--port', '0', '--json', '--state-dir', folder, '--processes', '2', ...args]
  const env = { LANDFAST_DATABASE_URL: databaseUrl, LANDFAST_ENCRYPTION_KEY: KEY }
  const running = command.start(words, { env, patience: 240_000 })
  onTestFinished(() => void running.child.kill('SIGKILL'))
  await running.wrote('"subscriptionId":')
  const facts = JSON.parse(running.stdout)
  const { clientId, clientSecret } = JSON.parse(readFileSync(facts.administratorFile, 'utf8'))
  return { running, facts: { ...facts, clientId, clientSecret }, folder, databaseUrl }
}

/** The lines of the log that say so. */
function logged({ running }: Group, message: string): Record<string, unknown>[] {
  return running.stderr
    .split('\n')
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => JSON.parse(line))
}

/** The process that the first one started last. */
function memberPid(group: Group): number {
  return Number(logged(group, 'a process of the control plane serves').at(-1)?.pid)
}

/** The status of a token request; 0 if there was no answer. */
async function ask({ facts }: Group, agent: Agent, audience = 'https://a.example'): Promise<number> {
  const { url, tenantId, caFile, clientId, clientSecret } = facts
  const {
    client_assertion: _none,
    client_assertion_type: _type,
    ...form
  } = clientCredentialsForm({
    clientId,
    audience,
    assertion: '',
  })
  const body = new URLSearchParams({ ...form, client_secret: clientSecret }).toString()
  const { promise, resolve } = Promise.withResolvers<number>()
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length }
  const options = { agent, ca: readFileSync(caFile), method: 'POST', headers }
  const sent = request(`${url}/${tenantId}/oauth2/v2.0/token`, options, (answer) => {
    answer.resume()
    answer.once('end', () => resolve(answer.complete ? (answer.statusCode ?? 0) : 0))
    answer.once('error', () => resolve(0))
  })
  sent.once('error', () => resolve(0))
  sent.end(body)
  return await promise
}

/** Callers that ask without a pause, each over a connection that it keeps, until they are stopped. */
function startCallers(group: Group) {
  const statuses: number[] = []
  let isStopped = false
  const agents = Array.from({ length: CALLERS }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
  const callers = agents.map(async (agent) => {
    while (!isStopped) {
      statuses.push(await ask(group, agent))
      if (statuses.at(-1) === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
  const stop = async () => {
    isStopped = true
    await Promise.all(callers)
    for (const agent of agents) agent.destroy()
  }
  onTestFinished(stop)
  const accepted = () => statuses.filter((status) => status === 200).length
  const untilAccepted = (count: number) => {
    const before = accepted()
    return until(() => accepted() >= before + count)
  }
  return { statuses, accepted, untilAccepted, stop }
}

/** How many tokens the audit trail says were given. */
async function tokensGiven({ databaseUrl }: Group): Promise<number> {
  const [row] = await query<{ given: string | null }>(
    databaseUrl,
    `select sum(count) as given from audit where action = 'issue-token' and outcome = 'done'`,
  )
  return Number(row?.given ?? 0)
}

function adminPage({ folder }: Group, path: string): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  const options = { socketPath: join(folder, 'control-plane.sock'), path, agent: false }
  requestHttp(options, async (answer) => {
    resolve({ status: answer.statusCode ?? 0, text: (await answer.toArray()).join('') })
  })
    .once('error', reject)
    .end()
  return promise
}

async function tokensCounted(group: Group): Promise<number> {
  const { text } = await adminPage(group, '/metrics')
  return Number(/^landfast_control_plane_tokens_total\{outcome="issued"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}

test('a process that is killed under load loses no token that it gave, the others go on, and another takes its place', async () => {
  const group = await startGroup(['--caller-rate', '0'])
  const callers = startCallers(group)
  await callers.untilAccepted(40)
  const killed = memberPid(group)
  process.kill(killed, 'SIGKILL')
  await callers.untilAccepted(40)
  await until(() => logged(group, 'a process of the control plane serves').length === 2)
  expect(logged(group, 'a process of the control plane ended; another follows')).toMatchObject([
    { level: 50, process: 2, how: 'SIGKILL' },
  ])
  expect(memberPid(group)).not.toBe(killed)
  // Callers whose connections were lost have new ones, of which the new process has some.
  await until(() => new Set(logged(group, 'token issued').map((line) => line.process)).size === 2)
  await callers.stop()
  expect(await tokensGiven(group)).toBeGreaterThanOrEqual(callers.accepted())
  expect(callers.statuses.filter((status) => status !== 200 && status !== 0)).toEqual([])
  expect((await adminPage(group, '/readyz')).status).toBe(200)
}, 240_000)

test('requests that are under way when it stops are all answered, and no process is left', async () => {
  const group = await startGroup(['--caller-rate', '0', '--drain-time', '1'])
  const callers = startCallers(group)
  await callers.untilAccepted(30)
  const member = memberPid(group)
  group.running.child.kill('SIGTERM')
  const stopped = callers.stop()
  expect((await group.running.ended).code).toBe(0)
  await stopped
  expect(new Set(callers.statuses)).toEqual(new Set([200]))
  expect(() => process.kill(member, 0)).toThrow('ESRCH')
  expect(
    logged(group, 'control plane stopped')
      .map(({ process }) => process)
      .sort(),
  ).toEqual([2, undefined])
}, 240_000)

test('the page of metrics counts the tokens of all processes, also of one that is gone', async () => {
  const group = await startGroup(['--caller-rate', '0'])
  const callers = startCallers(group)
  await callers.untilAccepted(60)
  await callers.stop()
  const accepted = callers.accepted()
  expect(new Set(logged(group, 'token issued').map((line) => line.process))).toEqual(new Set([undefined, 2]))
  expect(await tokensCounted(group)).toBe(accepted)
  process.kill(memberPid(group), 'SIGKILL')
  await until(() => logged(group, 'a process of the control plane serves').length === 2)
  expect(await tokensCounted(group)).toBe(accepted)
  expect((await adminPage(group, '/metrics')).text.match(/^landfast_build_info/gm)).toHaveLength(1)
}, 240_000)

/** Connections to both processes: each is asked over once, and the log says which process gave the token. */
async function connectToBoth(group: Group): Promise<[Agent, Agent]> {
  const found = new Map<unknown, Agent>()
  onTestFinished(() => found.forEach((agent) => void agent.destroy()))
  for (let asked = 1; found.size < 2; asked++) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect(await ask(group, agent)).toBe(200)
    await until(() => logged(group, 'token issued').length === asked)
    found.set(logged(group, 'token issued').at(-1)?.process, agent)
  }
  return [...found.values()] as [Agent, Agent]
}

test('what a caller used up at one process it has used up at the other', async () => {
  // Five a second, so 50 in a row.
  const group = await startGroup(['--caller-rate', '5'])
  const [one, other] = await connectToBoth(group)
  while ((await ask(group, one)) === 200);
  let given = 0
  while ((await ask(group, other)) === 200) {
    given += 1
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  expect(given).toBeLessThan(25)
}, 240_000)

test('SQLite has one process, and a command that asks for more is told so', async () => {
  const folder = join(command.folder, 'several-on-sqlite')
  const words = ['control-plane', '--port', '0', '--state-dir', folder, '--processes', '2']
  const { code, stderr } = await command.run(words)
  expect([code, stderr]).toEqual([23, expect.stringContaining('only on Linux and with PostgreSQL')])
})

test('a process that cannot start ends the command, and its own message says why', async () => {
  const databaseUrl = (await trialDatabaseUrl('postgres')) ?? ''
  const folder = join(command.folder, 'unstartable')
  mkdirSync(join(folder, 'processes'), { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'processes', '2'), '')
  const words = ['control-plane', '--port', '0', '--state-dir', folder, '--processes', '2']
  const env = { LANDFAST_DATABASE_URL: databaseUrl, LANDFAST_ENCRYPTION_KEY: KEY }
  const { code, stderr } = await command.run(words, { env, patience: 120_000 })
  expect(code).toBe(1)
  expect(stderr).toContain(join(folder, 'processes', '2'))
  expect(stderr).toContain('process 2 of the control plane could not start')
}, 240_000)
