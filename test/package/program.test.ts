/** The program of packages, with a stand-in for its Node that says what it was started with. */

import { spawnSync } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT, trialFolder } from './trial-build.ts'

function startedWith(...args: readonly string[]): string[] {
  const folder = trialFolder('program')
  copyFileSync(join(ROOT, 'packaging/program/landfast'), join(folder, 'landfast'))
  writeFileSync(join(folder, 'node'), '#!/bin/sh\nfor one; do echo "$one"; done\n', { mode: 0o755 })
  const { stdout } = spawnSync('sh', [join(folder, 'landfast'), ...args], { encoding: 'utf8' })
  return stdout.replaceAll(`${folder}/`, '').trimEnd().split('\n')
}

const SMALL = ['--max-semi-space-size=1']

test('an agent starts by itself and runs in little memory, and every argument arrives as it is', () => {
  const args = ['agent', '--config', '/etc/a b.yaml', '']
  expect(startedWith(...args, 'x')).toEqual([...SMALL, 'dist/agent.cjs', ...args, 'x'])
})

test.each([[[]], [['show', 'agent']], [['control-plane']]])('%j runs as Node has it', (args) => {
  expect(startedWith(...args)).toEqual(['dist/main.js', ...args])
})

test('this Node has what the agent is started with', () => {
  expect(spawnSync(process.execPath, [...SMALL, '-e', ''], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  })
})
