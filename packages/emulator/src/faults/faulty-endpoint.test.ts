import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createEmulator, type Emulator } from '../emulator.ts'

/** Root without the right to pass modes. */
const WITHOUT_RIGHTS = [
  'setpriv',
  '--bounding-set',
  '-dac_override,-dac_read_search',
  '--inh-caps',
  '-all',
  '--',
]

/** Asks for a challenge, and prints how it fares with the file that it names. */
const REACH_AND_READ = `
import { readFile, stat } from 'node:fs/promises'
const answer = await fetch(process.argv[1], { headers: { Metadata: 'true' } })
const path = answer.headers.get('www-authenticate').replace('Basic realm=', '')
const reached = await stat(path).then((it) => (it.isFile() ? 'a file' : 'none'), ({ code }) => code)
console.log(reached + ', ' + (await readFile(path).then(() => 'read', ({ code }) => code)))`

const AUDIENCE = 'api://orders'
const HOUR = 3600

describe('an endpoint in the style of App Service', () => {
  let emulator: Emulator
  beforeAll(async () => {
    emulator = await createEmulator()
  })
  beforeEach(() => emulator.clearRequests())
  afterEach(() => emulator.clearFaults())
  afterAll(() => emulator.stop())

  async function ask({ resource = AUDIENCE, signal = AbortSignal.timeout(20_000) } = {}) {
    const query = new URLSearchParams({ 'api-version': '2019-08-01', resource })
    const answer = await fetch(`${emulator.url}?${query}`, {
      headers: { 'X-IDENTITY-HEADER': emulator.env.IDENTITY_HEADER ?? '' },
      signal,
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, text, body: () => JSON.parse(text) }
  }

  test.each([400, 403, 404, 410, 429, 500, 503])(
    'answers %d once, and a token after that',
    async (status) => {
      const fault = await emulator.fault({ kind: 'status', status })
      const { body, ...answer } = await ask()
      expect(answer.status).toBe(status)
      expect(body()).toMatchObject({ error: expect.any(String), error_description: expect.any(String) })
      expect(answer.headers.get('retry-after')).toBeNull()
      expect((await ask()).status).toBe(200)
      expect(fault.struck).toBe(1)
      expect(emulator.requests).toMatchObject([
        { status, fault: 'status' },
        { status: 200, fault: undefined },
      ])
    },
  )

  test('says after how many seconds to ask again', async () => {
    await emulator.fault({ kind: 'status', status: 429, retryAfterSeconds: 7 })
    expect((await ask()).headers.get('retry-after')).toBe('7')
  })

  test('has a fault for as many requests as it is told, or until it is cleared', async () => {
    await emulator.fault({ kind: 'status', status: 500, times: 2 })
    expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([500, 500, 200])
    const fault = await emulator.fault({ kind: 'status', status: 500, times: Number.POSITIVE_INFINITY })
    expect((await ask()).status).toBe(500)
    await fault.clear()
    expect((await ask()).status).toBe(200)
  })

  test('strikes requests for one audience alone, if it is told so', async () => {
    await emulator.fault({ kind: 'status', status: 500, resource: 'api://other' })
    expect((await ask()).status).toBe(200)
    expect((await ask({ resource: 'api://other' })).status).toBe(500)
  })

  test('has several faults one after the other, in their order', async () => {
    await emulator.fault({ kind: 'status', status: 503 })
    await emulator.fault({ kind: 'status', status: 429 })
    expect(emulator.faults.map(({ fault }) => fault.kind)).toEqual(['status', 'status'])
    expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([503, 429, 200])
    expect(emulator.faults).toEqual([])
  })

  test.each(['key-file-missing', 'key-refused'] as const)(
    'cannot have "%s", since it has no challenge',
    async (kind) => {
      await expect(emulator.fault({ kind })).rejects.toMatchObject({
        code: 'fault_invalid',
        message: expect.stringContaining('which the app-service style has not'),
      })
    },
  )

  test('answers late', async () => {
    await emulator.fault({ kind: 'latency', delaySeconds: 0.2 })
    const before = performance.now()
    expect((await ask()).status).toBe(200)
    expect(performance.now() - before).toBeGreaterThanOrEqual(199)
  })

  test('never answers, until the client gives up', async () => {
    await emulator.fault({ kind: 'timeout' })
    await expect(ask({ signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout')
    expect(emulator.requests).toMatchObject([{ status: undefined, fault: 'timeout' }])
  })

  test('resets the connection', async () => {
    await emulator.fault({ kind: 'connection-reset' })
    await expect(ask()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
    expect((await ask()).status).toBe(200)
  })

  test('refuses connections until that is cleared, and has its port again', async () => {
    const fault = await emulator.fault({ kind: 'connection-refused', forSeconds: 60 })
    await expect(ask()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    await fault.clear()
    expect((await ask()).status).toBe(200)
  })

  test('refuses connections as long as any of its faults wants that, and with all of them cleared takes them', async () => {
    const first = await emulator.fault({ kind: 'connection-refused', forSeconds: 60 })
    await emulator.fault({ kind: 'connection-refused', forSeconds: 60 })
    await first.clear()
    await expect(ask()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    await emulator.clearFaults()
    expect((await ask()).status).toBe(200)
  })

  test('takes connections again when the time is over', async () => {
    await emulator.fault({ kind: 'connection-refused', forSeconds: 0.1 })
    await expect
      .poll(() =>
        ask().then(
          ({ status }) => status,
          () => 'refused',
        ),
      )
      .toBe(200)
  })

  test('answers what is no JSON, what ends in the middle, and no token', async () => {
    await emulator.fault({ kind: 'broken-json' })
    const broken = await ask()
    expect(broken.status).toBe(200)
    expect(broken.body).toThrow(SyntaxError)
    await emulator.fault({ kind: 'cut-body' })
    await expect(ask()).rejects.toThrow('terminated')
    await emulator.fault({ kind: 'empty-token' })
    expect((await ask()).body()).toMatchObject({ access_token: '', resource: AUDIENCE })
  })

  test('answers a token that ended an hour ago', async () => {
    await emulator.fault({ kind: 'expired-token' })
    const { access_token, expires_on, expires_in } = (await ask()).body()
    const { exp = 0, oid } = decodeJwt(access_token)
    expect(exp).toBeCloseTo(Date.now() / 1000 - HOUR, -2)
    expect([expires_on, expires_in]).toEqual([String(exp), '0'])
    expect(oid).toBe(emulator.identity.principalId)
  })

  test('answers a token that ends in some seconds', async () => {
    await emulator.fault({ kind: 'short-token', expiresInSeconds: 30 })
    const { access_token, expires_on, expires_in } = (await ask()).body()
    const { exp = 0 } = decodeJwt(access_token)
    expect([expires_on, expires_in]).toEqual([String(exp), '30'])
    expect(exp).toBeCloseTo(Date.now() / 1000 + 30, -2)
  })

  test('answers a token of another identity', async () => {
    await emulator.fault({ kind: 'other-identity' })
    const { oid, aud } = decodeJwt((await ask()).body().access_token)
    expect(aud).toBe(AUDIENCE)
    expect(oid).not.toBe(emulator.identity.principalId)
  })

  test('answers a token of a clock that is ahead', async () => {
    await emulator.fault({ kind: 'clock-off', offsetSeconds: 2 * HOUR })
    const { nbf = 0 } = decodeJwt((await ask()).body().access_token)
    expect(nbf).toBeGreaterThan(Date.now() / 1000 + HOUR)
  })
})

describe('an endpoint in the style of Arc', () => {
  let emulator: Emulator
  let keyFolder: string
  beforeAll(async () => {
    keyFolder = await mkdtemp(join(tmpdir(), 'landfast-keys-'))
    emulator = await createEmulator({ style: 'arc', keyFolder })
  })
  afterEach(() => emulator.clearFaults())
  afterAll(async () => {
    await emulator.stop()
    await rm(keyFolder, { recursive: true })
  })

  const send = async (headers: Record<string, string> = {}) => {
    const query = new URLSearchParams({ 'api-version': '2020-06-01', resource: AUDIENCE })
    return await fetch(`${emulator.url}?${query}`, { headers: { Metadata: 'true', ...headers } })
  }

  /** The path that a challenge names. */
  const challenge = async () => {
    const answer = await send()
    expect(answer.status).toBe(401)
    return answer.headers.get('www-authenticate')?.replace('Basic realm=', '') ?? ''
  }

  const present = (key: string) => send({ Authorization: `Basic ${key}` })

  test('strikes who presents a key, unless it is told otherwise', async () => {
    await emulator.fault({ kind: 'status', status: 429 })
    expect((await present(await readFile(await challenge(), 'utf8'))).status).toBe(429)
    await emulator.fault({ kind: 'status', status: 500, step: 'challenge' })
    expect((await send()).status).toBe(500)
  })

  test('names a key file that is not there', async () => {
    await emulator.fault({ kind: 'key-file-missing' })
    const path = await challenge()
    expect(dirname(path)).toBe(keyFolder)
    await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('names a key file that may not be read, or a folder to a reader who may read every file', async () => {
    await emulator.fault({ kind: 'key-file-unreadable' })
    await expect(challenge().then((path) => readFile(path))).rejects.toMatchObject({
      code: process.getuid?.() === 0 ? 'EISDIR' : 'EACCES',
    })
  })

  test.each([
    ['key-file-unreadable', 'a file, EACCES'],
    ['key-group-lost', 'EACCES, EACCES'],
  ] as const)(
    'has "%s" decided by the program that asks, and not by its own rights: %s',
    async (kind, told) => {
      await emulator.fault({ kind })
      const url = `${emulator.url}?api-version=2020-06-01&resource=x`
      const node = [process.execPath, '--input-type=module', '--eval', REACH_AND_READ, url]
      const [file = '', ...args] = process.getuid?.() === 0 ? [...WITHOUT_RIGHTS, ...node] : node
      expect((await promisify(execFile)(file, args)).stdout).toBe(`${told}\n`)
      expect((await present(await readFile(await challenge(), 'utf8'))).status).toBe(200)
    },
  )

  test('names a key file that comes later, and takes its key', async () => {
    await emulator.fault({ kind: 'key-file-late', delaySeconds: 0.3 })
    const path = await challenge()
    expect(existsSync(path)).toBe(false)
    await expect.poll(() => existsSync(path)).toBe(true)
    expect((await present(await readFile(path, 'utf8'))).status).toBe(200)
  })

  test('spoils the challenge that answers a wrong key as well, and never the answer to a right one', async () => {
    const path = await challenge()
    const fault = await emulator.fault({ kind: 'key-file-missing', times: 2 })
    const refused = await present('wrong')
    expect(refused.status).toBe(401)
    const named = refused.headers.get('www-authenticate')?.replace('Basic realm=', '') ?? ''
    expect([existsSync(named), fault.struck]).toEqual([false, 1])
    expect((await present(await readFile(path, 'utf8'))).status).toBe(200)
    expect(fault.struck).toBe(1)
    await fault.clear()
  })

  test('has a program that is in the way of a late key file miss the key, and nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'landfast-keys-'))
    const other = await createEmulator({ style: 'arc', keyFolder: folder })
    await other.fault({ kind: 'key-file-late', delaySeconds: 0.2 })
    const query = new URLSearchParams({ 'api-version': '2020-06-01', resource: AUDIENCE })
    const answer = await fetch(`${other.url}?${query}`, { headers: { Metadata: 'true' } })
    const path = answer.headers.get('www-authenticate')?.replace('Basic realm=', '') ?? ''
    await mkdir(path)
    // An exception that nobody takes would end the process, and with it this test.
    await expect.poll(() => existsSync(join(folder, `.${basename(path)}`))).toBe(false)
    await other.stop()
    expect((await readdir(folder)).filter((name) => !name.startsWith('.lock'))).toEqual([])
    await rm(folder, { recursive: true })
  })

  test('names a key file outside the key folder', async () => {
    await emulator.fault({ kind: 'key-file-elsewhere' })
    const path = await challenge()
    expect(dirname(path)).not.toBe(keyFolder)
    expect((await present(await readFile(path, 'utf8'))).status).toBe(200)
  })

  test('does not take the key', async () => {
    await emulator.fault({ kind: 'key-refused' })
    const path = await challenge()
    const key = await readFile(path, 'utf8')
    expect((await present(key)).status).toBe(401)
    expect((await present(key)).status).toBe(200)
  })

  test('keeps the files of its newest faults alone', async () => {
    await emulator.fault({ kind: 'key-file-unreadable', times: Number.POSITIVE_INFINITY })
    const paths: string[] = []
    for (let asked = 0; asked < 260; asked += 1) paths.push(await challenge())
    await expect.poll(() => existsSync(paths[0] ?? '')).toBe(false)
    expect(paths.slice(-256).every((path) => existsSync(path))).toBe(true)
  })

  test('leaves no file of a fault', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'landfast-keys-'))
    const other = await createEmulator({ style: 'arc', keyFolder: folder })
    await other.fault({ kind: 'key-file-unreadable' })
    await other.fault({ kind: 'key-file-late', delaySeconds: 60 })
    for (const _ of [1, 2])
      await fetch(`${other.url}?api-version=2020-06-01&resource=x`, { headers: { Metadata: 'true' } })
    await other.stop()
    expect((await readdir(folder)).filter((name) => !name.startsWith('.lock'))).toEqual([])
    await rm(folder, { recursive: true })
  })
})

describe('an endpoint in the style of the Cloud Shell, to which clients post', () => {
  let emulator: Emulator
  beforeAll(async () => {
    emulator = await createEmulator({ style: 'cloud-shell' })
  })
  afterEach(() => emulator.clearFaults())
  afterAll(() => emulator.stop())

  const post = async (body: string) => {
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
    return await fetch(emulator.url, { method: 'POST', headers: { Metadata: 'true', ...type }, body })
  }

  test('strikes requests for one audience alone, and tells what was asked', async () => {
    await emulator.fault({ kind: 'status', status: 503, resource: AUDIENCE })
    emulator.clearRequests()
    const answer = await post('resource=api%3A%2F%2Fother')
    const { access_token } = (await answer.json()) as { access_token: string }
    expect(decodeJwt(access_token).aud).toBe('api://other')
    expect((await post('resource=api%3A%2F%2Forders&x=y')).status).toBe(503)
    expect(emulator.requests).toMatchObject([
      { resource: 'api://other', status: 200 },
      { resource: AUDIENCE, parameters: { resource: AUDIENCE, x: 'y' }, fault: 'status' },
    ])
  })

  test('leaves a form that is too long to the agent, which refuses it', async () => {
    emulator.clearRequests()
    expect((await post(`resource=x&y=${'y'.repeat(32 * 1024)}`)).status).toBe(413)
    expect(emulator.requests).toMatchObject([{ resource: undefined, parameters: {}, status: 413 }])
    // As long as this it is not even read to its end.
    const endless = await post(`resource=${'x'.repeat(400_000)}`).then(
      ({ status }) => status,
      () => 'cut',
    )
    expect([413, 'cut']).toContain(endless)
    expect((await post('resource=api%3A%2F%2Forders')).status).toBe(200)
  })
})

test('a request that a fault holds does not keep an emulator from stopping', async () => {
  const emulator = await createEmulator({ style: 'cloud-shell' })
  await emulator.fault({ kind: 'timeout', times: 2 })
  await emulator.fault({ kind: 'latency', delaySeconds: 600 })
  const ask = () =>
    fetch(emulator.url, {
      method: 'POST',
      headers: { Metadata: 'true' },
      body: new URLSearchParams({ resource: AUDIENCE }),
    })
  const asked = [ask(), ask(), ask()].map((one) => one.catch((error: Error) => error.message))
  await expect.poll(() => emulator.requests.length).toBe(3)
  await emulator.stop()
  expect(await Promise.all(asked)).toEqual(['fetch failed', 'fetch failed', 'fetch failed'])
})

test('an emulator whose port was taken while it refused connections stops, and leaves no key', async () => {
  const keyFolder = await mkdtemp(join(tmpdir(), 'landfast-keys-'))
  const emulator = await createEmulator({ style: 'arc', keyFolder })
  const { port } = new URL(emulator.url)
  await emulator.fault({ kind: 'key-file-unreadable' })
  await fetch(`${emulator.url}?api-version=2020-06-01&resource=x`, { headers: { Metadata: 'true' } })
  await emulator.fault({ kind: 'connection-refused', forSeconds: 600 })
  const other = createServer().listen(Number(port), '127.0.0.1')
  await once(other, 'listening')
  await expect(emulator.stop()).rejects.toThrow('the port is taken')
  other.close()
  expect((await readdir(keyFolder)).filter((name) => !name.startsWith('.lock'))).toEqual([])
  await rm(keyFolder, { recursive: true })
})
