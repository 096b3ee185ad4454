import { readFileSync } from 'node:fs'
import { ARC_KEY_GROUP } from '@landfast/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CliError } from '../cli-error.ts'
import { AGENT_SETTINGS as ROWS } from './agent-settings.ts'
import { CONTROL_PLANE_SETTINGS } from './control-plane-settings.ts'
import { settingsOfEnvironment } from './settings-environment.ts'
import { parseSettingsFile } from './settings-file.ts'
import { parseSettings, type SettingTexts, settingsMarkdown, variableOf } from './settings-table.ts'

const PAGE = new URL('../../../../docs/configuration.md', import.meta.url)

test('docs/configuration.md holds both tables as they are', () => {
  for (const rows of [ROWS, CONTROL_PLANE_SETTINGS]) {
    expect(readFileSync(PAGE, 'utf8')).toContain(settingsMarkdown(rows))
  }
})

test('every default is accepted by its own parser', () => {
  expect(parseSettings(ROWS)).toMatchObject({ port: 40342, styles: ['arc'], 'log-level': 'info' })
})

test('flags come before variables, variables before the file', () => {
  const file = parseSettingsFile(ROWS, 'port: 1\nlog-level: warn\nkey-group: a', 'f')
  const variables = settingsOfEnvironment(
    ROWS,
    {
      LANDFAST_PORT: '2',
      LANDFAST_LOG_LEVEL: 'error',
      LANDFAST_KEY_GROUP: '',
    },
    '/w',
  )
  const flags = { port: { text: '3', origin: '--port', folder: '/w' } }
  expect(parseSettings(ROWS, file, variables, flags)).toMatchObject({
    port: 3,
    'log-level': 'error',
    'key-group': 'a',
  })
})

test('key files are for the group himds, unless another or, by an empty value, the agent’s own is named', () => {
  const group = (...sources: SettingTexts[]) => parseSettings(ROWS, ...sources)['key-group']
  expect(group()).toBe(ARC_KEY_GROUP)
  expect(group(settingsOfEnvironment(ROWS, { LANDFAST_KEY_GROUP: '' }, '/w'))).toBe(ARC_KEY_GROUP)
  for (const text of ['key-group:', 'key-group: ""'])
    expect(group(parseSettingsFile(ROWS, text, 'f'))).toBeUndefined()
  const flags = { 'key-group': { text: '', origin: '--key-group', folder: '/w' } }
  expect(group(parseSettingsFile(ROWS, 'key-group: web', 'f'), flags)).toBeUndefined()
})

for (const [text, message] of [
  ['port: 1\nprot: 2\n', 'f:2: unknown setting "prot"'],
  ['port: {a: 1}', 'f:1: a value must be'],
  ['- port', 'f:1: the file must hold keys'],
  ['port: 1\nport: 2', 'f:2: Map keys must be unique'],
  ['a: "', 'f:1: '],
  ['? [a]\n: b', 'f:1: unknown setting ""'],
] as const) {
  test(`${JSON.stringify(text)} is refused with its line`, () => {
    expect(() => parseSettingsFile(ROWS, text, 'f')).toThrowError(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(message) }),
    )
  })
}

for (const [name, text] of [
  ['port', '65536'],
  ['port', '-1'],
  ['port', '1e3'],
  ['port', ''],
  ['styles', 'arc,wm'],
  ['style-ports', 'vm'],
  ['style-ports', 'vm=x'],
  ['style-ports', 'wm=1'],
  ['vm', 'maybe'],
  ['vm', ''],
  ['vm-rate-limit', '-1'],
  ['styles', ''],
  ['key-folder', ''],
  ['key-folder', ' '],
  ['policy', '~/policy.yaml'],
  ['policy', 'a\nb'],
  ['log-level', 'loud'],
  ['admin-port', 'x'],
] as const) {
  test(`"${text}" is no ${name}; the error names where it stands`, () => {
    expect(() => parseSettings(ROWS, { [name]: { text, origin: 'f:7', folder: '/w' } })).toThrowError(
      expect.objectContaining({ code: 'argument_invalid', message: expect.stringMatching(/^f:7: /) }),
    )
  })
}

/** Every setting that is a path, of both services. */
const PATHS = [ROWS, CONTROL_PLANE_SETTINGS].flatMap((rows) =>
  Object.entries(rows).flatMap(([name, { value }]) =>
    ['file', 'dir', 'path'].includes(value) ? [[name, rows] as const] : [],
  ),
)

test('a path is meant from the folder of its source: of the settings file, or where the command runs', () => {
  expect(PATHS.length).toBeGreaterThan(10)
  for (const [name, rows] of PATHS) {
    const file = parseSettingsFile(rows, `${name}: ../x`, '/etc/landfast/f.yaml')
    expect(parseSettings(rows, file)).toMatchObject({ [name]: '/etc/x' })
    const variables = settingsOfEnvironment(rows, { [variableOf(name)]: 'sub/x' }, '/w')
    expect(parseSettings(rows, file, variables)).toMatchObject({ [name]: '/w/sub/x' })
    const flags = { [name]: { text: '/x', origin: `--${name}`, folder: '/w' } }
    expect(parseSettings(rows, file, variables, flags)).toMatchObject({ [name]: '/x' })
  }
})

test('the VM style is asked for in words, and ports by style', () => {
  const file = parseSettingsFile(ROWS, 'vm: yes\nstyle-ports: [vm=1, azure-ml = 2]\nvm-rate-limit: 20', 'f')
  expect(parseSettings(ROWS, file)).toMatchObject({
    vm: true,
    'vm-rate-limit': 20,
    'style-ports': new Map([
      ['vm', 1],
      ['azure-ml', 2],
    ]),
  })
  expect(parseSettings(ROWS)).toMatchObject({ vm: false, 'vm-rate-limit': undefined })
})

test('a YAML list and an empty file are understood', () => {
  expect(parseSettings(ROWS, parseSettingsFile(ROWS, 'styles: [arc, app-service]', 'f')).styles).toEqual([
    'arc',
    'app-service',
  ])
  expect(parseSettingsFile(ROWS, '# nothing\n', 'f')).toEqual({})
})

test('any text is either settings or a CliError', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(...Object.keys(ROWS)).map((name) => `${name}: 1`),
  )
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        parseSettingsFile(ROWS, lines.join('\n'), 'f')
      } catch (error) {
        expect(error).toBeInstanceOf(CliError)
      }
    }),
  )
})

for (const [text, address] of [
  ['', undefined],
  ['/run/cp.sock', { socket: '/run/cp.sock' }],
  ['./cp.sock', { socket: '/w/cp.sock' }],
  ['127.0.0.1:9464', { host: '127.0.0.1', port: 9464 }],
  ['[::1]:9464', { host: '::1', port: 9464 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
] as const) {
  test(`the address for health and metrics "${text}" is understood`, () => {
    const texts = { 'admin-address': { text, origin: 'f', folder: '/w' } }
    expect(parseSettings(CONTROL_PLANE_SETTINGS, texts)['admin-address']).toEqual(address)
  })
}

for (const text of ['9464', 'sock', '::1:9464', 'h:65536', 'h:']) {
  test(`"${text}" is no address for health and metrics`, () => {
    const texts = { 'admin-address': { text, origin: 'f', folder: '/w' } }
    expect(() => parseSettings(CONTROL_PLANE_SETTINGS, texts)).toThrow(
      expect.objectContaining({ code: 'argument_invalid' }),
    )
  })
}
