import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { connect as connectTls } from 'node:tls'
import { clientCredentialsForm } from '@landfast/protocol'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type ControlPlane, createControlPlane } from './control-plane.ts'
import {
  askForToken,
  createClock,
  makeAssertion,
  RESOURCE,
  registerTrialMachine,
  send,
  startTrial,
  temporaryFolder,
  tokenUrl,
} from './testing/trial.ts'
import { enrolTrialMachine } from './testing/trial-enrolment.ts'

/** From then on no time passes for timers, until the end of the test. */
function stopTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
}

test('nothing happens before it is started', async () => {
  const stateFolder = `${await temporaryFolder()}/state`
  const controlPlane = createControlPlane({ stateFolder })
  expect(() => controlPlane.url).toThrow('not started')
  await expect(controlPlane.makeJoinToken('shop')).rejects.toThrow('not started')
  expect(controlPlane.caFile).toBe(`${stateFolder}/ca.pem`)
  await controlPlane.stop()
  await expect(readFile(controlPlane.caFile)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('it stops any number of times, starts again, and does not start twice', async () => {
  const { controlPlane } = await startTrial()
  await expect(controlPlane.start()).rejects.toThrow('already started')
  await Promise.all([controlPlane.stop(), controlPlane.stop()])
  await controlPlane.stop()
  expect(() => controlPlane.url).toThrow('not started')
  await controlPlane.start()
  expect(controlPlane.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
})

test('a stop while it starts leaves nothing running', async () => {
  const stateFolder = await temporaryFolder()
  const controlPlane = createControlPlane({ stateFolder })
  const starting = controlPlane.start()
  await controlPlane.stop()
  await starting
  expect(() => controlPlane.url).toThrow('not started')
  await controlPlane.start()
  await controlPlane.stop()
})

test('a restart keeps tenant, machines, CA, certificates and signing key', async () => {
  const trial = await startTrial()
  const machine = await registerTrialMachine(trial)
  const keys = (controlPlane: ControlPlane) =>
    send(controlPlane, `${controlPlane.url}/${machine.identity.tenantId}/discovery/keys`)
  const { body: before } = await keys(trial.controlPlane)
  const files = ['ca.pem', 'encryption-key', 'server.pem', 'server-key.pem']
  const read = () => Promise.all(files.map((file) => readFile(`${trial.stateFolder}/${file}`, 'utf8')))
  const kept = await read()
  await trial.controlPlane.stop()
  await trial.controlPlane.start()
  expect((await keys(trial.controlPlane)).body).toEqual(before)
  expect(await read()).toEqual(kept)
  expect((await askForToken(machine, trial)).status).toBe(200)
})

/** Starts a control plane in a process of its own, and prints where it is and a join token. */
const PROCESS = `
  import { createControlPlane } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
  const [stateFolder] = process.argv.slice(1)
  const controlPlane = createControlPlane({ stateFolder })
  await controlPlane.start()
  const joinToken = await controlPlane.makeJoinToken('landfast')
  console.log(JSON.stringify({ url: controlPlane.url, caFile: controlPlane.caFile, joinToken }))
`

test('after a kill the state is whole: the machine is known and its spent assertion stays spent', async () => {
  const stateFolder = await temporaryFolder()
  const flags = ['--conditions=source', '--input-type=module', '--eval', PROCESS]
  const child = spawn(process.execPath, [...flags, stateFolder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = await once(createInterface(child.stdout), 'line')
  const { url, caFile, joinToken } = JSON.parse(line)
  const machine = await enrolTrialMachine({ url, caFile }, joinToken)
  const clock = createClock()
  const killed = { controlPlane: { url, caFile } as ControlPlane, clock }
  const client_assertion = await makeAssertion(machine, killed)
  expect((await askForToken(machine, killed, { client_assertion })).status).toBe(200)
  child.kill('SIGKILL')
  await once(child, 'exit')

  const again = await startTrial({ stateFolder, port: Number(new URL(url).port) })
  const replayed = await askForToken(machine, again, { client_assertion })
  expect(replayed.body.error_codes).toEqual([50013])
  expect((await askForToken(machine, again)).status).toBe(200)
})

test('a port that is taken fails the start, and the folder is free again', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const stateFolder = await temporaryFolder()
  await expect(createControlPlane({ stateFolder, port }).start()).rejects.toMatchObject({
    code: 'EADDRINUSE',
  })
  taken.close()
  await startTrial({ stateFolder, port })
})

test('a request that has begun is still answered while it stops', async () => {
  const trial = await startTrial()
  const machine = await registerTrialMachine(trial)
  const form = clientCredentialsForm({
    clientId: machine.identity.clientId,
    audience: RESOURCE,
    assertion: await makeAssertion(machine, trial),
  })
  const ca = await readFile(trial.controlPlane.caFile)
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Expect: '100-continue' }
  const url = tokenUrl(trial.controlPlane, machine.identity.tenantId)
  const outgoing = request(url, { method: 'POST', ca, agent: false, headers })
  const answered = once(outgoing, 'response')
  outgoing.flushHeaders()
  await once(outgoing, 'continue')
  const stopping = trial.controlPlane.stop()
  outgoing.end(new URLSearchParams(form).toString())
  const [answer] = await answered
  expect(answer.resume().statusCode).toBe(200)
  await stopping
})

test('a stop does not wait for connections that do nothing: kept alive, silent, or before their handshake', async () => {
  const { controlPlane } = await startTrial()
  const port = Number(new URL(controlPlane.url).port)
  const ca = await readFile(controlPlane.caFile)
  const agent = new Agent({ keepAlive: true, ca })
  await new Promise((resolve) => {
    request(`${controlPlane.url}/x`, { agent }, (answer) => answer.resume().on('end', resolve)).end()
  })
  const silent = connectTls({ port, host: '127.0.0.1', ca }).on('error', () => {})
  await once(silent, 'secureConnect')
  const plain = connect({ port, host: '127.0.0.1' }).on('error', () => {})
  await once(plain, 'connect')
  const closed = Promise.all([once(silent, 'close'), once(plain, 'close')])
  stopTimers()
  // What is not closed at once would be cut after five seconds, which never pass here.
  await controlPlane.stop()
  await closed
  agent.destroy()
})

for (const [what, options] of Object.entries({
  'an empty folder name': { stateFolder: '' },
  'an empty host': { host: '' },
  'a port beyond the last': { port: 65_536 },
  'a token lifetime below ten minutes': { tokenLifetimeSeconds: 599 },
  'a token lifetime above a day': { tokenLifetimeSeconds: 86_401 },
  'half a second': { tokenLifetimeSeconds: 600.5 },
})) {
  test(`${what} is refused at once`, () => {
    expect(() => createControlPlane({ stateFolder: '/nowhere', ...options })).toThrow(RangeError)
  })
}

test('the shortest and the longest token lifetime are taken', () => {
  for (const tokenLifetimeSeconds of [600, 86_400]) {
    expect(() => createControlPlane({ stateFolder: '/nowhere', tokenLifetimeSeconds })).not.toThrow()
  }
})

test('the log tells of every decision and holds no token, assertion or key', async () => {
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) })
  const trial = await startTrial({ log })
  const machine = await registerTrialMachine(trial)
  const client_assertion = await makeAssertion(machine, trial)
  const { body } = await askForToken(machine, trial, { client_assertion })
  await askForToken(machine, trial, { client_assertion })
  await askForToken(machine, trial, { client_assertion: `${client_assertion}x` })
  await trial.controlPlane.stop()

  const text = lines.join('')
  expect(text.match(/"token issued"/g)).toHaveLength(1)
  expect(text.match(/"token refused"/g)).toHaveLength(2)
  const secrets = [client_assertion, body.access_token].flatMap((jwt) => jwt.split('.'))
  for (const secret of secrets) expect(text).not.toContain(secret)
  expect(text).not.toContain('PRIVATE KEY')
})
