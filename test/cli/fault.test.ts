import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleProgram, makeCommand, type Running, type TestCommand } from './command.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

/** Asks the endpoint three times and prints each status. */
const ASK = `
const headers = { 'X-IDENTITY-HEADER': process.env.IDENTITY_HEADER }
for (let asked = 0; asked < 3; asked += 1) {
  const answer = await fetch(process.env.IDENTITY_ENDPOINT + '?api-version=2019-08-01&resource=x', { headers })
  console.log(answer.status)
}`

const asking = ['--', process.execPath, '--input-type=module', '--eval', ASK]

test('a command meets the faults that run was told, in their order', async () => {
  const { code, stdout } = await command.run([
    'run',
    '--fault',
    '429,retry-after=1',
    '--fault',
    '503',
    ...asking,
  ])
  expect([code, stdout]).toEqual([0, '429\n503\n200\n'])
})

test('run says which fault struck no request of its command', async () => {
  const faults = ['--fault', '503,resource=api://other', '--fault', '429']
  const { code, stderr } = await command.run(['run', ...faults, ...asking])
  const note =
    'landfast: the fault "503,resource=api://other" struck no request; the command asked for tokens of x\n'
  expect([code, stderr]).toEqual([0, note])
})

test.each([
  [['run', '--fault', 'slow', '--', 'true'], '"slow" is no status, none of cold-start, '],
  [['dev', '--fault', '200'], '"status=" must be a whole number from 400 to 599'],
  [['fault', 'timeout,times=no'], '"no" is no number'],
  [
    ['dev', '--fault', 'unassign=worker'],
    'the machine has no identity "worker"\nhint: name it first: --identity',
  ],
  [['run', '--fault', 'key-refused', '--', 'true'], 'which the app-service style has not'],
  [['run', '--as', 'workload-identity', '--fault', '429', '--', 'true'], '"--fault" is of no use with'],
])('%j is refused before anything starts', async (args, reason) => {
  expect(await command.run(args)).toMatchObject({ code: 23, stderr: expect.stringContaining(reason) })
  expect(command.leftovers()).toEqual([])
})

test('a running dev is told to have faults, tells which it has, and is well again', async () => {
  await using running = command.start(['dev', '--json', '--fault', '410'])
  await running.wrote('}\n')
  const { stateDir } = JSON.parse(running.stdout) as { stateDir: string }
  const fault = async (...args: string[]) => await command.run(['fault', '--state-dir', stateDir, ...args])
  expect((await fault('429,retry-after=2,times=2')).stdout).toBe(
    '410 (struck 0)\n429,retry-after=2s,times=2 (struck 0)\n',
  )
  expect(JSON.parse((await fault('--clear', 'timeout', '--json')).stdout)).toEqual({
    faults: [{ kind: 'timeout', struck: 0 }],
  })
  expect((await fault('--clear')).stdout).toBe('')
  expect(await stop(running)).toBe(0)
})

test('a command adds a fault, meets it, clears it, and reads what was asked', async () => {
  const program = await bundleProgram(command, 'fault-program')
  const { stdout, stderr } = await command.run(['run', '--', process.execPath, program, ...command.argv])
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    added: '400 (struck 0)\n',
    struck: 1,
    cleared: '',
    well: 0,
    requests: ['status', 200],
    modes: [0o600, 0o700],
  })
  expect(command.leftovers()).toEqual([])
})

test('the variable leads to the emulator of this command, and the flag to another one', async () => {
  await using running = command.start(['dev', '--json', '--fault', '410'])
  await running.wrote('}\n')
  const { stateDir } = JSON.parse(running.stdout)
  const outer = { LANDFAST_FAULT_SOCKET: 'of-another', LANDFAST_STATE_DIR: stateDir }
  const inner = async (...args: string[]) =>
    await command.run(['run', '--fault', '429', '--', ...command.argv, 'fault', ...args], { env: outer })
  expect((await inner()).stdout).toContain('429 (struck 0)')
  expect((await inner('--state-dir', stateDir)).stdout).toContain('410 (struck 0)')
  const variables = (await command.run(['env', '--state-dir', stateDir, '--json'])).stdout
  const { LANDFAST_FAULT_SOCKET = '' } = JSON.parse(variables).variables
  const env = { LANDFAST_FAULT_SOCKET }
  expect((await command.run(['fault'], { env })).stdout).toContain('410 (struck 0)')
  expect(await stop(running)).toBe(0)
  expect(await command.run(['fault'], { env })).toMatchObject({
    code: 61,
    stderr: expect.stringMatching(
      /nothing answers at ".*faults\.sock"\nhint: .*"unset LANDFAST_FAULT_SOCKET"/,
    ),
  })
})

test('a command without an endpoint of its own is led to no socket', async () => {
  const script = 'console.log(process.env.LANDFAST_FAULT_SOCKET)'
  const args = ['run', '--as', 'workload-identity', '--', process.execPath, '-e', script]
  const env = { LANDFAST_FAULT_SOCKET: 'of-another' }
  expect((await command.run(args, { env })).stdout).toBe('undefined\n')
})

test('a command whose socket would have too long a path runs without it, and is told so', async () => {
  const state = join(command.folder, 's'.repeat(100))
  const script = 'console.log(process.env.LANDFAST_FAULT_SOCKET)'
  const args = ['run', '--state-dir', state, '--', process.execPath, '-e', script]
  expect(await command.run(args)).toMatchObject({
    code: 0,
    stdout: 'undefined\n',
    stderr: expect.stringContaining('the command cannot change faults: the path of their socket'),
  })
})

test('an identity of a running dev is taken away and given back', async () => {
  const flags = ['--identity', 'worker', '--identity', 'clerk', '--fault', 'unassign=clerk']
  await using running = command.start(['dev', '--json', ...flags])
  await running.wrote('}\n')
  const { stateDir, identities } = JSON.parse(running.stdout)
  const state = ['--state-dir', stateDir]
  const fault = async (...args: string[]) => await command.run(['fault', ...state, ...args])
  const token = async (name: string) =>
    (await command.run(['token', ...state, '--client-id', identities[name].clientId])).code
  expect([await token('worker'), await token('clerk')]).toEqual([0, 1])
  const taken = 'the identity "worker" is taken away\n'
  expect((await fault('unassign=worker', 'assign=clerk')).stdout).toBe(taken)
  expect([await token('worker'), await token('clerk')]).toEqual([1, 0])
  expect(await fault('503', 'unassign=wroker')).toMatchObject({
    code: 23,
    stderr: 'landfast: "unassign=wroker": there is no such identity\nhint: there are: worker, clerk\n',
  })
  expect((await fault('--clear')).stdout).toBe(taken)
  expect(JSON.parse((await fault('assign=worker', '--json')).stdout)).toMatchObject({
    faults: [],
    identities: [
      { name: 'worker', isAssigned: true },
      { name: 'clerk', isAssigned: true },
    ],
  })
  expect(await token('worker')).toBe(0)
  expect(await stop(running)).toBe(0)
})

async function stop(running: Running): Promise<number | null> {
  running.child.kill('SIGINT')
  return (await running.ended).code
}

test.each([
  [['fault', 'slow'], 'the fault: this fault cannot be made ("slow" is no status'],
  [['run', '--fault', 'latency', '--', 'true'], '"--fault": this fault cannot be made ("latency" needs'],
])('%j says which faults there are, and what can be said of each', async (args, reason) => {
  const { stderr } = await command.run(args)
  expect(stderr).toContain(reason)
  expect(stderr).toMatch(/^hint: a scenario: cold-start, throttled, /m)
  expect(stderr).toMatch(/^hint: or a fault: latency=…, timeout, connection-refused,for=…, /m)
  expect(stderr).toMatch(/^hint: and behind a fault: times=… or times=always, for=…, /m)
  expect(stderr).toMatch(/^hint: or unassign=NAME, /m)
})

test('without a running dev there is nothing to tell', async () => {
  expect(await command.run(['fault', '429'])).toMatchObject({ code: 61 })
})
