import { randomUUID } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Given, startAuthority, TOKEN_ANSWER } from '../../../../test/agent/authority.ts'
import { FakeSource } from '../../../../test/agent/fake-source.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import type { EntraRegistration } from '../machine/entra-registration.ts'
import { entraAuthorityOf, findEntraRegistration } from '../machine/entra-registration.ts'
import { newMachineKey } from '../machine/machine-key.ts'
import { selfSigned } from '../machine/self-signed.ts'
import { exchangeOf, openEntraAlone, openEntraApplication } from './entra-source.ts'

const TENANT_ID = '0b8f1c1e-6a0e-4f0a-9d0c-0000000000e0'
const CLIENT_ID = '0b8f1c1e-6a0e-4f0a-9d0c-0000000000e1'
const VAULT = 'https://vault.azure.net'
const UNKNOWN_KEY: Given = { status: 401, json: { error: 'invalid_client', error_codes: [700027] } }

async function setUp(more: Partial<EntraRegistration> = {}) {
  const authority = await startAuthority()
  const folder = temporaryFolder()
  const registration: EntraRegistration = {
    cloud: 'public',
    authorityHost: authority.url,
    ca: authority.registration.ca,
    tenantId: TENANT_ID,
    clientId: CLIENT_ID,
    proof: { kind: 'certificate', ...(await makeKey()), registeredAt: '2026-01-01T00:00:00Z' },
    ...more,
  }
  const time = { offset: 0 }
  const now = () => Date.now() + time.offset
  const { identity, source } = openEntraApplication({ folder, registration, now })
  onTestFinished(() => source.close())
  const ask = () => source.getToken(identity, VAULT, AbortSignal.timeout(60_000))
  return { authority, folder, registration, time, ask }
}

async function makeKey() {
  const privateKey = await newMachineKey()
  const certificate = await selfSigned({ privateKey, commonName: 'web', now: new Date(), days: 30 })
  return { privateKey, certificate }
}

function partsOf(form: URLSearchParams | undefined): Record<string, unknown>[] {
  const parts = (form?.get('client_assertion') ?? '').split('.').slice(0, 2)
  return parts.map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
}

test('a token is asked for at the address of the tenant, without discovery, with the assertion that Entra ID documents', async () => {
  const { authority, ask } = await setUp()
  expect(await ask()).toEqual({ accessToken: 'the-token', expiresInSeconds: 3599 })
  expect(authority.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `POST /${TENANT_ID}/oauth2/v2.0/token`,
  ])
  const { form } = authority.seen[0] ?? {}
  const [header, claims] = partsOf(form)
  expect(header).toEqual({ alg: 'PS256', typ: 'JWT', 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) })
  const url = `${authority.url}/${TENANT_ID}/oauth2/v2.0/token`
  expect(claims).toMatchObject({ aud: url, iss: CLIENT_ID, sub: CLIENT_ID })
  expect(Number(claims?.exp) - Number(claims?.nbf)).toBeLessThanOrEqual(600)
  expect(form?.get('scope')).toBe(`${VAULT}/.default`)
  expect(form?.get('client_id')).toBe(CLIENT_ID)
})

test('each cloud has its host', () => {
  const of = (cloud: EntraRegistration['cloud']) =>
    entraAuthorityOf({ cloud, tenantId: TENANT_ID } as EntraRegistration)
  expect([of('public'), of('usgov'), of('china')]).toEqual([
    `https://login.microsoftonline.com/${TENANT_ID}`,
    `https://login.microsoftonline.us/${TENANT_ID}`,
    `https://login.partner.microsoftonline.cn/${TENANT_ID}`,
  ])
})

test('a server that is known by no CA of this host or of entra.json gets no assertion', async () => {
  const { authority, registration } = await setUp()
  const { ca: _, ...unknown } = registration
  const { identity, source } = openEntraApplication({ folder: temporaryFolder(), registration: unknown })
  onTestFinished(() => source.close())
  await expect(source.getToken(identity, VAULT, AbortSignal.timeout(60_000))).rejects.toMatchObject({
    failure: 'unavailable',
  })
  expect(authority.seen).toEqual([])
})

test('a redirect is not followed', async () => {
  const { authority, ask } = await setUp()
  authority.answer = () => ({ status: 307, headers: { Location: `${authority.url}/elsewhere` }, json: {} })
  await expect(ask()).rejects.toMatchObject({ failure: 'unavailable' })
  expect(authority.seen).toHaveLength(1)
})

test('a wrong clock is corrected by that of Entra ID', async () => {
  const { authority, time, ask } = await setUp()
  time.offset = 3_600_000
  authority.answer = ({ form }) => {
    const [, claims] = partsOf(form)
    const isOutOfTime = Math.abs(Number(claims?.nbf) - Date.now() / 1000) > 600
    return isOutOfTime
      ? { status: 401, json: { error: 'invalid_client', error_codes: [700024] } }
      : TOKEN_ANSWER
  }
  expect(await ask()).toMatchObject({ accessToken: 'the-token' })
})

test('a new certificate takes over within one request, and the folder has it then', async () => {
  const [old, young] = await Promise.all([makeKey(), makeKey()])
  const registeredAt = '2026-01-01T00:00:00Z'
  const proof = { kind: 'certificate', ...old, registeredAt, next: { ...young, registeredAt } } as const
  const { authority, folder, ask } = await setUp({ proof })
  const names: unknown[] = []
  let known = false
  authority.answer = ({ form }) => {
    const [header] = partsOf(form)
    names.push(header?.['x5t#S256'])
    return known || names.length % 2 === 0 ? TOKEN_ANSWER : UNKNOWN_KEY
  }
  expect(await ask()).toMatchObject({ accessToken: 'the-token' })
  expect(new Set(names).size).toBe(2)
  expect(await findEntraRegistration(folder)).toBeUndefined()
  known = true
  // Another process after five minutes: what was refused is not remembered.
  const later = await setUp({ proof, authorityHost: authority.url, ca: authority.registration.ca })
  await later.ask()
  const kept = (await findEntraRegistration(later.folder))?.proof
  expect(kept).toMatchObject({ certificate: young.certificate, former: { certificate: old.certificate } })
})

test('federation without a control plane is a broken registration', () => {
  const registration: EntraRegistration = {
    cloud: 'public',
    tenantId: TENANT_ID,
    clientId: CLIENT_ID,
    proof: { kind: 'federation', identity: '/subscriptions/s/x' },
  }
  const folder = temporaryFolder()
  expect(() => openEntraApplication({ folder, registration })).toThrow(
    expect.objectContaining({ code: 'entra_broken' }),
  )
})

const FEDERATED = { kind: 'federation', identity: '/subscriptions/s/identities/cloud' } as const

test('by federation the proof is a token of the control plane for the audience of the cloud', async () => {
  const { authority, registration: certified } = await setUp({ cloud: 'china' })
  const registration = { ...certified, proof: FEDERATED }
  const tokens = new FakeSource()
  const cloud = { clientId: 'cloud', principalId: 'cloud-object', resourceId: FEDERATED.identity }
  const plane = { source: tokens, tenantId: 'ours', identities: () => [cloud], look: async () => true }
  const folder = temporaryFolder()
  const { identity, source, exchange } = openEntraApplication({ folder, registration, plane })
  onTestFinished(() => source.close())
  expect(await source.getToken(identity, VAULT, AbortSignal.timeout(60_000))).toMatchObject({
    accessToken: 'the-token',
  })
  const audience = 'api://AzureADTokenExchangeChina'
  expect(exchange).toEqual({ audience, resourceId: FEDERATED.identity })
  expect(authority.seen[0]?.form.get('client_assertion')).toBe(`token-1-for-${audience}`)
  expect(tokens.asked).toMatchObject([{ identity: cloud, audience }])
})

test('where a certificate proves the application there is no token to guard', async () => {
  const { registration } = await setUp()
  expect(exchangeOf(registration)).toBeUndefined()
  expect(openEntraApplication({ folder: temporaryFolder(), registration }).exchange).toBeUndefined()
})

test('a machine that is an application alone has its folder to itself until the source is closed', async () => {
  const { authority, folder, registration } = await setUp()
  const draft = join(folder, `entra.json.${randomUUID()}`)
  writeFileSync(draft, '')
  const { identity, source, exchange } = await openEntraAlone({ folder, registration })
  expect([exchange, existsSync(draft)]).toEqual([undefined, false])
  await expect(openEntraAlone({ folder, registration })).rejects.toMatchObject({ code: 'state_folder_held' })
  expect(await source.getToken(identity, VAULT, AbortSignal.timeout(60_000))).toMatchObject({
    accessToken: 'the-token',
  })
  expect(authority.seen).toHaveLength(1)
  source.close()
  const again = await openEntraAlone({ folder, registration })
  again.source.close()
})

test('a registration that is broken leaves the folder to the next', async () => {
  const { folder, registration } = await setUp()
  const broken = { ...registration, proof: FEDERATED }
  await expect(openEntraAlone({ folder, registration: broken })).rejects.toMatchObject({
    code: 'entra_broken',
  })
  const { source } = await openEntraAlone({ folder, registration })
  source.close()
})
