/** Groups are those of the process that asks, as the kernel has them, whether a file of users knows them or not. */

import { execFile } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { EndpointOptions } from '@landfast/agent'
import { styleOf } from '@landfast/protocol'
import { expect, test, vi } from 'vitest'
import { testWith } from '../privilege.ts'
import { childCommand, startChild } from './child.ts'
import { parametersOf, type StyleEndpoints, startStyles } from './style-endpoints.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A user and a group that no file has. */
const USER = 54_321
const GROUP = 54_399

const STYLES_BY_CALLER = ['vm', 'cloud-shell'] as const

type StyleByCaller = (typeof STYLES_BY_CALLER)[number]

const BY_GROUP: EndpointOptions[] = STYLES_BY_CALLER.map((style) => ({ style, group: String(GROUP) }))

function writePolicy(...rules: object[]): string {
  const file = join(temporaryFolder(), 'policy.yaml')
  writeFileSync(file, JSON.stringify({ rules }))
  return file
}

/** The status that a process started by `setpriv` with these flags gets. */
async function askAs(
  { locationOf }: Pick<StyleEndpoints, 'locationOf'>,
  style: StyleByCaller,
  flags: readonly string[],
): Promise<string> {
  const query = `${styleOf(style).path}?${parametersOf(style)}`
  const request = `GET ${query} HTTP/1.1\r\nHost: 127.0.0.1\r\nMetadata: true\r\nConnection: close\r\n\r\n`
  const { port } = new URL(locationOf(style).url)
  const caller = childCommand('foreign-caller.ts', '', port, request)
  const { stdout } = await promisify(execFile)('setpriv', [...flags, '--', ...caller])
  return JSON.parse(stdout).status
}

const AS_USER = [`--reuid=${USER}`]
const PROCESSES: readonly [string, readonly string[], string][] = [
  ['a supplementary group', [...AS_USER, `--regid=${USER}`, `--groups=${GROUP}`], '200'],
  ['one of several', [...AS_USER, `--regid=${USER}`, `--groups=54398,${GROUP},54400`], '200'],
  ['its primary group', [...AS_USER, `--regid=${GROUP}`, '--clear-groups'], '200'],
  ['no part', [...AS_USER, `--regid=${USER}`, '--clear-groups'], '403'],
  ['only a neighbour of it', [...AS_USER, `--regid=${USER}`, '--groups=54398,5439'], '403'],
  [
    'only its effective group, as by a set-group-id bit',
    [...AS_USER, `--egid=${GROUP}`, '--groups=54398'],
    '403',
  ],
]

for (const style of STYLES_BY_CALLER) {
  for (const [what, flags, status] of PROCESSES) {
    testWith(
      ['linux', 'root', 'setpriv'],
      `in the style ${style} a process that has the group as ${what} gets ${status}, though no file knows its user`,
      async () => {
        const running = await startStyles({ endpoints: BY_GROUP })
        expect(await askAs(running, style, flags)).toBe(status)
      },
    )
  }
}

testWith(
  ['linux', 'root', 'setpriv'],
  'an agent of another user sees what groups all processes of the caller’s user have',
  async () => {
    const asAnother = ['setpriv', '--reuid=54320', '--regid=54320', '--clear-groups', '--']
    const options = JSON.stringify({ endpoints: [{ style: 'vm', group: String(GROUP) }] })
    const { urls } = await startChild([...asAnother, ...childCommand('agent-program.ts', options)]).read()
    const [url = ''] = urls as string[]
    const running = { locationOf: () => ({ style: 'vm', url }) as const }
    // Not that of other tests: the processes that they leave or run meanwhile would count.
    const user = 2_000_000 + process.pid
    const as = (...groups: string[]) => [`--reuid=${user}`, `--regid=${user}`, ...groups]
    const ask = (flags: readonly string[]) => askAs(running, 'vm', flags)
    const member = as(`--groups=${GROUP}`)
    expect(await ask(member)).toBe('200')
    expect(await ask(as('--clear-groups'))).toBe('403')
    const other = startChild(['setpriv', ...as('--clear-groups'), 'sleep', '600'])
    await vi.waitFor(() => expect(statSync(`/proc/${other.process.pid}`).uid).toBe(user), { timeout: 60_000 })
    expect(await ask(member)).toBe('403')
  },
)

testWith(['linux', 'root', 'setpriv'], 'rules about groups see the groups of the process', async () => {
  const policy = writePolicy(
    { name: 'not these', effect: 'deny', group: '54398' },
    { name: 'these', effect: 'allow', group: String(GROUP) },
  )
  const running = await startStyles({ policy })
  const ask = (...groups: string[]) => askAs(running, 'vm', [...AS_USER, `--regid=${USER}`, ...groups])
  expect(await ask(`--groups=${GROUP}`)).toBe('200')
  expect(await ask(`--groups=54398,${GROUP}`)).toBe('403')
  expect(await ask('--clear-groups')).toBe('403')
})

testWith(
  ['linux', 'curl'],
  'the audit names the program of every refused caller, however soon it ends',
  async () => {
    const policy = writePolicy({ name: 'nobody', effect: 'deny' })
    const { locationOf, agent, audited } = await startStyles({ policy })
    const { port } = new URL(locationOf('vm').url)
    const url = `http://127.0.0.1:${port}${styleOf('vm').path}?${parametersOf('vm')}`
    const ask = () => promisify(execFile)('curl', ['--silent', '--noproxy', '*', '-H', 'Metadata: true', url])
    for (let one = 0; one < 10; one++) await ask()
    await agent.stop()
    const lines = audited()
    expect(lines).toHaveLength(10)
    for (const line of lines) expect(line.program).toMatch(/curl/)
  },
)

test('a caller whose groups are looked up has no answer before', async () => {
  const groups = Promise.withResolvers<readonly string[]>()
  const { ask, source } = await startStyles({
    endpoints: BY_GROUP,
    findCaller: async () => ({
      userId: USER,
      user: undefined,
      program: undefined,
      findGroups: () => groups.promise,
    }),
  })
  const isDone = vi.fn()
  const answer = ask('vm').finally(isDone)
  await new Promise((resolve) => setImmediate(resolve))
  expect([isDone.mock.calls.length, source.asked]).toEqual([0, []])
  groups.resolve([String(GROUP)])
  expect((await answer).status).toBe(200)
})
