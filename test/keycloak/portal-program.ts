/**
 * A network of its own with a Keycloak, whose people sign in to the portal of a control plane. Prints what each of them saw.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createControlPlane } from '@landfast/control-plane'
import { endProcess } from '../../packages/cli/src/output.ts'
import { ROLE } from '../../packages/control-plane/src/authorization/role-definitions.ts'
import { makeCertificate } from '../../packages/control-plane/src/testing/issuer-keys.ts'
import { type PreparedClient, prepareClient } from '../authority/prepared-client.ts'
import { issuerAt, startKeycloak, trustToo } from './running-keycloak.ts'

const [folder = '', program = ''] = process.argv.slice(2)

/** The control plane takes no issuer at a loopback address. */
const ADDRESS = '10.77.0.1'

for (const command of ['ip link set lo up', `ip address add ${ADDRESS}/32 dev lo`]) {
  const [name = '', ...rest] = command.split(' ')
  execFileSync(name, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
}

const tls = await makeCertificate([{ type: 'ip', value: ADDRESS }])
const issuer = issuerAt(ADDRESS)
const [clientSecret, password] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')]
const controlPlane = createControlPlane({
  stateFolder: join(folder, 'state'),
  host: 'localhost',
  foreignIssuers: { [issuer]: { networks: [`${ADDRESS}/32`], ca: tls.certificate } },
  portalProvider: { issuer, clientId: 'portal', clientSecret },
})
await controlPlane.start()
for (const ca of [tls.certificate, readFileSync(controlPlane.caFile, 'utf8')]) trustToo(ca)
const { administratorToken }: PreparedClient = JSON.parse(
  readFileSync(await prepareClient(controlPlane, folder), 'utf8'),
)
const keycloak = await startKeycloak({
  program,
  address: ADDRESS,
  tls,
  folder,
  trustedCaFiles: [controlPlane.caFile],
})

await makePortal()
await keycloak.administer('POST', '/groups', { name: 'platform-team' })
await makePerson('ada', ['platform-team'])
await makePerson('bob', [])
const { principalId } = await administer('POST', '/landfast/v1/groups', {
  displayName: 'platform',
  claimValue: '/platform-team',
})
await administer(
  'PUT',
  `/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`,
  { properties: { principalId, roleDefinitionId: ROLE.reader } },
)
const results = { ada: await visit('ada'), bob: await visit('bob'), users: await names() }
process.stdout.write(`${JSON.stringify(results)}\n`)
await keycloak.stop()
await controlPlane.stop()
await endProcess(0)

/** The client of the portal, as the page says. */
async function makePortal(): Promise<void> {
  const page = readFileSync(new URL('../../docs/portal.md', import.meta.url), 'utf8')
  const [, client = ''] = /^kcadm\.sh create clients .*\n(\{.*?\})\nEOF$/ms.exec(page) ?? []
  const redirectUris = [`${controlPlane.url}/portal/sign-in/callback`]
  await keycloak.administer('POST', '/clients', { ...JSON.parse(client), redirectUris, secret: clientSecret })
}

async function makePerson(username: string, groups: readonly string[]): Promise<void> {
  await keycloak.administer('POST', '/users', {
    ...{ username, groups, enabled: true, emailVerified: true },
    ...{ email: `${username}@example.com`, firstName: username, lastName: 'Example' },
    credentials: [{ type: 'password', value: password, temporary: false }],
  })
}

async function administer(method: string, path: string, json?: object): Promise<Record<string, string>> {
  const headers = { Authorization: `Bearer ${administratorToken}`, 'Content-Type': 'application/json' }
  const answer = await fetch(controlPlane.url + path, { method, headers, body: JSON.stringify(json) ?? null })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Record<string, string>
}

async function names(): Promise<unknown> {
  const { value } = await administer('GET', '/landfast/v1/users')
  return (value as unknown as { displayName: string }[]).map(({ displayName }) => displayName)
}

/** What a person sees at the end, who types its name and password at Keycloak. */
async function visit(username: string): Promise<object> {
  const browser = new Map<string, Map<string, string>>()
  const form = await follow(browser, `${controlPlane.url}/portal/sign-in/openid`)
  const [, action = ''] = / action="([^"]+)"/.exec(form.text) ?? []
  const body = new URLSearchParams({ username, password })
  const arrived = await follow(browser, action.replaceAll('&amp;', '&'), { method: 'POST', body })
  const { status, text } = arrived
  const [, code] = /Code <code>(\w+)<\/code>/.exec(text) ?? []
  if (status !== 200) return { status, code }
  const page = await follow(browser, `${controlPlane.url}/portal/machines`)
  const [, name] = /Signed in as <bdi>([^<]*)<\/bdi>/.exec(page.text) ?? []
  return { status: page.status, name }
}

/** Goes where it is sent, with the cookies of each site. */
async function follow(
  sites: Map<string, Map<string, string>>,
  location: string,
  wish: RequestInit = {},
): Promise<{ status: number; text: string }> {
  const { origin } = new URL(location)
  const cookies = sites.get(origin) ?? new Map<string, string>()
  sites.set(origin, cookies)
  const headers = { Cookie: [...cookies].map((pair) => pair.join('=')).join('; ') }
  const answer = await fetch(location, { ...wish, headers, redirect: 'manual' })
  for (const line of answer.headers.getSetCookie()) {
    const [pair = ''] = line.split(';', 1)
    cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
  }
  const next = answer.headers.get('location')
  if (next === null) return { status: answer.status, text: await answer.text() }
  return follow(sites, new URL(next, location).href)
}
