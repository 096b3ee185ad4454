import { chownSync, existsSync, rmSync, statSync, utimesSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { TrialCheckout } from '../test/checkout/trial-checkout.ts'
import { OTHER_USER } from '../test/cli/command.ts'
import { testWith } from '../test/privilege.ts'

const CLIENT = 'packages/client/src/index.ts'
const COMMAND = 'packages/cli/dist/main.js'
const LIBRARY = 'packages/agent/dist/machine/folder-lock.js'

/** The real one, in a fresh clone in which every bundling leaves a line. */
function makeCheckout(): TrialCheckout {
  const checkout = new TrialCheckout()
  onTestFinished(() => checkout.remove())
  const bundle = checkout.read('scripts/bundle.ts')
  const note = `import { appendFileSync } from 'node:fs'\nappendFileSync('${checkout.path('bundles.log')}', 'x')\n`
  checkout.write('scripts/bundle.ts', note + bundle)
  return checkout
}

function bundlings(checkout: TrialCheckout): number {
  return existsSync(checkout.path('bundles.log')) ? checkout.read('bundles.log').length : 0
}

async function expectToSay(checkout: TrialCheckout, word: string, ...prefix: string[]): Promise<void> {
  const { code, stdout, stderr } = await checkout.start(['landfast'], { prefix }).ended
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: `${word}\n` })
}

function say(checkout: TrialCheckout, word: string): void {
  checkout.write(CLIENT, `export const WORD: string = '${word}'\n`)
}

test('the command is built when it is first run, and again when its sources are others, by content', async () => {
  const checkout = makeCheckout()
  await expectToSay(checkout, 'first')
  const now = new Date()
  utimesSync(checkout.path(CLIENT), now, now)
  await expectToSay(checkout, 'first')
  expect(bundlings(checkout)).toBe(1)
  say(checkout, 'second')
  const longAgo = new Date(2000, 1)
  utimesSync(checkout.path(CLIENT), longAgo, longAgo)
  await expectToSay(checkout, 'second')
  expect(bundlings(checkout)).toBe(2)
})

test('it is built again with other tools, and where what was built is gone or changed', async () => {
  const checkout = makeCheckout()
  await expectToSay(checkout, 'first')
  rmSync(checkout.path('packages/cli/dist'), { recursive: true })
  await expectToSay(checkout, 'first')
  expect(bundlings(checkout)).toBe(2)
  checkout.write(COMMAND, 'half')
  await expectToSay(checkout, 'first')
  expect(bundlings(checkout)).toBe(3)
  checkout.write('package-lock.json', checkout.read('package-lock.json').replace('sha512-1', 'sha512-3'))
  await expectToSay(checkout, 'first')
  expect(bundlings(checkout)).toBe(4)
})

test('a test that changes has nothing built', async () => {
  const checkout = makeCheckout()
  await expectToSay(checkout, 'first')
  checkout.write('packages/client/src/index.test.ts', 'throw new Error()')
  await expectToSay(checkout, 'first')
  expect(bundlings(checkout)).toBe(1)
})

/** Has the next build stop in the middle until there is a file "go", and returns what was there before. */
function makeBundlingWait(checkout: TrialCheckout): string {
  const bundle = checkout.read('scripts/bundle.ts')
  const waits = `  process.stdout.write('half built\\n')
  const { existsSync } = await import('node:fs')
  while (!existsSync('${checkout.path('go')}')) await new Promise((resolve) => setTimeout(resolve, 20))
`
  checkout.write('scripts/bundle.ts', bundle.replace('  return together', `${waits}  return together`))
  return bundle
}

test('of commands that start at once one builds, and all of them run what was built', async () => {
  const checkout = makeCheckout()
  await expectToSay(checkout, 'first')
  say(checkout, 'second')
  makeBundlingWait(checkout)
  const first = checkout.start(['landfast'])
  await first.wrote('half built')
  const others = [checkout.start(['landfast']), checkout.start(['landfast'])]
  await Promise.all(others.map((other) => other.wrote('waiting for process')))
  checkout.write('go', '')
  for (const { code, stdout } of await Promise.all([first, ...others].map(({ ended }) => ended))) {
    expect(stdout).toMatch(/second\n$/)
    expect(code).toBe(0)
  }
  expect(bundlings(checkout)).toBe(2)
})

test('a build that is killed half-way is not run, and keeps nobody from the next', async () => {
  const checkout = makeCheckout()
  await expectToSay(checkout, 'first')
  const bundle = makeBundlingWait(checkout)
  say(checkout, 'second')
  const killed = checkout.start(['landfast'])
  await killed.wrote('half built')
  checkout.kill(killed)
  await killed.ended
  // The sources of the last build, with what is left of the one that was killed.
  checkout.write('scripts/bundle.ts', bundle)
  say(checkout, 'first')
  await expectToSay(checkout, 'first')
  expect(bundlings(checkout)).toBe(2)
  say(checkout, 'third')
  await expectToSay(checkout, 'third')
})

test('a command that runs finds the parts of its own build after others were built', async () => {
  const checkout = makeCheckout()
  const running = checkout.start(['landfast', 'late'])
  await running.wrote('first')
  checkout.write('packages/cli/src/late.ts', "export const LATE: string = 'late of second'\n")
  say(checkout, 'second')
  await expectToSay(checkout, 'second')
  running.child.stdin?.end()
  expect(await running.ended).toMatchObject({ code: 0, stdout: 'first\nlate of first' })
})

test('"build" compiles the libraries as well, and ends with the compiler’s exit code', async () => {
  const checkout = makeCheckout()
  checkout.write('packages/agent/dist/left.js', '')
  expect(await checkout.start(['build']).ended).toMatchObject({ code: 0, stdout: '' })
  expect(
    [LIBRARY, COMMAND, 'packages/agent/dist/left.js'].map((path) => existsSync(checkout.path(path))),
  ).toEqual([true, true, false])
  checkout.write('packages/agent/src/index.ts', "export const WRONG: number = 'a word'\n")
  const { code, stdout } = await checkout.start(['build']).ended
  expect(stdout).toContain("packages/agent/src/index.ts(1,14): error TS2322: Type 'string' is not assignable")
  expect(code).toBeGreaterThan(0)
  expect(existsSync(checkout.path(LIBRARY))).toBe(true)
})

test('what cannot be bundled is said once, and ends with 1', async () => {
  const checkout = makeCheckout()
  checkout.write('packages/cli/src/late.ts', "import './nowhere.ts'\n")
  const { code, stderr } = await checkout.start(['landfast']).ended
  expect(code).toBe(1)
  expect(stderr.match(/nowhere/g)).toHaveLength(2)
  expect(stderr).not.toMatch(/^ +at /m)
})

testWith(
  ['root', 'setpriv'],
  'another user runs what root has built, and is told what to do where something has changed',
  async () => {
    const checkout = makeCheckout()
    await expectToSay(checkout, 'first')
    await expectToSay(checkout, 'first', 'setpriv', ...OTHER_USER)
    say(checkout, 'second')
    expect(await checkout.start(['landfast'], { prefix: ['setpriv', ...OTHER_USER] }).ended).toMatchObject({
      code: 1,
      stderr: `landfast: this checkout has to be built, since it is not what was built last, but user "54321" may not write to "${checkout.path('packages/dist/locks/build/.lock')}"
hint: run "npm run build" as user "root", the owner of "${checkout.folder}/", or work in a clone of your own
`,
    })
    expect(statSync(checkout.path(COMMAND)).uid).toBe(0)
  },
)

testWith(['root', 'setpriv'], 'the owner of a checkout is told what root has left there', async () => {
  const checkout = makeCheckout()
  await expectToSay(checkout, 'first')
  chownSync(checkout.folder, 54_321, 54_322)
  say(checkout, 'second')
  expect(await checkout.start(['landfast'], { prefix: ['setpriv', ...OTHER_USER] }).ended).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`yourself: "sudo chown -R 54321 ${checkout.folder}/"\n`),
  })
})
