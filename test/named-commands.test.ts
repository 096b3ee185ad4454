/** Advice helps only if what it names is there: every `landfast …` in sentences and docs is a command with these flags. */

import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createProgram } from '../packages/cli/src/program.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PROGRAM = createProgram(() => {})

/** In a string of the sources: in quotes of its own, or up to the end of the string. */
const IN_SOURCE = [/"(?:sudo )?landfast ([a-z][^"]*)"/g, /[:;,] landfast ([a-z][^'"`\n]*)/g]

/** In a page: in backticks, or in a line of a block. */
const IN_PAGE = [/`(?:sudo )?landfast ([a-z][^`]*)`/g, /^(?:.*[ (])?landfast ([a-z].*)$/gm]

const BLOCK = /^```(?:sh|console)\n(.*?)^```/gms

/** What ends a command in a shell. */
const SHELL_END = /\s(?:[#|;&>]|--(?:\s|$)).*|[)"].*$/s

function sourceLines(): [string, string][] {
  const files = globSync('packages/*/src/**/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] })
  return files.flatMap((file) => {
    const text = readFileSync(ROOT + file, 'utf8').replaceAll(/\/\*.*?\*\/|^\s*\/\/.*$/gms, '')
    return linesIn(text, IN_SOURCE).map((line): [string, string] => [file, line])
  })
}

/** Not the changelog, which tells of commands that are refused, or are no more. */
const PAGES = globSync(['*.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/*.md'], {
  cwd: ROOT,
  exclude: ['CHANGELOG.md'],
})

/** Names of commands, perhaps with some flags. */
function pageNames(): [string, string][] {
  return PAGES.flatMap((file) => {
    const text = readFileSync(ROOT + file, 'utf8').replaceAll(BLOCK, '')
    return linesIn(text, IN_PAGE.slice(0, 1)).map((line): [string, string] => [file, line])
  })
}

/** Whole commands, which a reader copies. */
function pageBlocks(): [string, string][] {
  return PAGES.flatMap((file) => {
    const blocks = Array.from(readFileSync(ROOT + file, 'utf8').matchAll(BLOCK), ([, block = '']) =>
      block.replaceAll(/\\\n/g, ' '),
    )
    return linesIn(blocks.join(''), IN_PAGE.slice(1)).map((line): [string, string] => [file, line])
  })
}

function linesIn(text: string, patterns: readonly RegExp[]): string[] {
  return patterns.flatMap((pattern) => Array.from(text.matchAll(pattern), ([, line = '']) => line))
}

/** What is wrong with a command line, if anything is; one that `isWhole` has the flags that it must have. */
function faultOf(line: string, isWhole = false): string | undefined {
  const words = line.replace(SHELL_END, '').split(/\s+/)
  let command = PROGRAM
  while (command.commands.length > 0) {
    const below = command.commands.find((one) => one.name() === words[0])
    if (!below) break
    command = below
    words.shift()
  }
  if (command === PROGRAM || (command.commands.length > 0 && /^[a-z]/.test(words[0] ?? '')))
    return `no command "${words[0]}"`
  const unknown = words
    .filter((word) => /^-{1,2}[a-z]/.test(word))
    .map((word) => word.replace(/[=,.].*/, ''))
    .find(
      (flag) => flag !== '--help' && !command.options.some(({ short, long }) => [short, long].includes(flag)),
    )
  if (unknown) return `"${command.name()}" has no flag "${unknown}"`
  const missing = command.options.find(
    ({ mandatory, short, long }) => mandatory && !words.some((word) => word === short || word === long),
  )
  return isWhole && missing && !words.includes('--help') ? `"${missing.long}" is missing` : undefined
}

function faultsIn(lines: readonly [string, string][], isWhole = false): string[] {
  return lines.flatMap(([file, line]) => {
    const fault = faultOf(line, isWhole)
    return fault ? [`${file}: landfast ${line}: ${fault}`] : []
  })
}

test('every command that a sentence of ours names is there, with the flags', () => {
  const lines = sourceLines()
  expect(lines.length).toBeGreaterThan(40)
  expect(faultsIn(lines)).toEqual([])
})

test('every command in the docs is there, with the flags, and in a block with those that it must have', () => {
  const blocks = pageBlocks()
  expect(blocks.length).toBeGreaterThan(100)
  expect([...faultsIn(pageNames()), ...faultsIn(blocks, true)]).toEqual([])
})

test('a command or flag that is not there is found', () => {
  expect(faultOf('machine accept-restored web-1')).toBeUndefined()
  expect(faultOf('run --as arc -- anything --at all')).toBeUndefined()
  expect(faultOf('machines list')).toBe('no command "machines"')
  expect(faultOf('machine lst')).toBe('no command "lst"')
  expect(faultOf('machine list --nme x')).toBe('"list" has no flag "--nme"')
  expect(faultOf('identity assign cloud web-1')).toBeUndefined()
  expect(faultOf('identity assign cloud web-1', true)).toBe('"--machine" is missing')
  expect(faultOf('identity assign cloud --machine web-1', true)).toBeUndefined()
})
