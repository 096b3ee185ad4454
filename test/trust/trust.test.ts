/** `landfast trust` at issuers that are not what they should be, and at a control plane's own. */

import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TARGET_NAMES } from '../../packages/cli/src/trust/target-names.ts'
import { makeCertificate } from '../../packages/control-plane/src/testing/issuer-keys.ts'
import { makeCommand, type Running, type TestCommand } from '../cli/command.ts'

const KEY = { kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'one', n: 'n', e: 'AQAB' }

let command: TestCommand
let issuer: string
let caFile: string
let dev: Running
let devArgs: string[]
const server = createServer()

/** What the server answers, by path. */
let answers: Record<string, (outgoing: ServerResponse) => void> = {}

beforeAll(async () => {
  command = await makeCommand()
  const { key, certificate } = await makeCertificate([{ type: 'ip', value: '127.0.0.1' }])
  caFile = join(command.folder, 'issuer-ca.pem')
  writeFileSync(caFile, certificate)
  server.setSecureContext({ key, cert: certificate })
  server.on('request', ({ url = '' }, outgoing) => {
    const answer = answers[url] ?? ((one: ServerResponse) => one.writeHead(404).end())
    answer(outgoing)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  dev = command.start(['dev', '--json', '--state-dir', join(command.folder, 'dev')])
  await dev.wrote('"pid"')
  const { controlPlaneUrl, caFile: ca } = JSON.parse(dev.stdout)
  devArgs = ['--url', controlPlaneUrl, '--ca-file', ca]
})

afterAll(async () => {
  server.close()
  dev.child.kill('SIGTERM')
  await dev.ended
  command.remove()
})

function json(value: unknown): (outgoing: ServerResponse) => void {
  return (outgoing) => outgoing.setHeader('Content-Type', 'application/json').end(JSON.stringify(value))
}

const CONFIGURATION = '/.well-known/openid-configuration'

/** Serves documents that are good, but for what is given. */
function serve(document: object = {}, keys: readonly object[] = [KEY]): void {
  const stated = {
    issuer,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: ['sub'],
  }
  answers = { [CONFIGURATION]: json({ ...stated, ...document }), '/keys': json({ keys }) }
}

async function trust(target: string, ...args: string[]) {
  const { code, stdout, stderr } = await command.run(['trust', target, '--json', ...args])
  return { code, stderr, ...JSON.parse(stdout) }
}

function details(findings: { check: string; outcome: string; detail: string }[], check: string): string {
  const found = findings.filter((finding) => finding.check === check)
  return found.map(({ outcome, detail }) => `${outcome}: ${detail}`).join('\n')
}

const byCa = () => ['--issuer', issuer, '--ca-file', caFile]

test('an issuer with a private CA is accepted where that CA can be named, which the recipe does', async () => {
  serve()
  const { code, findings, commands } = await trust('vault', ...byCa())
  expect(details(findings, 'reachable')).toMatch(/^ok:/)
  expect(code).toBe(0)
  expect(commands[1]).toContain(`oidc_discovery_ca_pem=@${caFile}`)
})

test('the same issuer is refused for a port, a private CA and a private address where others ask from the internet', async () => {
  serve()
  const { code, findings } = await trust('aws', ...byCa())
  expect(code).toBe(1)
  expect(details(findings, 'port')).toMatch(/^refused: AWS asks at port 443 alone/)
  expect(details(findings, 'reachable')).toMatch(/^refused: only a private CA vouches/)
  expect(details(findings, 'reachable')).toContain('landfast control-plane export-discovery')
})

test('without an issuer the next step is said once', async () => {
  const { code, stderr } = await command.run(['trust', 'aws'])
  expect(code).toBe(16)
  expect(stderr.match(/name the control plane/g)).toHaveLength(1)
})

test('without a target those there are are listed, one line each, with an example', async () => {
  const { code, stdout, stderr } = await command.run(['trust'])
  expect([
    code,
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]),
  ]).toEqual([0, TARGET_NAMES])
  expect(stderr).toContain('landfast trust aws')
  const targets = JSON.parse((await command.run(['trust', '-j'])).stdout)
  expect(targets[0]).toEqual({
    ...{ target: 'aws', title: 'AWS', audience: 'sts.amazonaws.com' },
    ...{ asksFrom: 'internet', takesUploadedKeys: false },
  })
})

test('of what a hostile issuer says no more than a line is printed', async () => {
  const long = 'x'.repeat(100_000)
  serve({ issuer: `${issuer}/${long}`, jwks_uri: `${issuer}/keys?${long}` })
  const first = await command.run(['trust', 'keycloak', '--json', ...byCa()])
  expect([first.code, first.stdout.length < 20_000]).toEqual([1, true])
  serve({}, [
    { ...KEY, use: long },
    ...Array.from({ length: 900 }, (_, i) => ({ ...KEY, kid: `${i}${'y'.repeat(40)}`, use: 'a' })),
  ])
  const second = await command.run(['trust', 'google', '--json', ...byCa()])
  expect([second.stdout.includes(long), second.stdout.length < 60_000]).toEqual([false, true])
})

test('an issuer that answers a page is refused, and what it answered is named', async () => {
  answers = {
    [CONFIGURATION]: (outgoing) =>
      outgoing.setHeader('Content-Type', 'text/html; charset=utf-8').end('<p>hello'),
  }
  const { code, findings } = await trust('kubernetes', ...byCa())
  expect(code).toBe(1)
  expect(details(findings, 'reachable')).toContain('answers with text/html, not with a JSON object')
})

test('a redirect is not followed', async () => {
  answers = {
    [CONFIGURATION]: (outgoing) => outgoing.writeHead(302, { Location: `${issuer}/elsewhere` }).end(),
    '/elsewhere': json({ issuer }),
  }
  const { findings } = await trust('kubernetes', ...byCa())
  expect(details(findings, 'reachable')).toMatch(/^refused: .* redirects, which is not followed/)
})

test('a document that is nested a hundred thousand times is refused, in the place of every finding', async () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  answers = { [CONFIGURATION]: (outgoing) => outgoing.end(`{"issuer":${deep},"jwks_uri":${deep}}`) }
  const { code, findings } = await trust('keycloak', ...byCa())
  expect([code, details(findings, 'reachable')]).toEqual([1, expect.stringContaining('nested too deep')])
})

test('ten thousand keys, and an address of them that nobody can mean, do not fill the screen', async () => {
  serve({ jwks_uri: `${issuer}/keys/${'a'.repeat(100_000)}` })
  expect(details((await trust('keycloak', ...byCa())).findings, 'reachable')).toContain(
    'names no https "jwks_uri"',
  )
  serve(
    {},
    Array.from({ length: 10_000 }, (_, at) => ({ kty: 'RSA', kid: `k${at}` })),
  )
  const { findings } = await trust('keycloak', ...byCa())
  expect(details(findings, 'use')).toMatch(/"k7" and 9992 more/)
  expect(JSON.stringify(findings).length).toBeLessThan(10_000)
})

test('a document that cannot be parsed, a key set without https and an answer without one are refused', async () => {
  answers = { [CONFIGURATION]: (outgoing) => outgoing.end('{"issuer":') }
  expect((await trust('vault', ...byCa())).code).toBe(1)
  serve({ jwks_uri: 'http://127.0.0.1/keys' })
  const { findings } = await trust('vault', ...byCa())
  expect(details(findings, 'reachable')).toContain('names no https "jwks_uri"')
  answers = {}
  expect(details((await trust('vault', ...byCa())).findings, 'reachable')).toContain('answers 404')
})

test('an issuer at which nothing listens is refused, or has its keys uploaded', async () => {
  const nowhere = ['--issuer', 'https://127.0.0.1:1/']
  expect(details((await trust('entra', ...nowhere)).findings, 'reachable')).toContain('ECONNREFUSED')
  const { code, findings, commands } = await trust('google', ...nowhere, ...devArgs)
  expect(details(findings, 'reachable')).toMatch(/^warning:/)
  expect(commands[1]).toContain('--jwk-json-path=')
  // The tokens of this control plane state another issuer.
  expect(code).toBe(1)
})

test('another issuer in the document is refused; a slash is named', async () => {
  serve({ issuer: `${issuer}/` })
  const { code, findings } = await trust('kubernetes', ...byCa())
  expect(code).toBe(1)
  expect(details(findings, 'issuer-equal')).toContain(`its document states "${issuer}/"`)
  expect(details(findings, 'slash')).toMatch(/^refused/)
})

test('more keys than a side takes, and keys without a use, are refused', async () => {
  const { use: _, ...bare } = KEY
  serve(
    {},
    Array.from({ length: 101 }, (_, index) => ({ ...bare, kid: String(index) })),
  )
  const { findings } = await trust('entra', ...byCa())
  expect(details(findings, 'key-count')).toContain('101 keys are more than the 100')
  expect(details(findings, 'use')).toMatch(/^refused/)
})

test('documents of a control plane are compared with its own: keys that it no longer has are stale', async () => {
  serve({}, [KEY])
  const [, url = '', , ca = ''] = devArgs
  const both = join(command.folder, 'both.pem')
  writeFileSync(both, `${readFileSync(ca, 'utf8')}\n${readFileSync(caFile, 'utf8')}`)
  const { code, findings } = await trust('kubernetes', '--issuer', issuer, '--url', url, '--ca-file', both)
  expect(code).toBe(1)
  expect(details(findings, 'stale')).toMatch(
    /^refused: key "[^"]+" of the control plane is not published there/,
  )
})

test('the issuer of a control plane is found by its address; that of "dev" is Microsoft’s, and is not asked', async () => {
  const found = await trust('aws', ...devArgs)
  expect(found.issuer).toMatch(/^https:\/\/sts\.windows\.net\//)
  expect(found.code).toBe(1)
  expect(details(found.findings, 'reachable')).toContain('Microsoft’s')
})

test('capitals are filled in, and those that are left are explained', async () => {
  const args = [...devArgs, '--identity', 'an-object-id', '--set', 'ACCOUNT_ID=42', 'ROLE_NAME=shop']
  const { commands, files, variables, blanks } = await trust('aws', ...args)
  expect(variables.AWS_ROLE_ARN).toBe('arn:aws:iam::42:role/shop')
  expect(commands[1]).toContain('--role-name shop')
  expect(files[0].content).toContain('an-object-id')
  expect(Object.keys(blanks)).toEqual(['APP_USER'])
})

test('people read findings, commands and files, and a note for what is left to fill in', async () => {
  const { code, stdout, stderr } = await command.run(['trust', 'keycloak', ...devArgs])
  expect(code).toBe(1)
  expect(stdout).toMatch(/^Keycloak and the issuer https:/)
  expect(stdout).toContain('# keycloak-provider.json: for the second command')
  expect(stderr).toContain('landfast: SUBJECT stands for')
})

test.each([
  [['trust', '--issuer', 'https://127.0.0.1:1'], 16],
  [['trust', 'azure'], 23],
  [['trust', 'aws'], 16],
  [['trust', 'aws', '--issuer', 'https://127.0.0.1:1', '--set', 'lower=x'], 23],
  [['trust', 'aws', '--issuer', 'https://127.0.0.1:1', '--set', 'ROLE_NAME=$(id)'], 23],
  [['trust', 'aws', '--issuer', 'https://127.0.0.1:1', '--audience', 'a b'], 23],
  [['trust', 'aws', '--issuer', 'https://127.0.0.1:1', '--identity', "x'; id"], 23],
  [['trust', 'aws', '--issuer', 'https://127.0.0.1:1', '--ca-file', '/nowhere'], 19],
] as const)('%j ends with %i', async (args, code) => {
  expect((await command.run(args)).code).toBe(code)
})
