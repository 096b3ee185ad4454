import { generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { dirname, join } from 'node:path'
import { signJwt } from '@landfast/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator } from '../../emulator.ts'
import { type KeyVault, startKeyVault } from './vault-server.ts'

const NOW = 1_800_000_000
const ISSUER = 'https://sts.windows.net/t/'
const OFFICER = 'Key Vault Secrets Officer'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

function token(claims: object = {}, key = privateKey): string {
  const usual = { iss: ISSUER, aud: 'https://vault.azure.net', nbf: NOW, exp: NOW + 1, roles: [OFFICER] }
  return `Bearer ${signJwt({ kid: 'one' }, { ...usual, ...claims }, key)}`
}

let emulator: Emulator
let vault: KeyVault
let ca: string
beforeAll(async () => {
  emulator = await createEmulator()
  const folder = dirname(emulator.caFile)
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  ca = await read('ca.pem')
  vault = await startKeyVault({
    key: await read('server-key.pem'),
    certificate: await read('server.pem'),
    issuer: ISSUER,
    authority: 'https://127.0.0.1:1/t',
    readKeys: async () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] }),
    nowSeconds: () => NOW,
    secrets: { 'database-password': 'from the start' },
  })
})
afterAll(async () => {
  await vault.stop()
  await emulator.stop()
})

interface Asked {
  method?: string
  authorization?: string | undefined
  host?: string
  body?: unknown
  version?: string
}

async function ask(path: string, asked: Asked = {}) {
  const { method = 'GET', host, body, version = '7.4' } = asked
  const { authorization = 'authorization' in asked ? undefined : token() } = asked
  const { promise, resolve, reject } = Promise.withResolvers<import('node:http').IncomingMessage>()
  const headers = { ...(authorization && { authorization }), ...(host && { host }) }
  const url = `${vault.url}${path}${path.includes('?') ? '&' : '?'}api-version=${version}`
  request(url, { method, headers, ca, agent: false, servername: 'localhost' }, resolve)
    .on('error', reject)
    .end(body === undefined ? undefined : JSON.stringify(body))
  const answer = await promise
  const text = (await answer.setEncoding('utf8').toArray()).join('')
  return { status: answer.statusCode, headers: answer.headers, body: text && JSON.parse(text) }
}

function manyTags(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag-${index}`, 'x'.repeat(256)]))
}

const put = (name: string, body: unknown) => ask(`/secrets/${name}`, { method: 'PUT', body })

describe('the door of the key vault', () => {
  test('challenges who brings no token, and names the tenant and what the token is to be for', async () => {
    expect(await ask('/secrets/x', { authorization: undefined })).toMatchObject({
      status: 401,
      headers: {
        'www-authenticate':
          'Bearer authorization="https://127.0.0.1:1/t", resource="https://vault.azure.net"',
      },
      body: { error: { code: 'Unauthorized' } },
    })
  })

  test.each([
    ['of another issuer', token({ iss: 'https://sts.windows.net/other/' }), 'AKV10032'],
    ['for another audience', token({ aud: 'https://storage.azure.com' }), 'AKV10022'],
    ['that has expired', token({ exp: NOW }), 'expired'],
    ['without an end', token({ exp: undefined }), 'expired'],
    ['that is not valid yet', token({ nbf: NOW + 1 }), 'not valid yet'],
    ['that another key has signed', token({}, stranger), 'no key of the issuer'],
    ['that is none', 'Bearer not-a-token-at-all', 'no key of the issuer'],
  ])('turns away a token %s', async (_, authorization, reason) => {
    const answer = await ask('/secrets/database-password', { authorization })
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringContaining('error="invalid_token"') },
      body: { error: { code: 'Unauthorized', message: expect.stringContaining(reason) } },
    })
    expect(JSON.stringify(answer)).not.toContain(authorization.slice('Bearer '.length + 5))
  })

  test.each([
    ['GET', '/secrets/database-password', ['Key Vault Secrets User'], 200],
    ['GET', '/secrets/database-password', ['Key Vault Reader'], 403],
    ['GET', '/secrets', ['Key Vault Reader'], 200],
    ['PUT', '/secrets/database-password', ['Key Vault Secrets User'], 403],
    ['DELETE', '/secrets/database-password', ['Key Vault Secrets User'], 403],
    ['GET', '/secrets', undefined, 403],
    ['GET', '/secrets', 'Key Vault Administrator', 403],
    ['GET', '/secrets', ['constructor'], 403],
    ['GET', '/secrets', ['Key Vault Administrator'], 200],
  ])('%s %s with the roles %j is %d', async (method, path, roles, status) => {
    const answer = await ask(path, { method, authorization: token({ roles }) })
    expect(answer.status).toBe(status)
    if (status === 403) {
      expect(answer.body.error).toMatchObject({ code: 'Forbidden', innererror: { code: 'ForbiddenByRbac' } })
    }
  })

  test.each([
    ['GET', '/keys/x', {}, 501, 'NotImplemented'],
    ['GET', '/certificates', {}, 501, 'NotImplemented'],
    ['POST', '/secrets/x/backup', {}, 501, 'NotImplemented'],
    ['GET', '/', {}, 404, 'NotFound'],
    ['POST', '/secrets', {}, 405, 'MethodNotAllowed'],
    ['GET', '/secrets', { version: '1' }, 400, 'BadParameter'],
    ['GET', '/secrets?maxresults=0', {}, 400, 'BadParameter'],
    ['GET', '/secrets', { host: 'attacker.example' }, 400, 'BadParameter'],
    ['PUT', '/secrets/a_b', { body: { value: 'x' } }, 400, 'BadParameter'],
    ['PUT', '/secrets/a', { body: { value: 1 } }, 400, 'BadParameter'],
    ['PUT', '/secrets/a', { body: [] }, 400, 'BadParameter'],
    ['PUT', '/secrets/a', { body: { value: 'x'.repeat(25_601) } }, 400, 'BadParameter'],
    ['PUT', '/secrets/a', { body: { value: 'x'.repeat(300_000) } }, 400, 'BadParameter'],
    ['PUT', '/secrets/a', { body: { value: 'x', tags: { a: 1 } } }, 400, 'BadParameter'],
    ['PUT', '/secrets/a', { body: { value: 'x', tags: manyTags(16) } }, 400, 'BadParameter'],
    ['PATCH', '/secrets/database-password', { body: { tags: manyTags(16) } }, 400, 'BadParameter'],
    ['PUT', '/secrets/a', { body: { value: 'x', tags: { a: 'x'.repeat(257) } } }, 400, 'BadParameter'],
    ['PUT', '/secrets/a', { body: { value: 'x', tags: { ['x'.repeat(257)]: '' } } }, 400, 'BadParameter'],
    ['PUT', '/secrets/a', { body: { value: 'x', contentType: 'x'.repeat(256) } }, 400, 'BadParameter'],
    ['GET', '/secrets/absent', {}, 404, 'SecretNotFound'],
    ['GET', '/secrets/database-password/absent', {}, 404, 'SecretNotFound'],
    ['GET', '/deletedsecrets/database-password', {}, 404, 'SecretNotFound'],
  ])('%s %s %j is %d %s', async (method, path, asked, status, code) => {
    expect(await ask(path, { method, ...asked })).toMatchObject({ status, body: { error: { code } } })
  })
})

describe('the secrets of the key vault', () => {
  test('a secret has a value, versions by their ids, and properties without the value', async () => {
    const first = await put('Versions', { value: 'one', contentType: 'text', tags: { a: 'b' } })
    await put('versions', { value: 'two' })
    expect((await ask('/secrets/VERSIONS')).body.value).toBe('two')
    const { pathname } = new URL(first.body.id)
    expect((await ask(pathname)).body).toMatchObject({ value: 'one', contentType: 'text', tags: { a: 'b' } })
    const { value } = (await ask('/secrets/versions/versions')).body
    expect(value).toHaveLength(2)
    expect(value.some((one: object) => 'value' in one)).toBe(false)
  })

  test('a secret may have as much as Azure takes', async () => {
    const whole = { value: 'x'.repeat(25_600), contentType: 'x'.repeat(255), tags: manyTags(15) }
    expect(await put('whole', whole)).toMatchObject({ status: 200, body: whole })
  })

  test('an update changes what it names, and a disabled secret is not given', async () => {
    await put('updated', { value: 'one', contentType: 'text' })
    const updated = await ask('/secrets/updated', {
      method: 'PATCH',
      body: { attributes: { enabled: false } },
    })
    expect(updated.body).toMatchObject({ contentType: 'text', attributes: { enabled: false } })
    expect(await ask('/secrets/updated')).toMatchObject({
      status: 403,
      body: { error: { innererror: { code: 'SecretDisabled' } } },
    })
  })

  test('a deleted secret keeps its name until it is recovered or purged', async () => {
    await put('gone', { value: 'one' })
    const deleted = await ask('/secrets/gone', { method: 'DELETE' })
    expect(deleted.body).toMatchObject({
      recoveryId: `${vault.url}/deletedsecrets/gone`,
      deletedDate: NOW,
      scheduledPurgeDate: NOW + 90 * 86_400,
    })
    expect((await ask('/secrets/gone')).status).toBe(404)
    expect(await put('gone', { value: 'two' })).toMatchObject({
      status: 409,
      body: { error: { innererror: { code: 'ObjectIsDeletedButRecoverable' } } },
    })
    expect((await ask('/deletedsecrets')).body.value).toHaveLength(1)
    expect((await ask('/deletedsecrets/gone/recover', { method: 'POST' })).status).toBe(200)
    expect((await ask('/secrets/gone')).body.value).toBe('one')
    await ask('/secrets/gone', { method: 'DELETE' })
    expect((await ask('/deletedsecrets/gone', { method: 'DELETE' })).status).toBe(204)
    expect((await put('gone', { value: 'two' })).status).toBe(200)
  })

  test('a list comes in pages, of which the next begins where the last one ended, even if that is gone', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await put(name, { value: name })
    const names: string[] = []
    let path: string | null | undefined = '/secrets?maxresults=1'
    while (path) {
      const { value, nextLink }: { value: { id: string }[]; nextLink: string | null } = (await ask(path)).body
      const name = value[0]?.id.split('/').at(-1) ?? ''
      names.push(name)
      if (name.startsWith('page-')) await ask(`/secrets/${name}`, { method: 'DELETE' })
      path = nextLink?.slice(vault.url.length).replace(/&?api-version=[^&]*/, '')
    }
    expect(names.filter((name) => name.startsWith('page-'))).toEqual(['page-1', 'page-2', 'page-3'])
  })
})

test('a vault that is to hold what it cannot keep does not start', async () => {
  const options = { issuer: ISSUER, authority: '', key: '', certificate: '', nowSeconds: () => NOW }
  const readKeys = async () => ({ keys: [] })
  await expect(startKeyVault({ ...options, readKeys, secrets: { a_b: 'x' } })).rejects.toMatchObject({
    code: 'parameter_invalid',
  })
})
