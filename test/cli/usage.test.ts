import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../scripts/bundle.ts'
import { makeCommand, type TestCommand } from './command.ts'

const COMMANDS = [
  'run',
  'dev',
  'env',
  'token',
  'agent',
  'policy',
  'control-plane',
  'version',
  'check',
  'logs',
  'config',
]

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

for (const [args, code, text] of [
  [['run'], 16, 'missing required argument "command"'],
  [['token', '--resource'], 16, 'argument missing'],
  [['run', '--as', 'wm', '--', 'true'], 23, 'Allowed choices are arc, app-service'],
  [['dev', '--port', 'x'], 23, 'must be a port'],
  [['agent', '--port', 'x'], 23, '--port: "port" must be a port'],
  [['run', '--state-dir', '', '--', 'true'], 23, 'must name a file or a folder'],
  [['dev', '--state-dir', ''], 23, 'must name a file or a folder'],
  [['token', '--state-dir', ''], 23, 'must name a file or a folder'],
  [['run', '--state-dir', '--', 'true'], 16, '"--state-dir" has no value before "--"'],
  [['show', '--state-dir', '--json'], 16, '"--state-dir" has no value before "--json"'],
  [['show', '--state-dir', '-j'], 16, '"--state-dir" has no value before "-j"'],
  [['connect', '-n', '--tags', 'a=b'], 16, '"-n" has no value before "--tags"'],
  [['token', '--resource', '--decode'], 16, '"--resource" has no value before "--decode"'],
  [['role', 'list', '--scope', '--json'], 16, '"--scope" has no value before "--json"'],
  [['agent', '--policy', '--port', '1'], 16, '"--policy" has no value before "--port"'],
  [['dev', '--key-folder', '/k'], 23, '"--key-folder" is of no use in the app-service style'],
  [['dev', '--key-group', 'g'], 23, '"--key-group" is of no use in the app-service style'],
  [['demo', '--examples', '/nowhere'], 23, 'there is no folder "/nowhere"'],
  [['run', '--show-secre', '--', 'true'], 2, 'did you mean "--show-secret"?'],
  [['tokn'], 2, 'did you mean "token"?'],
  [['version', 'x'], 2, 'too many arguments'],
  [['help', 'machine', 'foo'], 2, '"landfast machine --help" lists what there is'],
  [['machine', 'foo', '--help'], 2, 'unknown command "foo"'],
  [['machine', 'lst', '-h'], 2, 'did you mean "list"?'],
  [['tokn', '--help'], 2, 'did you mean "token"?'],
  [['help', 'tokn'], 2, 'did you mean "token"?'],
  [['help', 'token', 'x'], 2, 'unknown command "x"'],
  [['machine', 'help', 'lst'], 2, 'did you mean "list"?'],
  [['agent', '--identity-header', 'x'], 2, 'unknown option "--identity-header"'],
] as const) {
  test(`landfast ${args.join(' ')} is refused with ${code}`, async () => {
    const ended = await command.run(args)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(/^landfast: .*\n(hint: .*\n)*$/)
    expect(ended.stderr).toContain(text)
    expect(ended.stderr).not.toContain('\u001b')
  })
}

test('what a failure quotes does not steer the terminal', async () => {
  for (const args of [
    ['x\u{1b}[2J\u{202e}y'],
    ['policy', 'test', '--audience', 'a', '--policy', '/x\u{202e}y'],
  ]) {
    const { code, stderr } = await command.run(args)
    expect(code).not.toBe(0)
    expect(stderr).toContain('\\u202ey')
    expect(stderr).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
  }
})

test('an outcome that no entry of the audit trail has is refused here, whatever control plane there is', async () => {
  const { code, stderr } = await command.run(['control-plane', 'audit', '--outcome', 'failed'])
  expect([code, stderr]).toEqual([23, expect.stringContaining('Allowed choices are done, refused')])
})

test('a temporary folder that is not there is told in one line', async () => {
  for (const args of [['run', '--', 'true'], ['dev'], ['env']]) {
    const { code, stderr } = await command.run(args, { env: { TMPDIR: '/nowhere' } })
    expect(code).toBe(69)
    expect(stderr).toMatch(/^landfast: the state folder "\/nowhere" cannot be used\nhint: .*TMPDIR.*\n$/)
  }
})

test('output that cannot be written is a failure, and one whose reader went away is none', async () => {
  for (const args of [['version'], ['version', '--json'], ['--help']]) {
    const full = await command.run(args, { prefix: ['sh', '-c', 'exec "$@" >/dev/full', 'sh'] })
    expect(full.code).toBe(1)
    expect(full.stderr).toMatch(/^landfast: the output cannot be written: ENOSPC.*\n$/)
  }
  const pipe = ['sh', '-c', '{ "$@"; echo $? >&2; } | true', 'sh']
  expect(await command.run(['version'], { prefix: pipe })).toMatchObject({ stderr: '0\n' })
})

test('every help ends with an example', async () => {
  const helps = [['--help'], ['help'], ...COMMANDS.map((name) => ['help', name])]
  for (const args of [...helps, ...COMMANDS.map((name) => [name, '--help'])]) {
    const { code, stdout, stderr } = await command.run(args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/\n\nExample:\n {2}.*landfast .*\n\n?$/)
    expect(stdout).not.toContain('--inside')
  }
})

test('the version is the package’s', async () => {
  for (const args of [['version'], ['--version'], ['-V']]) {
    const { code, stdout } = await command.run(args)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^landfast version \d+\.\d+\.\d+\n$/)
  }
  expect(JSON.parse((await command.run(['version', '--json'])).stdout)).toMatchObject({
    node: process.versions.node,
  })
})

test('the agent never loads the control plane, run never the client, and help none of them', async () => {
  const { outputs } = await bundle(join(command.folder, 'again'))
  const inputsOf = (part: string): string[] => {
    const entry = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === part)?.[0] ?? ''
    return [...reach(outputs, entry)].flatMap((name) => Object.keys(outputs[name]?.inputs ?? {}))
  }
  const names = (part: string) =>
    inputsOf(part).map((path) => path.replace(/.*(packages|node_modules)\//, '$1/'))
  expect(inputsOf('src/main.ts')).toEqual(['src/main.ts'])
  const help = names('src/program.ts').join('\n')
  expect(help).not.toMatch(/agent\/src|control-plane\/src|client\/src|pino|yaml/)
  const service = names('src/commands/agent-main.ts').join('\n')
  expect(service).toContain('agent/src/agent.ts')
  expect(service).not.toMatch(/control-plane\/src|client\/src|node_modules\/(?!commander)/)
  expect(names('src/commands/agent.ts').join('\n')).not.toMatch(/control-plane\/src|fastify/)
  expect(names('src/commands/run.ts').join('\n')).not.toMatch(/client\/src/)
  expect(names('src/commands/run.ts').length).toBeGreaterThan(5)
})

type Outputs = Awaited<ReturnType<typeof bundle>>['outputs']

/** Everything that loading `name` loads at once. */
function reach(outputs: Outputs, name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen
  seen.add(name)
  for (const { path, kind } of outputs[name]?.imports ?? []) {
    if (kind === 'import-statement') reach(outputs, path, seen)
  }
  return seen
}
