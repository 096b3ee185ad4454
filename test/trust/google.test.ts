/** Google's own libraries, unmodified, come to a token with the files that "landfast trust google" prints. */

import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPython } from '../../scripts/python.ts'
import { makeCommand, type Running, type TestCommand } from '../cli/command.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { type StsDouble, startStsDouble } from './google-sts.ts'

const AUDIENCE =
  'https://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/landfast/providers/landfast'
const PYTHON = findPython('google')
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--conditions=source']
const CLIENTS = {
  'google-auth': [PYTHON ?? '', fileURLToPath(new URL('google-client.py', import.meta.url))],
  'google-auth-library': [
    process.execPath,
    ...NODE_FLAGS,
    fileURLToPath(new URL('google-client.ts', import.meta.url)),
  ],
}

/** What the double refuses, and how it says so. */
const FAULTS = [
  ['forged', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
  ['expired', 'ERR_JWT_EXPIRED exp'],
  ['for another audience', 'ERR_JWT_CLAIM_VALIDATION_FAILED aud'],
  ['of another subject', 'another subject'],
] as const

/** The styles whose agents are asked, each with one machine of its own control plane. */
const STYLES = ['vm', 'app-service', 'arc'] as const
type StyleName = (typeof STYLES)[number]

/** A machine with its control plane, and a Google that trusts it. */
interface Site {
  running: Running
  stateDir: string
  url: string
  principalId: string
  clientId: string
  sts: StsDouble
  /** What leads programs to the endpoint, the secret among it. */
  variables: Record<string, string>
}

let command: TestCommand
let sites: Record<StyleName, Site>
beforeAll(async () => {
  command = await makeCommand()
  const started = await Promise.all(STYLES.map(async (style) => [style, await startSite(style)] as const))
  sites = Object.fromEntries(started) as Record<StyleName, Site>
})
afterAll(async () => {
  for (const { running, sts } of Object.values(sites)) {
    sts.close()
    running.child.kill('SIGTERM')
    await running.ended
  }
  command.remove()
})

async function startSite(style: StyleName): Promise<Site> {
  const stateDir = join(command.folder, style)
  const running = command.start(['dev', '--as', style, '--json', '--state-dir', stateDir, ...arcFlags(style)])
  await running.wrote('"pid"')
  const { url, controlPlaneUrl, tenantId, caFile, principalId, clientId } = JSON.parse(running.stdout)
  const { stdout } = await command.run(['env', '--json', '--show-secret', '--state-dir', stateDir])
  const sts = await startStsDouble({
    authority: `${controlPlaneUrl}/${tenantId}`,
    ca: readFileSync(caFile, 'utf8'),
    name: AUDIENCE.slice('https:'.length),
    allowedAudiences: [],
    subject: principalId,
  })
  return { running, stateDir, url, principalId, clientId, sts, variables: JSON.parse(stdout).variables }
}

const keyFolder = () => join(command.folder, 'keys')

function arcFlags(style: StyleName): string[] {
  if (style !== 'arc') return []
  mkdirSync(keyFolder(), { mode: 0o700 })
  return ['--key-folder', keyFolder(), '--port', '0']
}

/** The files that the command prints, with the double in Google's place. */
async function printedFiles(
  site: Site,
): Promise<Record<string, { credential_source: Record<string, never> }>> {
  const args = ['trust', 'google', '--json', '--state-dir', site.stateDir, '--set', 'PROJECT_NUMBER=42']
  const { stdout } = await command.run(args)
  const files = JSON.parse(stdout).files as { path: string; content: string }[]
  const json = files.filter(({ path }) => path.startsWith('/etc/landfast/google-'))
  return Object.fromEntries(
    json.map(({ path, content }) => [
      path.replace('/etc/landfast/google-', ''),
      { ...JSON.parse(content), token_url: site.sts.tokenUrl },
    ]),
  )
}

let written = 0

/** What `client` gets with `configuration`, as JSON. */
async function ask(client: keyof typeof CLIENTS, configuration: object | undefined, site: Site) {
  written += 1
  const file = join(command.folder, `google-${written}.json`)
  writeFileSync(file, JSON.stringify(configuration))
  const env = {
    ...MOVED_CLOCK,
    ...{ PATH: process.env.PATH, HOME: command.folder, GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: '1' },
    ...site.variables,
  }
  const [program = '', ...args] = CLIENTS[client]
  const { stdout } = await promisify(execFile)(program, [...args, file], { env })
  return JSON.parse(stdout)
}

async function tokenFile(site: Site, resource = AUDIENCE): Promise<{ path: string; token: string }> {
  const { stdout } = await command.run(['token', '--resource', resource], { env: site.variables })
  const path = join(site.stateDir, `token-${resource.length}`)
  writeFileSync(path, stdout.trim())
  return { path, token: stdout.trim() }
}

describe.each(Object.keys(CLIENTS) as (keyof typeof CLIENTS)[])('%s', (client) => {
  const why = client === 'google-auth' && !PYTHON ? '"npm run setup:parts" installs google-auth' : undefined

  test('asks an endpoint of the style of virtual machines by its URL', async ({ skip }) => {
    skip(why !== undefined, why)
    const site = sites.vm
    const { 'vm.json': file } = await printedFiles(site)
    const { credential_source } = file ?? {}
    const url = new URL(String(credential_source?.url))
    const moved = { ...credential_source, url: new URL(url.pathname + url.search, site.url).href }
    const answer = await ask(client, { ...file, credential_source: moved }, site)
    expect(answer).toEqual({ token: `google-for-${site.principalId}` })
  })

  test('asks an endpoint of the style of App Service by its URL and secret', async ({ skip }) => {
    skip(why !== undefined, why)
    const site = sites['app-service']
    const { 'vm.json': file } = await printedFiles(site)
    const query = new URLSearchParams({
      'api-version': '2019-08-01',
      resource: AUDIENCE,
      client_id: site.clientId,
    })
    const source = {
      url: `${site.variables.IDENTITY_ENDPOINT}?${query}`,
      headers: { 'X-IDENTITY-HEADER': site.variables.IDENTITY_HEADER },
      format: { type: 'json', subject_token_field_name: 'access_token' },
    }
    const answer = await ask(client, { ...file, credential_source: source }, site)
    expect(answer).toEqual({ token: `google-for-${site.principalId}` })
  })

  test('reads a token file', async ({ skip }) => {
    skip(why !== undefined, why)
    const site = sites['app-service']
    const { 'file.json': file } = await printedFiles(site)
    const { path } = await tokenFile(site)
    const answer = await ask(client, { ...file, credential_source: { file: path } }, site)
    expect(answer).toEqual({ token: `google-for-${site.principalId}` })
  })

  test('runs the command, which answers the challenge of Arc', async ({ skip }) => {
    skip(why !== undefined, why)
    const site = sites.arc
    const answer = await ask(client, await executable(site), site)
    expect(answer).toEqual({ token: `google-for-${site.principalId}` })
  })

  test('shows why the command got no token', async ({ skip }) => {
    skip(why !== undefined, why)
    const site = sites.arc
    const nowhere = {
      ...site,
      variables: { IDENTITY_ENDPOINT: 'http://127.0.0.1:1/x', IDENTITY_HEADER: 'x' },
    }
    const { error } = await ask(client, await executable(nowhere), nowhere)
    expect(error).toContain('endpoint_silent')
  })

  for (const [fault, outcome] of FAULTS) {
    test(`gets nothing for a token that is ${fault}`, async ({ skip }) => {
      skip(why !== undefined, why)
      const site = sites['app-service']
      const { path, token } = await tokenFile(site, fault === 'for another audience' ? 'other' : AUDIENCE)
      if (fault === 'forged') writeFileSync(path, forged(token))
      const { 'file.json': file } = await printedFiles(site)
      const { provider } = site.sts
      if (fault === 'expired') site.sts.ahead = 2 * 86_400_000
      if (fault === 'of another subject') site.sts.provider = { ...provider, subject: 'someone else' }
      try {
        const { error } = await ask(client, { ...file, credential_source: { file: path } }, site)
        expect(error).toContain(outcome)
        expect(site.sts.outcomes.at(-1)).toBe(outcome)
      } finally {
        site.sts.ahead = 0
        site.sts.provider = provider
      }
    })
  }
})

/** The printed file, with the command of this test and its key folder. */
async function executable(site: Site): Promise<object> {
  const { 'executable.json': file } = await printedFiles(site)
  const source = file?.credential_source.executable as unknown as { command: string }
  const [, rest = ''] = /^\/usr\/bin\/landfast (.*)$/.exec(source.command) ?? []
  const own = [...command.argv, ...rest.split(' '), '--key-folder', keyFolder()].join(' ')
  return { ...file, credential_source: { executable: { ...source, command: own } } }
}

/** The same claims, with another signature. */
function forged(token: string): string {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return [header, claims, bytes.toString('base64url')].join('.')
}
