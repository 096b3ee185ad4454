import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AGENT_SETTINGS } from './agent-settings.ts'
import { hasSetting, withSetting } from './settings-edit.ts'
import { parseSettingsFile } from './settings-file.ts'

const TEXT = `# of this host
port: 40342 # as SDKs have it

# who may have what
policy: /etc/landfast/policy.yaml
styles:
  - arc # first
  - vm
`

test('one setting is changed, and comments, order and other values stay', () => {
  expect(withSetting(TEXT, 'port', '1')).toBe(TEXT.replace('port: 40342', 'port: 1'))
  expect(withSetting(TEXT, 'key-group', 'web')).toBe(`${TEXT}key-group: web\n`)
  expect(withSetting(TEXT, 'styles', 'arc,vm')).toContain('styles: arc,vm')
  expect(withSetting(withSetting(TEXT, 'vm', 'yes'), 'vm', undefined)).toBe(TEXT)
})

test('the last setting that goes leaves the comments', () => {
  expect(withSetting('# mine\nport: 1\n', 'port', undefined)).toBe('# mine\n')
  expect(withSetting('', 'port', '1')).toBe('port: 1\n')
})

test('what is not there is cleared already, in a file without any setting too', () => {
  for (const text of ['', '# mine\n', 'port: 1\n', '{ "port": 1 }\n']) {
    expect(withSetting(text, 'policy', undefined)).toBe(text)
  }
})

test('whatever the value is, it is read back as it was given', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      const text = withSetting(TEXT, 'key-group', value)
      expect(hasSetting(text, 'key-group')).toBe(true)
      expect(parseSettingsFile(AGENT_SETTINGS, text, '/f')['key-group']?.text).toBe(value)
    }),
  )
})
