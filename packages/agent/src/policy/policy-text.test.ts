import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { AgentError } from '../errors.ts'
import { parsePolicy } from './policy-text.ts'

const PATH = '/etc/landfast/policy.yaml'

/** What is wrong with `text`, after the file's name. */
function refusalOf(text: string): string {
  try {
    parsePolicy(text, PATH)
  } catch (error) {
    expect(error).toMatchObject({ code: 'policy_broken' })
    return (error as Error).message.split(`${PATH}:`)[1] ?? ''
  }
  throw new Error('it was accepted')
}

const rule = (...fields: string[]): string =>
  ['rules:', '  - name: a', '    effect: allow', ...fields.map((field) => `    ${field}`)].join('\n')

test('a rule has its conditions in the order in which they are compared', () => {
  const text = `
rules:
  - name: backups
    effect: allow
    program: /usr/bin/restic
    user: [backup, 01001]
    audience: [HTTPS://Storage.azure.com/, "api://*"]
    identity: System
    style: arc
    unit: backup@1.service
    container: none
    group: 34
  - name: nobody else
    effect: deny
`
  expect(parsePolicy(text, PATH)).toEqual({
    rules: [
      {
        name: 'backups',
        effect: 'allow',
        line: 3,
        conditions: [
          { field: 'style', values: ['arc'] },
          { field: 'audience', values: ['https://storage.azure.com', 'api://*'] },
          { field: 'identity', values: ['system'] },
          { field: 'user', values: ['backup', '1001'] },
          { field: 'group', values: ['34'] },
          { field: 'program', values: ['/usr/bin/restic'] },
          { field: 'unit', values: ['backup@1.service'] },
          { field: 'container', values: ['none'] },
        ],
      },
      { name: 'nobody else', effect: 'deny', line: 13, conditions: [] },
    ],
  })
})

test('a policy without rules denies everything, and is one', () => {
  expect(parsePolicy('rules: []\n', PATH)).toEqual({ rules: [] })
})

test.each([
  ['nothing', '', '1: the file must hold "rules:"'],
  ['a text', 'allow everything', '1: the file must hold "rules:"'],
  ['a list', '- name: a', '1: the file must hold "rules:"'],
  ['rules that are no list', 'rules: all', '1: "rules" must be a list'],
  ['no rules', '{}', '1: "rules" must be a list'],
  ['rules twice', 'rules: []\nrules: []', '2: Map keys must be unique'],
  ['another field beside the rules', 'rules: []\n\nrule: []', '3: unknown field "rule"'],
  ['a rule that is a text', 'rules:\n  - everything', '2: a rule must have fields'],
  ['a mistyped field', rule('usr: alice'), '4: unknown field "usr"; there are name, effect, style'],
  ['a merged field', rule('<<: {user: alice}'), '4: unknown field "<<"'],
  ['a field twice', rule('user: alice', 'user: bob'), '5: Map keys must be unique'],
  ['no name', 'rules:\n  - effect: allow', '2: a rule needs a "name"'],
  ['two names', 'rules:\n  - name: [a, b]\n    effect: allow', '2: a rule needs a "name"'],
  ['a name with a line break', 'rules:\n  - name: "a\\nb"\n    effect: allow', '2: a rule needs a "name"'],
  ['no effect', 'rules:\n  - name: a', '2: a rule needs an "effect"'],
  ['another effect', 'rules:\n  - name: a\n    effect: Allow', '2: a rule needs an "effect"'],
  [
    'a name that is taken',
    `${rule()}\n  - name: a\n    effect: deny`,
    '4: the rule of line 2 has the name "a" too',
  ],
  ['an empty list', rule('user: []'), '4: "user" holds an empty list'],
  ['an empty value', rule('user:'), '4: "user" must be a text'],
  ['a truth', rule('user: true'), '4: "user" must be a text'],
  ['a list in a list', rule('user: [[a]]'), '4: "user" must be a text'],
  ['an alias', rule('user: &a [b]', 'group: *a'), '5: "group" must be a text'],
  ['a number in another form', rule('user: 0x3e8'), '4: "user" must be a name or a number, not "0x3e8"'],
  ['a negative user', rule('user: -1'), '4: "user" must be a name or a number'],
  ['a pattern of users', rule('user: "*"'), '4: "user" must be a name or a number'],
  ['a relative program', rule('program: restic'), '4: "program" must be the absolute path'],
  [
    'a program with a way round',
    rule('program: /usr/../bin/restic'),
    '4: "program" must be the absolute path',
  ],
  ['a folder of programs', rule('program: /usr/bin/'), '4: "program" must be the absolute path'],
  ['a unit without its kind', rule('unit: backup'), '4: "unit" must be the whole name'],
  ['a slice', rule('unit: system.slice'), '4: "unit" must be the whole name'],
  ['a container by its name', rule('container: web'), '4: "container" must be "any"'],
  ['too few digits of a container', rule('container: 0123456789a'), '4: "container" must be "any"'],
  ['an unknown style', rule('style: azure'), '4: "style" must be one of arc'],
  ['an identity with a slash', rule('identity: a/b'), '4: "identity" must be "system"'],
  ['an audience with a star within', rule('audience: "https://*.azure.com"'), '4: "audience" may have a "*"'],
  ['a star that could end in a host', rule('audience: "https://vault*"'), '4: "audience" may have a "*"'],
  ['a scope for an audience', rule('audience: "https://a/.default"'), '4: "audience" must be a resource'],
  ['an audience with a space', rule('audience: "a b"'), '4: "audience" may hold no spaces'],
  ['broken YAML', 'rules:\n  - name: [a\n', '3: '],
  ['a tab', 'rules:\n\t- name: a', '2: '],
  ['an unknown tag', rule('user: !secret a'), '4: Unresolved tag'],
  ['two documents', 'rules: []\n---\nrules: []\n', '2: '],
])('%s is refused with its line', (_, text, refusal) => {
  expect(refusalOf(text)).toContain(refusal)
  expect(refusalOf(text).startsWith(refusal.split(' ')[0] ?? ''), refusalOf(text)).toBe(true)
})

test('any text is a policy or refused as one', () => {
  const piece = fc.constantFrom(
    'rules:',
    '\n',
    '  ',
    '- ',
    'name: a',
    'effect: allow',
    'user: ',
    '[',
    ']',
    '&a',
    '*a',
    '"',
    '#',
    '|',
    '? ',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((all) => all.join('')),
      ),
      (text) => {
        try {
          expect(parsePolicy(text, PATH).rules).toBeInstanceOf(Array)
        } catch (error) {
          expect(error).toBeInstanceOf(AgentError)
          expect((error as Error).message).toMatch(/policy\.yaml:\d+: \S/)
        }
      },
    ),
  )
})

test('no field that a rule does not know is ever passed over', () => {
  const known = [
    'name',
    'effect',
    'style',
    'audience',
    'identity',
    'user',
    'group',
    'program',
    'unit',
    'container',
  ]
  const field = fc.string({ minLength: 1 }).filter((name) => !known.includes(name))
  fc.assert(
    fc.property(field, (name) => {
      const text = stringify({ rules: [{ name: 'a', effect: 'allow', [name]: 'x' }] })
      expect(() => parsePolicy(text, PATH)).toThrow(expect.objectContaining({ code: 'policy_broken' }))
    }),
  )
})
