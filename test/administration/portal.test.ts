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
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCommand, type TestCommand } from '../cli/command.ts'
import { GROUP } from '../connect/connected-site.ts'
import { type AdministeredSite, startAdministered } from './administered-site.ts'

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
  const { stderr } = await run(open)
  expect(stderr).toContain(
    `no browser was opened: the folder "${open}" of XDG_RUNTIME_DIR is not this user's`,
  )
  expect(stderr).toContain('open it in a browser')
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
  expect(stderr).not.toContain('no browser was opened')
  const { url } = await site.read('portal')
  expect(url).toMatch(LINK)
})

describe('where there is a display, it is said why no browser was opened:', () => {
  test.each<[why: string, said: string, set: (site: AdministeredSite) => NodeJS.Dict<string>]>([
    ['no folder is named', 'the variable XDG_RUNTIME_DIR is not set', () => ({ XDG_RUNTIME_DIR: '' })],
    ['the folder is missing', 'cannot be used (ENOENT)', () => ({ XDG_RUNTIME_DIR: '/nowhere' })],
    ['nothing opens it', 'there is no program "xdg-open"', () => ({})],
    ['what opens it fails', '"xdg-open" failed', failingProgram],
  ])('%s', async (_, said, set) => {
    const site = await startAdministered(command)
    const runtime = join(site.folder, 'runtime')
    mkdirSync(runtime, { mode: 0o700 })
    const nothing = join(site.folder, 'nothing')
    const given = { ...site.home('administrator'), XDG_RUNTIME_DIR: runtime, DISPLAY: ':99', PATH: nothing }
    const { code, stdout, stderr } = await command.run(['portal'], { env: { ...given, ...set(site) } })
    expect([code, stdout.trim()], stderr).toEqual([0, expect.stringMatching(LINK)])
    expect(stderr).toContain(`no browser was opened: `)
    expect(stderr).toContain(said)
  })
})

function failingProgram({ folder }: AdministeredSite): NodeJS.Dict<string> {
  const programs = join(folder, 'bin')
  mkdirSync(programs)
  writeFileSync(join(programs, 'xdg-open'), '#!/bin/sh\nexit 3\n')
  chmodSync(join(programs, 'xdg-open'), 0o755)
  return { PATH: `${programs}:${process.env.PATH}` }
}

test('"machine show --web" links to the page of a machine that there is, and of no other', async () => {
  const site = await startAdministered(command)
  const connect = ['connect', '--join-token-file', '-', '-n', 'web-1', '--state-dir', join(site.folder, 'm')]
  const input = await site.joinToken()
  expect(await command.run(connect, { input })).toMatchObject({ code: 0 })
  const show = (...args: string[]) => site.run('machine', 'show', ...args, '-g', GROUP)
  const shown = await show('web-1', '--web', '--no-browser')
  expect([shown.code, shown.stderr]).toEqual([0, expect.stringContaining('open it in a browser')])
  const { searchParams } = new URL(shown.stdout.trim())
  expect(searchParams.get('back')).toMatch(
    /^\/portal\/subscriptions\/[^/]+\/resourceGroups\/servers\/providers\/Microsoft\.HybridCompute\/machines\/web-1$/,
  )
  const missing = await show('nope', '--web')
  expect(missing).toMatchObject({ code: 1, stdout: '', stderr: (await show('nope')).stderr })
  expect(missing.stderr).toContain('ResourceNotFound')
})

test('where the portal is switched off, the command says so and what to do', async () => {
  const site = await startAdministered(command, { portal: false })
  const { code, stdout, stderr } = await site.run('portal')
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(`the control plane at "${site.url}" has no portal: it is switched off there`)
  expect(stderr).toContain('hint: its operator switches it on: the setting "portal"')
})
