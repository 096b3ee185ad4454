import { expect, test } from 'vitest'
import { createProgram } from './program.ts'
import { commandTree } from './usage/command-tree.ts'

test('wherever there is --json, -j is the same', () => {
  const flags = commandTree(createProgram(() => {})).flatMap((command) =>
    command.flags.filter(({ long }) => long === '--json').map(({ short }) => [command.path, short]),
  )
  expect(flags.length).toBeGreaterThan(10)
  expect(flags.filter(([, short]) => short !== '-j')).toEqual([])
})
