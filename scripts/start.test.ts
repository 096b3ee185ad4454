import { existsSync, renameSync, rmSync, utimesSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { TrialCheckout } from '../test/checkout/trial-checkout.ts'

function makeCheckout(): TrialCheckout {
  const checkout = new TrialCheckout()
  onTestFinished(() => checkout.remove())
  return checkout
}

async function makeInstalled(): Promise<TrialCheckout> {
  const checkout = makeCheckout()
  await expectToRun(checkout)
  expect(checkout.installations()).toBe(1)
  return checkout
}

/** A task that needs nothing but what is installed. */
async function expectToRun(checkout: TrialCheckout): Promise<void> {
  expect(await checkout.start(['no-task']).ended).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no task "no-task"'),
  })
}

test('a clone that gets a copy of what is installed elsewhere installs nothing, whatever the times of the files', async () => {
  const installed = await makeInstalled()
  const clone = makeCheckout()
  renameSync(installed.path('node_modules'), clone.path('node_modules'))
  rmSync(clone.path('node_modules/.landfast-installed'))
  const longAgo = new Date(2000, 1)
  utimesSync(clone.path('node_modules/.package-lock.json'), longAgo, longAgo)
  await expectToRun(clone)
  expect(clone.installations()).toBe(0)
})

/** Another version of the package that both lists name. */
function changeLockFile(checkout: TrialCheckout): void {
  checkout.write('package-lock.json', checkout.read('package-lock.json').replace('sha512-1', 'sha512-3'))
}

/** What "npm run setup:parts" installs, and what it may install one day. */
const BESIDE = [
  ...['.python', '.go-cloud', '.keycloak', '.msal-go', '.of-tomorrow'].map((name) => `${name}/installed.txt`),
  ...['.conformance/go.built', '.node-programs/node', '.debian-packages/a.deb'],
]

test('a changed lock file is installed, once, although its time is older, and what npm did not install stays', async () => {
  const checkout = await makeInstalled()
  for (const file of BESIDE) checkout.write(`node_modules/${file}`, 'by another')
  changeLockFile(checkout)
  const longAgo = new Date(2000, 1)
  utimesSync(checkout.path('package-lock.json'), longAgo, longAgo)
  await expectToRun(checkout)
  await expectToRun(checkout)
  expect(checkout.installations()).toBe(2)
  for (const file of BESIDE) expect(checkout.read(`node_modules/${file}`)).toBe('by another')
})

test('of commands that start at once in a fresh clone one installs, and the others wait for it', async () => {
  const checkout = makeCheckout()
  const first = checkout.start(['no-task'], { env: { TRIAL_NPM: 'waits' } })
  await first.wrote('half installed')
  const others = ['one', 'two'].map((name) => checkout.start([name]))
  await Promise.all(others.map((other) => other.wrote('waiting for process')))
  checkout.write('go', '')
  for (const { code, stderr } of await Promise.all([first, ...others].map(({ ended }) => ended))) {
    expect(stderr).toContain('the tasks are')
    expect(code).toBe(2)
  }
  expect(checkout.installations()).toBe(1)
})

test('where the registry does not answer, what was installed stays', async () => {
  const checkout = await makeInstalled()
  const locked = checkout.read('package-lock.json')
  changeLockFile(checkout)
  expect(await checkout.start(['no-task'], { env: { TRIAL_NPM: 'fails' } }).ended).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('hint: look at its message above; is the registry reachable?'),
  })
  checkout.write('package-lock.json', locked)
  await expectToRun(checkout)
  expect(checkout.installations()).toBe(2)
})

test('an installation that is killed half-way is nowhere, and the next command installs', async () => {
  const checkout = await makeInstalled()
  changeLockFile(checkout)
  const killed = checkout.start(['no-task'], { env: { TRIAL_NPM: 'waits' } })
  await killed.wrote('half installed')
  checkout.kill(killed)
  expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' })
  expect(existsSync(checkout.path('node_modules/tool/version'))).toBe(true)
  await expectToRun(checkout)
  expect(checkout.installations()).toBe(3)
})

test('an npm whose parent was killed disturbs no other installation', async () => {
  const checkout = makeCheckout()
  const left = checkout.start(['no-task'], { env: { TRIAL_NPM: 'waits' } })
  await left.wrote('half installed')
  process.kill(JSON.parse(checkout.read('packages/dist/locks/install/.lock-holder.json')).pid, 'SIGKILL')
  await expectToRun(checkout)
  checkout.kill(left)
  await left.ended
  await expectToRun(checkout)
  expect(checkout.installations()).toBe(2)
})

test('npm installs in the checkout, wherever it was itself told to be', async () => {
  const checkout = makeCheckout()
  const env = { npm_config_prefix: '/nowhere', npm_config_local_prefix: '/nowhere' }
  expect((await checkout.start(['no-task'], { env }).ended).code).toBe(2)
  expect(existsSync(checkout.path('node_modules/tool/version'))).toBe(true)
})

test('a package.json that asks for what is not locked is named, and nothing is installed', async () => {
  const checkout = await makeInstalled()
  checkout.write(
    'packages/agent/package.json',
    checkout.read('packages/agent/package.json').replace('1.0.0', '2.0.0'),
  )
  expect(await checkout.start(['no-task']).ended).toMatchObject({
    code: 1,
    stderr: `landfast: "packages/agent/package.json" asks for other packages than package-lock.json has for it
hint: run "npm install", which brings package-lock.json up to date
`,
  })
  expect(checkout.installations()).toBe(1)
})
