/** `landfast portal`: real processes against a real control plane, with a browser that notes what it is given. */

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { startAdministered } from './administered-site.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

const LINK = /^https:\/\/127\.0\.0\.1:\d+\/portal\/sign-in\/code\?code=[\w-]{43}$/

test('the link is printed, and a browser is given a file that no other user reads', async () => {
  const site = await startAdministered(command)
  const folder = join(site.folder, 'runtime')
  const programs = join(site.folder, 'bin')
  for (const made of [folder, programs]) mkdirSync(made, { mode: 0o700 })
  writeFileSync(join(programs, 'xdg-open'), `#!/bin/sh\nprintf %s "$*" > ${folder}/opened\n`)
  chmodSync(join(programs, 'xdg-open'), 0o755)
  const env = {
    ...site.home('administrator'),
    XDG_RUNTIME_DIR: folder,
    DISPLAY: ':99',
    PATH: `${programs}:${process.env.PATH}`,
  }
  const { code, stdout, stderr } = await command.run(['portal'], { env })
  expect([code, stderr]).toEqual([0, expect.stringContaining('a browser opens it; it is good once, until ')])
  const link = stdout.trim()
  expect(link).toMatch(LINK)
  const opened = readFileSync(join(folder, 'opened'), 'utf8')
  expect(opened).toBe(join(folder, 'landfast-portal.html'))
  expect(statSync(opened).mode & 0o777).toBe(0o600)
  expect(readFileSync(opened, 'utf8')).toContain(`content="0; url=${link}"`)
})

test('what lies in the place of the file is replaced, and a folder of others is given nothing', async () => {
  const site = await startAdministered(command)
  const [folder, open, programs] = ['own', 'open', 'bin'].map((name) => join(site.folder, name)) as [
    string,
    string,
    string,
  ]
  for (const made of [folder, open, programs]) mkdirSync(made, { mode: 0o700 })
  chmodSync(open, 0o777)
  writeFileSync(join(programs, 'xdg-open'), '#!/bin/sh\n')
  chmodSync(join(programs, 'xdg-open'), 0o755)
  const other = join(site.folder, 'other')
  writeFileSync(other, 'of another')
  symlinkSync(other, join(folder, 'landfast-portal.html'))
  const run = (runtime: string) =>
    command.run(['portal'], {
      env: {
        ...site.home('administrator'),
        XDG_RUNTIME_DIR: runtime,
        DISPLAY: ':99',
        PATH: `${programs}:${process.env.PATH}`,
      },
    })
  expect((await run(folder)).stderr).toContain('a browser opens it')
  expect(readFileSync(other, 'utf8')).toBe('of another')
  expect(lstatSync(join(folder, 'landfast-portal.html')).mode & 0o777).toBe(0o600)
  expect((await run(open)).stderr).toContain('open it in a browser')
  expect(existsSync(join(open, 'landfast-portal.html'))).toBe(false)
})

test('without a browser it is only printed', async () => {
  const site = await startAdministered(command)
  const env = {
    ...site.home('administrator'),
    DISPLAY: '',
    WAYLAND_DISPLAY: '',
    XDG_RUNTIME_DIR: site.folder,
  }
  const { stdout, stderr } = await command.run(['portal'], { env })
  expect([stdout.trim(), stderr]).toEqual([
    expect.stringMatching(LINK),
    expect.stringContaining('open it in a browser; it is good once'),
  ])
  const { url } = await site.read('portal')
  expect(url).toMatch(LINK)
  const machine = await command.run(['machine', 'show', 'web-1', '--web'], { env })
  const { searchParams } = new URL(machine.stdout.trim())
  expect(searchParams.get('back')).toMatch(
    /^\/portal\/subscriptions\/[^/]+\/resourceGroups\/landfast\/providers\/Microsoft\.HybridCompute\/machines\/web-1$/,
  )
})
