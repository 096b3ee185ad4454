/**
 * The demonstration: one machine with one agent, and four programs of others that use its identity at Entra ID, Google, AWS and
 * Keycloak, with no secret on the machine but its key. One "landfast machine disable" ends all of it.
 */

import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UnsecuredJWT } from 'jose'
import { expect, test, vi } from 'vitest'
import { childCommand, startChild } from '../agent/child.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { APPLICATION } from '../entra/trial-client.ts'
import { findKeycloak } from '../keycloak/installed-keycloak.ts'
import { testWith, UNSHARE } from '../privilege.ts'
import { AWS_AUDIENCE, REALM, REALM_CLIENT } from './other-sides.ts'
import { findSecrets, type SecretsFound } from './secrets-on-machine.ts'

// A Keycloak starts in it, beside a dozen processes.
vi.setConfig({ testTimeout: 240_000 })

const NEEDS = ['linux', 'namespaces', 'ip', 'setpriv'] as const

/** What the program prints. */
interface Story {
  before: Record<string, object>
  after: Record<string, { error: string }>
  disabled: string
  noticed: { code: number; stderr: string }
  secretsBefore: SecretsFound
  secretsAfter: SecretsFound
  web: { resourceId: string; principalId: string }
  cloud: { id: string; principalId: string }
  machine: string
  googleAudience: string
  audited: Record<string, unknown>[]
  trail: Record<string, unknown>[]
  presentedToEntra: unknown[]
  exchanges: object
  code: number
}

const keycloak = findKeycloak()

let told: Promise<Story> | undefined

/** In which everything of it is. */
let folder: string

/** What happened, once for all tests. */
function story(): Promise<Story> {
  told ??= tell()
  return told
}

async function tell(): Promise<Story> {
  folder = temporaryFolder()
  const program = childCommand(new URL('program.ts', import.meta.url), folder, keycloak ?? '')
  const child = startChild([...UNSHARE, ...program], { env: { ...process.env, TMPDIR: folder } })
  return (await child.read()) as unknown as Story
}

testWith(NEEDS, 'four programs of others, unmodified, use the identity of one machine', async () => {
  const { before, web, cloud, presentedToEntra, exchanges } = await story()
  const { tenantId: tid, clientId: appid } = APPLICATION
  expect(before).toMatchObject({
    azure: { appid, tid, aud: 'https://vault.azure.net' },
    google: { token: `google-for-${web.principalId}` },
    aws: { accessKeyId: expect.stringMatching(/^ASIA/) },
    keycloak: { azp: REALM_CLIENT, iss: REALM },
  })
  // The machine is the application by one federated credential, that of the identity which it has.
  expect(presentedToEntra).toEqual([[cloud.principalId, 'api://AzureADTokenExchange', 200]])
  expect(exchanges).toEqual({ google: ['exchanged'], aws: 1 })
})

testWith(NEEDS, 'the realm of the demonstration is one of Keycloak itself', async ({ skip }) => {
  skip(!keycloak, 'a double took the token in its place; "npm run setup:parts" installs Keycloak')
  expect((await story()).before.keycloak).toMatchObject({ user: `service-account-${REALM_CLIENT}` })
})

testWith(
  NEEDS,
  'no file, variable, argument or log on the machine is secret but its key and two tokens of an hour, which go',
  async () => {
    const { secretsBefore, secretsAfter, machine } = await story()
    const registration = join(machine, 'state/registration.json')
    const ofAnHour = expect.toSatisfy((seconds: number) => seconds <= 3600)
    expect(secretsBefore).toEqual({
      privateKeys: [registration],
      tokens: expect.toSatisfy((tokens: SecretsFound['tokens']) => tokens.length === 2),
      named: [],
      known: [],
    })
    expect(secretsBefore.tokens.toSorted((one, other) => (one.file < other.file ? -1 : 1))).toEqual([
      { file: join(machine, 'tokens/aws'), audience: AWS_AUDIENCE, seconds: ofAnHour },
      { file: join(machine, 'tokens/keycloak'), audience: REALM, seconds: ofAnHour },
    ])
    expect(secretsAfter).toEqual({ privateKeys: [registration], tokens: [], named: [], known: [] })
  },
)

testWith(NEEDS, 'one "machine disable" ends all of it: each program, started anew, is refused', async () => {
  const { after, disabled, noticed, web, exchanges, code } = await story()
  expect(disabled).toBe(`disabled: ${web.resourceId}\n`)
  expect(noticed).toEqual({ code: 1, stderr: expect.stringContaining('the machine is disabled') })
  expect(after).toEqual({
    azure: { error: expect.stringContaining('the machine is disabled') },
    google: { error: expect.stringContaining('the machine is disabled') },
    aws: { error: expect.stringMatching(/no such file/i) },
    keycloak: { error: expect.stringMatching(/no such file/i) },
  })
  // None of them came as far as the other side.
  expect(exchanges).toEqual({ google: ['exchanged'], aws: 1 })
  expect(code).toBe(0)
})

testWith(NEEDS, 'the audit of the agent has the four grants, and a refusal for each', async () => {
  const { audited, web, googleAudience } = await story()
  const lines = (outcome: string) =>
    audited
      .filter((entry) => entry.outcome === outcome)
      .map(({ style, identity, audience, reason }) => [style, identity, audience, reason].join(' ').trim())
      .toSorted()
  const four = [
    `arc ${APPLICATION.clientId} https://vault.azure.net`,
    `token-file ${web.resourceId} ${REALM}`,
    `token-file ${web.resourceId} ${AWS_AUDIENCE}`,
    `vm ${web.resourceId} ${googleAudience}`,
  ]
  expect(lines('granted')).toEqual(four)
  // The first is the question by which the agent learnt it before its next heartbeat.
  const learnt = `arc ${APPLICATION.clientId} https://graph.microsoft.com`
  expect(lines('refused')).toEqual([learnt, ...four].map((line) => `${line} identity_refused`))
  for (const entry of audited) expect(entry).toMatchObject({ user: expect.any(String), userId: 0 })
})

testWith(
  NEEDS,
  'the trail of the control plane names whose tokens the machine got, who disabled it, and that it was refused',
  async () => {
    const { trail, googleAudience } = await story()
    const rows = (action: string, outcome: string) =>
      trail
        .filter((row) => row.action === action && row.outcome === outcome)
        .map(({ clientName, principalName, audience }) =>
          [clientName, principalName, audience].join(' ').trim(),
        )
    expect(rows('issue-token', 'done')).toEqual(
      expect.arrayContaining([
        `web-1 cloud api://AzureADTokenExchange`,
        `web-1 web-1 ${googleAudience}`,
        `web-1 web-1 ${AWS_AUDIENCE}`,
        `web-1 web-1 ${REALM}`,
      ]),
    )
    expect(rows('disable-machine', 'done')).toEqual(['administrator web-1'])
    expect(rows('heartbeat', 'refused')).toContain('web-1 web-1')
  },
)

testWith(NEEDS, 'nothing that was started for it runs on', async () => {
  await story()
  const running = () =>
    globSync('/proc/[0-9]*/cmdline').filter((file) => {
      try {
        return readFileSync(file, 'utf8').includes(folder)
      } catch {
        return false
      }
    })
  await expect.poll(running).toEqual([])
})

test('what is secret on a machine is found', () => {
  const place = temporaryFolder()
  mkdirSync(join(place, 'state'))
  const token = new UnsecuredJWT({}).setAudience('shop').setExpirationTime('2d').encode()
  const files = {
    'state/key.pem': '-----BEGIN PRIVATE KEY-----\nMIG…\n-----END PRIVATE KEY-----\n',
    'state/key.jwk': '{"kty": "EC", "d": "abc"}',
    'token.txt': `${token}abc`,
    'app.json': '{"clientSecret": "x"}',
    'app.env': 'AWS_SECRET_ACCESS_KEY=x\n',
    'note.txt': 'that of the administrator is correct horse',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place, name), text)
  const found = findSecrets([place], ['correct horse'])
  expect(found.privateKeys.toSorted()).toEqual([join(place, 'state/key.jwk'), join(place, 'state/key.pem')])
  expect(found.tokens).toEqual([
    { file: join(place, 'token.txt'), audience: 'shop', seconds: expect.toSatisfy((it) => it > 172_000) },
  ])
  expect(found.named.toSorted()).toEqual([
    `${join(place, 'app.env')}: AWS_SECRET_ACCESS_KEY=`,
    `${join(place, 'app.json')}: clientSecret":`,
  ])
  expect(found.known).toEqual([join(place, 'note.txt')])
})
