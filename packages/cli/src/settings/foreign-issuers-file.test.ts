import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { controlPlaneOptions } from './control-plane-options.ts'
import { CONTROL_PLANE_SETTINGS } from './control-plane-settings.ts'
import { readForeignIssuers } from './foreign-issuers-file.ts'
import { parseSettings } from './settings-table.ts'

function fileWith(text: string): { folder: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'ca.pem'), 'certificates')
  const file = join(folder, 'issuers.yaml')
  writeFileSync(file, text.replaceAll('$FOLDER', folder))
  return { folder, file }
}

const ISSUERS = `
https://kubernetes.default.svc.cluster.local:
  networks: [10.96.0.1/32, "fd00::/64"]
  ca-file: $FOLDER/ca.pem
https://github.corp.example/_services/token:
  networks:
    - 192.168.7.0/24
`

test('each issuer has its networks, and the CA that its file holds', async () => {
  expect(await readForeignIssuers(fileWith(ISSUERS).file)).toEqual({
    'https://kubernetes.default.svc.cluster.local': {
      networks: ['10.96.0.1/32', 'fd00::/64'],
      ca: 'certificates',
    },
    'https://github.corp.example/_services/token': { networks: ['192.168.7.0/24'] },
  })
})

test('the setting makes it an option of the control plane', async () => {
  const { file } = fileWith(ISSUERS)
  const texts = { 'foreign-issuers-file': { text: file, origin: 'f', folder: '/' } }
  const { foreignIssuers } = await controlPlaneOptions(parseSettings(CONTROL_PLANE_SETTINGS, texts))
  expect(Object.keys(foreignIssuers ?? {})).toHaveLength(2)
})

test('a relative path is meant from the folder of the file', async () => {
  const { file } = fileWith('https://a.example: { ca-file: ca.pem }')
  expect(await readForeignIssuers(file)).toMatchObject({ 'https://a.example': { ca: 'certificates' } })
})

test('an empty file allows nothing', async () => {
  expect(await readForeignIssuers(fileWith('# none yet\n').file)).toEqual({})
})

test.each([
  ['no YAML', 'a: [', 'config_invalid'],
  ['a list', '- https://issuer.example', 'config_invalid'],
  ['an issuer twice', 'https://a.example: {}\nhttps://a.example: {}', 'config_invalid'],
  ['an issuer without anything', 'https://a.example:', 'config_invalid'],
  ['an unknown key', 'https://a.example: { network: [10.0.0.0/8] }', 'config_invalid'],
  ['networks that are no list', 'https://a.example: { networks: 10.0.0.0/8 }', 'config_invalid'],
  ['a network that is no text', 'https://a.example: { networks: [10] }', 'config_invalid'],
  ['a path that only a shell knows', 'https://a.example: { ca-file: ~/ca.pem }', 'config_invalid'],
  ['a CA that is not there', 'https://a.example: { ca-file: $FOLDER/none.pem }', 'config_unreadable'],
])('%s is refused', async (_what, text, code) => {
  await expect(readForeignIssuers(fileWith(text).file)).rejects.toMatchObject({ code })
})

test('a file that is not there is said so', async () => {
  await expect(readForeignIssuers('/nowhere/issuers.yaml')).rejects.toMatchObject({
    code: 'config_unreadable',
  })
})
