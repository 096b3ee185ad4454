import { execFile } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testWith } from '../privilege.ts'
import { makeCommand, OTHER_USER, type TestCommand } from './command.ts'

const TWO_USERS = fileURLToPath(new URL('../../examples/two-users.sh', import.meta.url))
const AUDIENCE = ['--audience', 'https://storage.azure.com'] as const

let command: TestCommand
let policy: string
beforeAll(async () => {
  command = await makeCommand()
  policy = join(command.folder, 'policy.yaml')
  writeFileSync(
    policy,
    `rules:
  - name: backups
    effect: allow
    user: [backup, "4001"]
    program: /usr/bin/restic
    audience: https://storage.azure.com
  - name: not from containers
    effect: deny
    container: any
  - name: this user
    effect: allow
    user: ${process.getuid?.()}
    style: arc
`,
  )
})
afterAll(() => command.remove())

const policyTest = (...args: readonly string[]) =>
  command.run(['policy', 'test', '--policy', policy, ...args])

describe('landfast policy test', () => {
  test('explains an allowed request rule by rule', async () => {
    const ended = await policyTest(...AUDIENCE, '--user', '4001', '--program', '/usr/bin/restic')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toBe(`user "4001", program "/usr/bin/restic", unit unknown, container unknown
asks for the identity "system" for "https://storage.azure.com", style arc
line 2, allow "backups": yes, it decides
  audience https://storage.azure.com: yes
  user backup or 4001: yes
  program /usr/bin/restic: yes
allowed by the rule "backups" at ${policy}:2
`)
  })

  test('explains a denial by default, and what is unknown', async () => {
    const ended = await policyTest(...AUDIENCE, '--user', '4001')
    expect(ended).toMatchObject({ code: 1, stderr: '' })
    expect(ended.stdout).toContain('  program /usr/bin/restic: unknown\n')
    expect(ended.stdout).toContain('line 7, deny "not from containers": no\n  container any: unknown\n')
    expect(ended.stdout).toMatch(/\ndenied: no rule of .*policy\.yaml allows it\n$/)
  })

  test('explains a denial by a rule to programs', async () => {
    const ended = await policyTest(...AUDIENCE, '--container', '3f4e5d6c7b8a', '--json')
    expect(ended.code).toBe(1)
    expect(JSON.parse(ended.stdout)).toMatchObject({
      policy,
      decision: 'deny',
      rule: { name: 'not from containers', line: 7 },
      rules: [
        { name: 'backups', decides: false },
        { decides: true, conditions: [{ field: 'container', values: ['any'], answer: 'yes' }] },
      ],
      notes: [],
    })
  })

  testWith(['linux'], 'looks at a real process', async () => {
    const ended = await policyTest(...AUDIENCE, '--pid', String(process.pid), '--json')
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(ended.stdout)).toMatchObject({
      rule: { name: 'this user' },
      request: { userId: process.getuid?.(), program: process.execPath },
      notes: [],
    })
  })

  testWith(
    ['linux', 'root', 'setpriv'],
    'says when a program cannot be seen for want of privilege',
    async () => {
      const args = ['policy', 'test', '--policy', policy, ...AUDIENCE, '--pid', String(process.pid)]
      const ended = await command.run(args, { prefix: ['setpriv', ...OTHER_USER, '--'] })
      expect(ended.code).toBe(0)
      expect(ended.stdout).toContain('user "root", program unknown, unit unknown, container unknown\n')
      expect(ended.stderr).toMatch(
        /^landfast: for want of privilege, user id 54321 cannot see .* which belongs to "root"\nlandfast: .* try as root\n$/,
      )
    },
  )

  testWith(['linux'], 'knows a process that is not there', async () => {
    const ended = await policyTest(...AUDIENCE, '--pid', '4194305')
    expect(ended).toMatchObject({ code: 23, stdout: '' })
    expect(ended.stderr).toContain('there is no process 4194305')
  })

  test('knows a user that is not there', async () => {
    const ended = await policyTest(...AUDIENCE, '--user', 'nosuch')
    expect(ended).toMatchObject({ code: 23, stdout: '' })
    expect(ended.stderr).toMatch(/^landfast: there is no user "nosuch" on this host\nhint: .*id/)
  })

  test('promises no decision without a policy file in its help', async () => {
    const { stdout } = await command.run(['policy', 'test', '--help'])
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'the policy file; without it, the one that the settings of the agent name (LANDFAST_POLICY)',
    )
    expect(stdout).not.toContain('whoever')
  })

  test('reads the file that the agent would', async () => {
    const config = join(command.folder, 'agent.yaml')
    writeFileSync(config, `policy: ${policy}\n`)
    const args = ['policy', 'test', ...AUDIENCE, '--config', config]
    expect((await command.run(args)).stdout).toContain(policy)
    const env = { LANDFAST_POLICY: policy }
    expect((await command.run(['policy', 'test', ...AUDIENCE], { env })).stdout).toContain(policy)
  })

  test('refuses a broken policy with its line', async () => {
    const broken = join(command.folder, 'broken.yaml')
    writeFileSync(broken, 'rules:\n  - name: a\n    efect: allow\n')
    const ended = await command.run(['policy', 'test', '--policy', broken, ...AUDIENCE])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(
      /^landfast: .*broken\.yaml:3: unknown field "efect".*\nhint: correct the line/,
    )
  })

  for (const [args, code, text] of [
    [['policy', 'test', '--audience', 'a'], 16, 'there is no policy file to test'],
    [['policy', 'test', '--policy', '/nowhere'], 16, '--audience'],
    [['policy', 'test', '--audience', 'a', '--pid', 'x'], 23, 'must be the id of a process'],
    [['policy', 'test', '--audience', 'a', '--pid', '1', '--user', 'x'], 2, 'cannot be used with option'],
  ] as const) {
    test(`as "${args.join(' ')}" is refused with ${code}`, async () => {
      const ended = await command.run(args)
      expect(ended).toMatchObject({ code, stdout: '' })
      expect(ended.stderr).toContain(text)
    })
  }
})

/** Runs the example with this command, and gives what it printed under each of its headings. */
async function playTwoUsers(): Promise<Map<string, string>> {
  const env = { ...process.env, LANDFAST: command.argv.join(' '), TMPDIR: join(command.folder, 'tmp') }
  const { stdout, stderr } = await promisify(execFile)('sh', [TWO_USERS], { env, timeout: 100_000 })
  expect(stderr).toBe('')
  const parts = stdout.split(/^# /m).slice(1)
  return new Map(
    parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1).trim()]),
  )
}

testWith(
  ['linux', 'root', 'setpriv', 'curl'],
  'of two users the policy allows one program of one, and the audit shows who got what',
  async () => {
    const parts = await playTwoUsers()
    const granted = JSON.parse(parts.get('alice, with her backup tool') ?? '')
    expect(granted).toMatchObject({ token_type: 'Bearer', resource: 'https://storage.azure.com' })
    for (const [title, who] of [
      ['alice, with her backup tool, for something else', 'user "4001"'],
      ['alice, with another program', 'user "4001"'],
      ['bob, with the same tool', 'user "4002"'],
    ] as const) {
      const { error, error_description: sentence } = JSON.parse(parts.get(title) ?? '')
      expect(error).toBe('access_denied')
      expect(sentence).toContain(who)
      expect(sentence).toMatch(/no rule of \S+policy\.yaml allows it/)
    }
    expect(parts.get('why bob got none')).toContain('user 4001: no')
    const audit = (parts.get('the audit') ?? '').split('\n').map((line) => JSON.parse(line))
    const [tool] = audit.map(({ program }) => program)
    expect(tool).toMatch(/\/backup-tool$/)
    expect(
      audit.map(({ userId, program, audience, outcome, rule, reason }) => {
        return [userId, program === tool, audience, outcome, rule ?? reason]
      }),
    ).toEqual([
      [4001, true, 'https://storage.azure.com', 'granted', 'backups of alice'],
      [4001, true, 'https://vault.azure.net', 'refused', 'policy_denied'],
      [4001, false, 'https://storage.azure.com', 'refused', 'policy_denied'],
      [4002, true, 'https://storage.azure.com', 'refused', 'policy_denied'],
    ])
    expect(readdirSync(join(command.folder, 'tmp'))).toEqual([])
  },
)

testWith(['linux', 'curl'], 'the example of two users shows why "landfast dev" has ended', async () => {
  const broken = join(command.folder, 'broken-landfast')
  writeFileSync(broken, '#!/bin/sh\necho "no $1 today" >&2\nexit 3\n', { mode: 0o755 })
  const env = { ...process.env, LANDFAST: broken, TMPDIR: join(command.folder, 'tmp') }
  await expect(promisify(execFile)('sh', [TWO_USERS], { env, timeout: 100_000 })).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: '"env.sh" did not come:\nno dev today\n',
  })
  expect(readdirSync(join(command.folder, 'tmp'))).toEqual([])
})
