import { expect, onTestFinished, test } from 'vitest'
import { TrialCheckout } from '../test/checkout/trial-checkout.ts'
import type { Running } from '../test/cli/command.ts'

/** Installs a word into a folder, in two steps; between them it may wait for a file. */
const PROGRAM = `import { appendFileSync, existsSync, writeFileSync, writeSync } from 'node:fs'
import { installOnce } from './scripts/installed-folder.ts'
const [content = '', how] = process.argv.slice(2)
const folder = import.meta.dirname + '/node_modules/.thing'
const done = installOnce('thing', { folder, content, install(place) {
  appendFileSync(import.meta.dirname + '/installations.log', 'x')
  writeFileSync(place + '/word', 'half')
  if (how === 'waits') {
    writeSync(1, 'half installed')
    const cell = new Int32Array(new SharedArrayBuffer(4))
    while (!existsSync(import.meta.dirname + '/go')) Atomics.wait(cell, 0, 0, 20)
  }
  writeFileSync(place + '/word', content)
  return how !== 'fails'
} })
process.exitCode = done ? 0 : 1
`

function makeCheckout(): TrialCheckout {
  const checkout = new TrialCheckout()
  onTestFinished(() => checkout.remove())
  checkout.write('install.ts', PROGRAM)
  checkout.write('node_modules/of-npm', '')
  return checkout
}

function install(checkout: TrialCheckout, ...args: string[]): Running {
  return checkout.startFile('install.ts', args)
}

async function expectInstalled(checkout: TrialCheckout, word: string, installations: number): Promise<void> {
  expect((await install(checkout, word).ended).code).toBe(0)
  expect(checkout.read('node_modules/.thing/word')).toBe(word)
  expect(checkout.read('installations.log')).toHaveLength(installations)
}

test('of several at once one installs, and again only for another content', async () => {
  const checkout = makeCheckout()
  const first = install(checkout, 'first', 'waits')
  await first.wrote('half installed')
  const others = [install(checkout, 'first'), install(checkout, 'first')]
  await Promise.all(others.map((other) => other.wrote('waiting for process')))
  checkout.write('go', '')
  const ended = await Promise.all([first, ...others].map(({ ended }) => ended))
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0])
  await expectInstalled(checkout, 'first', 1)
  await expectInstalled(checkout, 'second', 2)
  await expectInstalled(checkout, 'second', 2)
})

test('one that fails, or is killed half-way, leaves what was there, and the next installs', async () => {
  const checkout = makeCheckout()
  await expectInstalled(checkout, 'first', 1)
  expect((await install(checkout, 'second', 'fails').ended).code).toBe(1)
  const killed = install(checkout, 'second', 'waits')
  await killed.wrote('half installed')
  killed.child.kill('SIGKILL')
  await killed.ended
  await expectInstalled(checkout, 'first', 3)
  await expectInstalled(checkout, 'second', 4)
})
