import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { findPython } from '../scripts/python.ts'
import { testWith } from '../test/privilege.ts'
import { readClientFolder } from './client-folder.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

/** The folder that the README shows. */
function shownFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'own-client-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  const [, section = ''] = readme.split('## Your own client')
  const [, description = ''] = /```json\n([^`]+)```/.exec(section) ?? []
  const [, program = ''] = /```python\n([^`]+)```/.exec(section) ?? []
  expect(`${description}${program}`.trim().split('\n').filter(Boolean).length).toBeLessThanOrEqual(15)
  writeFileSync(join(folder, 'client.json'), description)
  writeFileSync(join(folder, 'client.py'), program)
  return folder
}

testWith(
  ['linux', 'namespaces', 'ip'],
  'the fifteen lines of the README are a client of the table',
  async ({ skip }) => {
    if (!findPython()) return skip('there is no Python with the Azure clients')
    const cases = ['system-assigned', 'wrong-resource'].flatMap((name) => ['--case', name])
    const args = [
      MAIN,
      '--client-folder',
      shownFolder(),
      '--json',
      '--style',
      'arc',
      '--style',
      'vm',
      ...cases,
    ]
    const env = { ...process.env, LANDFAST_TEST_TOTALS: '' }
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', ...args], { env })
    const cells: { style: string; name: string; colour: string }[] = JSON.parse(stdout)
    const tried = cells.filter(({ colour }) => colour !== 'not offered')
    expect(tried.map(({ style, name, colour }) => `${style} ${name} ${colour}`).toSorted()).toEqual([
      'arc system-assigned green',
      'arc wrong-resource green',
      'vm system-assigned green',
      'vm wrong-resource green',
    ])
  },
)

test('a folder without a whole client.json is refused by what it lacks', () => {
  const folder = shownFolder()
  writeFileSync(join(folder, 'client.json'), '{ "language": "Python" }')
  expect(() => readClientFolder(folder)).toThrow('it lacks "clients"')
  expect(() => readClientFolder(join(folder, 'absent'))).toThrow('absent/client.json" is no client.json')
})
