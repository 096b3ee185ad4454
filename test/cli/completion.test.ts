/** Completion in real shells and the manual in real readers, both made from the commands' own declarations. */

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProgram } from '../../packages/cli/src/program.ts'
import { commandTree } from '../../packages/cli/src/usage/command-tree.ts'
import { writeManual } from '../../scripts/manual.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { testWith } from '../privilege.ts'
import { makeCommand, type TestCommand } from './command.ts'

const TREE = commandTree(createProgram(() => {}))

let folder: string
let command: TestCommand
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manual-test-'))
  writeManual(folder, '2026-01-31')
  command = await makeCommand()
})
afterAll(() => {
  command.remove()
  rmSync(folder, { recursive: true })
})

/** What a shell offers for a command line whose last word is being typed. */
type Complete = (words: readonly string[]) => string[]

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '')

/** Words are given as bash breaks them. */
const bash: Complete = (words) => {
  const script = `source ${folder}/completion/bash/landfast
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _landfast; printf '%s\\n' "\${COMPREPLY[@]}"`
  return lines(execFileSync('bash', ['-c', script, 'bash', 'landfast', ...words], { encoding: 'utf8' }))
}

/** The functions of its completion system print what they are given. */
const zsh: Complete = (words) => {
  const script = `compdef() { :; }; compset() { :; }; _files() { print -r -- files $@; }
    compadd() { shift; print -rl -- $@; }; _describe() { print -rl -- \${found%%:*}; }
    source ${folder}/completion/zsh/_landfast; words=("$@"); CURRENT=$#; _landfast`
  const last = words.at(-1)?.replace(/^.*=/, '') ?? ''
  const offered = execFileSync('zsh', ['-fc', script, 'zsh', 'landfast', ...words], { encoding: 'utf8' })
  return lines(offered).filter((word) => word.startsWith(last) || word.startsWith('files'))
}

const fish: Complete = (words) => {
  const script = `source ${folder}/completion/fish/landfast.fish; complete -C "landfast $argv"`
  const env = { ...MOVED_CLOCK, PATH: process.env.PATH, HOME: folder }
  const offered = execFileSync('fish', ['--no-config', '-c', script, ...words], { encoding: 'utf8', env })
  return lines(offered).map((line) => line.split('\t')[0] ?? '')
}

const STYLES = ['arc', 'app-service', 'app-service-2017', 'azure-ml']

for (const [name, complete, needs] of [
  ['bash', bash, []],
  ['zsh', zsh, ['zsh']],
  ['fish', fish, ['fish']],
] as const) {
  testWith(
    needs,
    `${name} completes commands, commands below them, flags and the words that a flag takes`,
    () => {
      expect(complete(['ma'])).toEqual(['machine'])
      expect(complete(['machine', 'li'])).toEqual(['list'])
      expect(complete(['machine', 'list', '--js'])).toEqual(['--json'])
      expect(complete(['run', '--as', 'a']).sort()).toEqual(STYLES.toSorted())
      expect(complete(['agent', '--vm', 'y'])).toEqual(['yes'])
      expect(complete(['completion', 'z'])).toEqual(['zsh'])
      expect(complete(['control-plane', '--state-dir', 'audit', 'au'])).toEqual(['audit'])
      expect(complete(['extens'])).toEqual([])
    },
  )
}

test('bash completes a word behind "=", and paths', () => {
  expect(bash(['run', '--as', '=', 'v'])).toEqual(['vm'])
  expect(bash(['run', '--as', '='])).toContain('cloud-shell')
  expect(bash(['run', '--state-dir', `${folder}/man`])).toEqual([`${folder}/man1`])
  expect(bash(['check', '--config', `${folder}/man1/landfast.`])).toEqual([`${folder}/man1/landfast.1`])
  expect(bash(['run', '--', 'ls', '-'])).toEqual([])
})

test('bash offers every command with every flag that help shows', () => {
  for (const { path, commands, flags } of TREE) {
    const offered = bash([...path.split(' ').filter((word) => word !== ''), ''])
    const expected = [...commands.map(({ name }) => name), ...flags.map(({ long }) => long)]
    expect(offered).toEqual(expect.arrayContaining(expected))
  }
})

test('the command prints the same scripts, and refuses another shell', async () => {
  const printed = await command.run(['completion', 'bash'])
  expect(printed).toMatchObject({ code: 0, stderr: '' })
  expect(printed.stdout).toBe(readFileSync(join(folder, 'completion/bash/landfast'), 'utf8'))
  expect(await command.run(['completion', 'csh'])).toMatchObject({ code: 23, stdout: '' })
})

test('there is a page for the program and for each of its commands, with every flag', () => {
  const [program, ...others] = TREE
  const names = program?.commands.map(({ name }) => `landfast-${name}.1`) ?? []
  expect(readdirSync(join(folder, 'man1')).sort()).toEqual(['landfast.1', ...names].sort())
  for (const { path, flags } of others) {
    const page = readFileSync(join(folder, 'man1', `landfast-${path.split(' ')[0]}.1`), 'utf8').replaceAll(
      '\\-',
      '-',
    )
    for (const { long } of flags) expect(page).toContain(`\\fB${long}\\fR`)
  }
  expect(readFileSync(join(folder, 'man1/landfast.1'), 'utf8')).toMatch(/\.TP\n\.B 26\n.*control plane/)
})

testWith(['mandoc'], 'readers of manual pages have nothing to complain of', () => {
  const pages = readdirSync(join(folder, 'man1')).map((name) => join(folder, 'man1', name))
  const { stdout, stderr } = spawnSync('mandoc', ['-Tlint', '-Wwarning', ...pages], { encoding: 'utf8' })
  expect(stdout + stderr).toBe('')
  const shown = execFileSync('mandoc', ['-Thtml', join(folder, 'man1/landfast-config.1')], {
    encoding: 'utf8',
  })
  expect(shown).toContain('sudo landfast config set log-level warn')
})
