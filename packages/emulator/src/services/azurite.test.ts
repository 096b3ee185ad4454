import { request } from 'node:https'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator } from '../emulator.ts'

/** The account that Azurite has by default; its key is in its documentation. */
const KNOWN_ACCOUNT = 'devstoreaccount1'

const HOUR = 3600

/** What everybody can write, since Azurite verifies no signature. */
function forgeToken(): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: 'https://sts.windows.net/t/',
    aud: 'https://storage.azure.com',
    ...{ iat: now - HOUR, nbf: now - HOUR, exp: now + HOUR },
  }
  const [header, payload] = [{ alg: 'none' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  return `${header}.${payload}.c2lnbmVk`
}

async function listWith(service: string, account?: string): Promise<number | undefined> {
  const url = new URL(service)
  if (account !== undefined) url.pathname = `/${account}`
  const headers = { authorization: `Bearer ${forgeToken()}`, 'x-ms-version': '2021-12-02' }
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  request(`${url}?comp=list`, { headers, rejectUnauthorized: false, agent: false }, (answer) => {
    answer.resume()
    resolve(answer.statusCode)
  })
    .on('error', reject)
    .end()
  return await promise
}

describe('Azurite, which believes every token', () => {
  let emulator: Emulator
  const folder = process.cwd()
  beforeAll(async () => {
    process.chdir(fileURLToPath(new URL('../../../..', import.meta.url)))
    emulator = await createEmulator({ services: ['azurite'] })
  })
  afterAll(async () => {
    await emulator.stop()
    process.chdir(folder)
  })

  test.each(['BLOB', 'QUEUE'])(
    'gives nothing of its %s service to who knows no more than its port',
    async (name) => {
      const service = emulator.env[`AZURE_STORAGE_${name}_ENDPOINT`] ?? ''
      expect(await listWith(service)).toBe(200)
      expect(await listWith(service, KNOWN_ACCOUNT)).not.toBe(200)
      expect(await listWith(service, 'any')).not.toBe(200)
    },
  )

  test('has an account of another name each time', async () => {
    const account = new URL(emulator.env.AZURE_STORAGE_BLOB_ENDPOINT ?? '').pathname.slice(1)
    expect(account).toMatch(/^[a-z2-7]{24}$/)
    await using other = await createEmulator({ services: ['azurite'] })
    expect(other.env.AZURE_STORAGE_BLOB_ENDPOINT).not.toContain(account)
  })
})
