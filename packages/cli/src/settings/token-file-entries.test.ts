import { expect, test } from 'vitest'
import { AGENT_SETTINGS as ROWS } from './agent-settings.ts'
import { settingsOfEnvironment } from './settings-environment.ts'
import { parseSettingsFile } from './settings-file.ts'
import { parseSettings } from './settings-table.ts'
import { parseTokenFiles } from './token-file-entries.ts'
import { tokenFilesOf } from './token-file-places.ts'

const AWS = { path: '/run/landfast/tokens/aws', audience: 'sts.amazonaws.com' }
const DEFAULTS = { identity: 'system', owner: undefined, group: undefined, mode: 0o600 }

const fromYaml = (text: string) => parseSettings(ROWS, parseSettingsFile(ROWS, text, '/etc/f.yaml'))

test('entries are written as YAML in the file, and as JSON in a variable', () => {
  const yaml = `token-files:
  - path: /run/landfast/tokens/aws
    audience: sts.amazonaws.com
  - {path: vault/../vault, audience: vault, identity: shop, owner: vault, group: 998, mode: 0640}
`
  const entries = [
    { ...AWS, ...DEFAULTS },
    { path: '/etc/vault', audience: 'vault', identity: 'shop', owner: 'vault', group: '998', mode: 0o640 },
  ]
  expect(fromYaml(yaml)['token-files']).toEqual(entries)
  const json = JSON.stringify([AWS, { ...entries[1], mode: '0640' }])
  const variables = settingsOfEnvironment(ROWS, { LANDFAST_TOKEN_FILES: json }, '/')
  expect(parseSettings(ROWS, variables)['token-files']).toEqual(entries)
  expect(fromYaml('token-files: []')['token-files']).toEqual([])
  expect(parseSettings(ROWS)['token-files']).toEqual([])
})

test('a file with a group is one that the group reads, unless its mode says otherwise', () => {
  const modes = [{}, { group: 'web' }, { group: 'web', mode: '600' }, { mode: '0o400' }]
  const entries = modes.map((more, index) => ({ ...AWS, path: `/t/${index}`, ...more }))
  expect(parseTokenFiles(JSON.stringify(entries), '/').map(({ mode }) => mode)).toEqual([
    0o600, 0o640, 0o600, 0o400,
  ])
})

for (const [what, entries, message] of [
  [
    'two entries for one path',
    [AWS, { ...AWS, path: '/run/landfast/tokens/./x/../aws' }],
    'names "/run/landfast/tokens/aws" twice, in the entries 1 and 2',
  ],
  ['an entry without a path', [{ audience: 'x' }], 'entry 1: "path" is missing'],
  ['an entry without an audience', [AWS, { path: '/t/x' }], 'entry 2: "audience" must'],
  ['a scope', [{ ...AWS, audience: 'https://vault.azure.net/.default' }], '"/.default"'],
  ['an audience with a space', [{ ...AWS, audience: 'a b' }], '"audience" must'],
  ['a folder', [{ ...AWS, path: '/run/landfast/tokens/' }], 'must name a file'],
  ['an empty path', [{ ...AWS, path: '' }], 'must name a file'],
  ['a home folder', [{ ...AWS, path: '~/token' }], '"~"'],
  ['a mistyped field', [{ ...AWS, onwer: 'web' }], 'unknown field "onwer"'],
  ['a field that is a list', [{ ...AWS, audience: ['a', 'b'] }], '"audience" must be a text or a number'],
  ['a file that everybody reads', [{ ...AWS, mode: '0644' }], '"mode" must be one of'],
  ['a file that the group writes', [{ ...AWS, mode: '0660', group: 'web' }], '"mode" must be one of'],
  ['a program', [{ ...AWS, mode: '4700' }], '"mode" must be one of'],
  ['a mode for no group', [{ ...AWS, mode: '0640' }], 'name it with "group"'],
  ['an owner that is no name', [{ ...AWS, owner: 'a b' }], '"owner" must be'],
  ['a group that looks like a flag', [{ ...AWS, group: '-x' }], '"group" must be'],
  ['an identity that is a path', [{ ...AWS, identity: '../x' }], '"identity" must be'],
  ['an entry that is a text', ['/t/x'], 'entry 1: it must have fields'],
  [
    'more than anybody needs',
    Array.from({ length: 65 }, (_, index) => ({ ...AWS, path: `/t/${index}` })),
    '64',
  ],
  ['one entry alone', AWS, 'must be a list of token files'],
] as const) {
  test(`${what} is refused: ${message}`, () => {
    const given = { 'token-files': { text: JSON.stringify(entries), origin: '--token-files', folder: '/' } }
    expect(() => parseSettings(ROWS, given)).toThrowError(
      expect.objectContaining({ code: 'argument_invalid', message: expect.stringContaining(message) }),
    )
  })
}

for (const text of [
  'token-files: {path: /t/x}',
  'token-files: [/t/x]',
  'token-files: [{path: [a]}]',
  'token-files: [{path: }]',
]) {
  test(`${JSON.stringify(text)} in the file is refused with its line`, () => {
    expect(() => parseSettingsFile(ROWS, text, 'f')).toThrowError(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining('f:1: ') }),
    )
  })
}

test('no token file is among what is the agent’s own: its state, its settings and its key files', () => {
  for (const path of [
    '/var/lib/landfast/registration.json',
    '/etc/landfast/deeper/agent.yaml',
    '/var/opt/azcmagent/tokens/a.key',
  ]) {
    const settings = fromYaml(`token-files: [{path: ${path}, audience: x}]`)
    expect(() => tokenFilesOf(settings)).toThrowError(expect.objectContaining({ code: 'argument_invalid' }))
  }
  const beside = fromYaml('token-files: [{path: /var/lib/landfast-tokens/x, audience: x}]')
  expect(tokenFilesOf(beside)).toHaveLength(1)
})
