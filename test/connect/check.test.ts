/** What `landfast check` finds on real hosts: before and after connecting, with a private CA, and by an ordinary user. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Finding } from '../../packages/cli/src/check/finding.ts'
import { type Ended, makeCommand, OTHER_USER, type TestCommand } from '../cli/command.ts'
import { testWith } from '../privilege.ts'
import { startConnectProxy } from '../proxy/connect-proxy.ts'
import { startSite } from './connected-site.ts'

let command: TestCommand
beforeAll(async () => {
  command = await makeCommand()
})
afterAll(() => command.remove())

function statusesOf({ stdout }: Ended): Record<string, string> {
  const findings: Finding[] = JSON.parse(stdout)
  return Object.fromEntries(findings.map(({ code, status }) => [code, status]))
}

function findingIn({ stdout }: Ended, code: string): Finding | undefined {
  return (JSON.parse(stdout) as Finding[]).find((finding) => finding.code === code)
}

const WELL = { dns: 'ok', tcp: 'ok', tls: 'ok', clock: 'ok', authority: 'ok', issuer: 'ok' }

test('before connecting, a private CA is named with the file that helps, and by that file all is well', async () => {
  const site = await startSite()
  const args = ['check', '--json', '--url', site.url, '--state-dir', join(site.folder, 'state')]
  const without = await command.run(args)
  expect(without.code).toBe(26)
  expect(statusesOf(without)).toMatchObject({
    machine: 'warn',
    dns: 'ok',
    tcp: 'ok',
    tls: 'fail',
    authority: 'fail',
  })
  expect(findingIn(without, 'tls')).toMatchObject({
    what: expect.stringContaining('nothing here trusts that CA'),
  })
  const given = await command.run([...args, '--ca-file', site.caFile])
  expect(statusesOf(given)).toMatchObject({ ...WELL, machine: 'warn', agent: 'skip' })
})

test('after connecting, nothing has to be named; a line each for people', async () => {
  const site = await startSite()
  const state = join(site.folder, 'state')
  const input = await site.joinToken()
  await command.run(['connect', '-n', 'web-1', '--join-token-file', '-', '--state-dir', state], { input })
  const json = await command.run(['check', '--json', '--state-dir', state])
  expect(statusesOf(json)).toMatchObject({ ...WELL, machine: 'ok', certificate: 'ok', agent: 'fail' })
  const lines = await command.run(['check', '--state-dir', state])
  expect(lines.stdout).toMatch(/^ok {4}machine {6}connected as \/subscriptions\/.*\/web-1$/m)
  expect(lines.stdout).toMatch(
    /^fail {2}agent {8}no agent answers at ".*agent\.sock": ENOENT; start it: .*$/m,
  )
  expect(lines.stdout).not.toContain('PRIVATE KEY')
})

testWith(['root', 'setpriv'], 'an ordinary user is told what only others can see', async () => {
  const site = await startSite()
  const state = join(site.folder, 'state')
  const input = await site.joinToken()
  await command.run(['connect', '-n', 'web-1', '--join-token-file', '-', '--state-dir', state], { input })
  const prefix = ['setpriv', ...OTHER_USER]
  const ended = await command.run(['check', '--json', '--state-dir', state], { prefix })
  expect(statusesOf(ended)).toMatchObject({ machine: 'skip', certificate: 'skip' })
  expect(findingIn(ended, 'machine')?.what).toContain('cannot be seen')
})

test('settings that are refused are named, and the rest is looked at all the same', async () => {
  const folder = join(command.folder, 'settings')
  mkdirSync(folder)
  const file = join(folder, 'agent.yaml')
  writeFileSync(file, 'prot: 1\n', { mode: 0o600 })
  const ended = await command.run(['check', '--json', '--config', file, '--state-dir', join(folder, 'state')])
  expect(ended.code).toBe(19)
  expect(findingIn(ended, 'settings')).toMatchObject({
    status: 'fail',
    what: expect.stringContaining('"prot"'),
  })
  expect(statusesOf(ended).machine).toBe('warn')
})

test('a name without address, a closed port and a server that says nothing each end in bounded time', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  onTestFinished(() => void silent.close())
  const { port } = silent.address() as { port: number }
  const check = (url: string) =>
    command.run(['check', '--json', '--url', url, '--state-dir', '/nowhere/state'])
  const [nameless, closed, mute] = await Promise.all([
    check('https://no-such-name.invalid:8443'),
    check('https://127.0.0.1:9'),
    check(`https://127.0.0.1:${port}`),
  ])
  expect([nameless.code, closed.code, mute.code]).toEqual([26, 26, 26])
  expect(statusesOf(nameless)).toMatchObject({ dns: 'fail', tcp: 'skip', tls: 'skip' })
  expect(statusesOf(closed)).toMatchObject({ dns: 'ok', tcp: 'fail', tls: 'skip' })
  expect(findingIn(mute, 'tls')).toMatchObject({
    status: 'fail',
    what: expect.stringContaining('no answer within'),
  })
})

test('through a proxy, its name and port are looked at, and the certificate at the end of the tunnel', async () => {
  const site = await startSite()
  const proxy = await startConnectProxy({ port: Number(new URL(site.url).port) })
  const url = 'https://id.example.invalid:8443'
  const args = ['check', '--json', '--url', url, '--ca-file', site.caFile, '--state-dir', '/nowhere/state']
  const ended = await command.run([...args, '--proxy-url', proxy.url])
  expect(findingIn(ended, 'proxy')).toMatchObject({ status: 'ok', what: expect.stringContaining(proxy.url) })
  expect(statusesOf(ended)).toMatchObject({ dns: 'ok', tcp: 'ok', tls: 'fail' })
  expect(findingIn(ended, 'tls')?.what).toContain('and not for "id.example.invalid"')
  expect(new Set(proxy.asked.map(({ target }) => target))).toEqual(new Set(['id.example.invalid:8443']))
  await proxy.stop()
  const away = await command.run(args, { env: { HTTPS_PROXY: proxy.url } })
  expect(findingIn(away, 'tcp')).toMatchObject({
    status: 'fail',
    what: expect.stringContaining('of the proxy'),
  })
  const wrong = await command.run(args, { env: { HTTPS_PROXY: 'socks5://127.0.0.1:1' } })
  expect(wrong.code).toBe(26)
  expect(statusesOf(wrong)).toMatchObject({ proxy: 'fail', dns: 'skip', tls: 'skip', authority: 'skip' })
})
