import { createHmac, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  decodeProtectedHeader,
  jwtVerify,
} from 'jose'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { thumbprintsOf } from '../certificates/thumbprint.ts'
import type { ControlPlane } from '../control-plane.ts'
import {
  type Answer,
  type AssertionChanges,
  askForToken,
  makeAssertion,
  makeKeys,
  RESOURCE,
  registerTrialMachine,
  send,
  startTrial,
  type TrialMachine,
  tokenUrl,
} from '../testing/trial.ts'

type Trial = Awaited<ReturnType<typeof startTrial>>

async function startWithMachine(
  kind: 'rsa' | 'ec' = 'ec',
  options: Parameters<typeof startTrial>[0] = {},
): Promise<Trial & { machine: TrialMachine }> {
  const trial = await startTrial(options)
  return { ...trial, machine: await registerTrialMachine(trial, { kind }) }
}

async function askWith(trial: Trial & { machine: TrialMachine }, changes: AssertionChanges): Promise<Answer> {
  return askForToken(trial.machine, trial, {
    client_assertion: await makeAssertion(trial.machine, trial, changes),
  })
}

function refusalOf({ status, body }: Answer): [number, string, number] {
  return [status, body.error, body.error_codes[0]]
}

/** What a start itself writes down. */
const FIRST_START_ACTIONS = ['rotate-signing-key', 'create-administrator']

function auditRows(stateFolder: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(stateFolder, 'landfast.db'))
  try {
    const rows = database.prepare('select * from audit order by time, rowid').all()
    return rows.filter(({ action }) => !FIRST_START_ACTIONS.includes(String(action)))
  } finally {
    database.close()
  }
}

/** `fetch` does not take a CA, so the key documents are fetched with the test's own client. */
function remoteKeys(controlPlane: ControlPlane, jwksUri: string) {
  return createRemoteJWKSet(new URL(jwksUri), {
    [customFetch]: async (url: string) => Response.json((await send(controlPlane, url)).body),
  })
}

describe('a token', () => {
  for (const version of ['/v2.0', '']) {
    test(`is verified from the discovery document at "${version}"`, async () => {
      const trial = await startTrial({ issuerV1: (tenant) => `https://sts.windows.net/${tenant}/` })
      const machine = await registerTrialMachine(trial, { kind: 'rsa' })
      const { tenantId } = machine.identity
      const url = `${trial.controlPlane.url}/${tenantId}${version}/.well-known/openid-configuration`
      const { body: discovery } = await send(trial.controlPlane, url)
      const { body: answer } = await askForToken(machine, trial)

      const keys = remoteKeys(trial.controlPlane, discovery.jwks_uri)
      const { payload } = await jwtVerify(answer.access_token, keys, {
        issuer: `https://sts.windows.net/${tenantId}/`,
        audience: RESOURCE,
        algorithms: ['RS256'],
        currentDate: trial.clock.now(),
      })
      expect(payload.oid).toBe(machine.identity.principalId)
    })
  }

  test('has the header and claims of a managed identity', async () => {
    const trial = await startWithMachine()
    const { identity } = trial.machine
    const { body } = await askForToken(trial.machine, trial)
    const issuer = `${trial.controlPlane.url}/${identity.tenantId}/`
    const now = Math.floor(trial.clock.now().getTime() / 1000)

    const header = decodeProtectedHeader(body.access_token)
    expect(header).toEqual({ typ: 'JWT', alg: 'RS256', kid: header.kid, x5t: header.kid })
    expect(decodeJwt(body.access_token)).toEqual({
      aud: RESOURCE,
      iss: issuer,
      idp: issuer,
      iat: now - 300,
      nbf: now - 300,
      exp: now + 3600,
      appid: identity.clientId,
      appidacr: '2',
      idtyp: 'app',
      oid: identity.principalId,
      sub: identity.principalId,
      tid: identity.tenantId,
      ver: '1.0',
      xms_mirid: identity.resourceId,
      aio: expect.any(String),
      rh: expect.any(String),
      uti: expect.stringMatching(/^[\w-]{22}$/),
      jti: decodeJwt(body.access_token).uti,
    })
  })

  test('is good at a verifier that allows no difference and whose clock is behind, up to its end', async () => {
    const trial = await startWithMachine()
    const { tenantId } = trial.machine.identity
    const { body } = await askForToken(trial.machine, trial)
    const { body: keys } = await send(
      trial.controlPlane,
      `${trial.controlPlane.url}/${tenantId}/discovery/v2.0/keys`,
    )
    const now = trial.clock.now().getTime()
    const verifyAt = (seconds: number) =>
      jwtVerify(body.access_token, createLocalJWKSet(keys), { currentDate: new Date(now + seconds * 1000) })
    for (const seconds of [-299, -5, 0, 3598]) await verifyAt(seconds)
    await expect(verifyAt(3601)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' })
  })

  test('never begins in the future, though the clock stands between two seconds', async () => {
    const trial = await startWithMachine()
    trial.clock.advance(0.999)
    const { body } = await askForToken(trial.machine, trial)
    expect(Number(decodeJwt(body.access_token).nbf) * 1000).toBeLessThanOrEqual(trial.clock.now().getTime())
  })

  test('lives as long as the control plane is told', async () => {
    const trial = await startTrial({ tokenLifetimeSeconds: 86_400 })
    const machine = await registerTrialMachine(trial)
    const { body } = await askForToken(machine, trial)
    const { exp = 0, iat = 0 } = decodeJwt(body.access_token)
    expect([body.expires_in, exp - iat]).toEqual([86_400, 86_700])
  })

  for (const resource of [
    'https://storage.azure.com/',
    'api://a b/ü?x=%2F',
    '00000003',
    `api://${'x'.repeat(2042)}`,
  ]) {
    test(`has the audience byte for byte as asked (${resource.slice(0, 30)})`, async () => {
      const trial = await startWithMachine()
      const v1 = `${trial.controlPlane.url}/${trial.machine.identity.tenantId}/oauth2/token`
      const client_assertion = await makeAssertion(trial.machine, trial, { claims: { aud: v1 } })
      const form = {
        grant_type: 'client_credentials',
        client_id: trial.machine.identity.clientId,
        client_assertion,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        resource,
      }
      const { body } = await send(trial.controlPlane, v1, { form })
      expect(decodeJwt(body.access_token).aud).toBe(resource)
      expect(body.resource).toBe(resource)
    })
  }

  test('keeps the slash that ends a resource before "/.default"', async () => {
    const trial = await startWithMachine()
    const { body } = await askForToken(trial.machine, trial, { scope: 'https://storage.azure.com//.default' })
    expect(decodeJwt(body.access_token).aud).toBe('https://storage.azure.com/')
  })
})

describe('the answer', () => {
  test('has numbers at the v2 endpoint and may not be stored', async () => {
    const trial = await startWithMachine()
    const { status, headers, body } = await askForToken(trial.machine, trial)
    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('no-store')
    expect(body).toEqual({
      token_type: 'Bearer',
      expires_in: 3600,
      ext_expires_in: 3600,
      access_token: expect.any(String),
    })
  })

  test.each(['https://vault.azure.net/.default', 'https%3A%2F%2Fvault.azure.net%2F.default'])(
    'is not given at the v1 endpoint for the resource %s, which is a scope',
    async (resource) => {
      const trial = await startWithMachine()
      const { tenantId, clientId } = trial.machine.identity
      const answer = await send(trial.controlPlane, `${trial.controlPlane.url}/${tenantId}/oauth2/token`, {
        form: {
          grant_type: 'client_credentials',
          client_id: clientId,
          client_assertion: await makeAssertion(trial.machine, trial),
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          resource,
        },
      })
      expect(refusalOf(answer)).toEqual([400, 'invalid_resource', 500011])
    },
  )

  test('is not given for JSON, however right its fields are', async () => {
    const trial = await startWithMachine()
    const fields = {
      grant_type: 'client_credentials',
      client_id: trial.machine.identity.clientId,
      client_assertion: await makeAssertion(trial.machine, trial),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      scope: `${RESOURCE}/.default`,
    }
    const answer = await send(
      trial.controlPlane,
      tokenUrl(trial.controlPlane, trial.machine.identity.tenantId),
      {
        form: JSON.stringify(fields),
        headers: { 'Content-Type': 'application/json' },
      },
    )
    expect(refusalOf(answer)).toEqual([400, 'invalid_request', 9002313])
  })

  test('has strings at the v1 endpoint', async () => {
    const trial = await startWithMachine()
    const { tenantId, clientId } = trial.machine.identity
    const { body } = await send(trial.controlPlane, `${trial.controlPlane.url}/${tenantId}/oauth2/token`, {
      form: {
        grant_type: 'client_credentials',
        client_id: clientId,
        client_assertion: await makeAssertion(trial.machine, trial),
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        resource: RESOURCE,
      },
    })
    const now = Math.floor(trial.clock.now().getTime() / 1000)
    expect(body).toEqual({
      token_type: 'Bearer',
      expires_in: '3600',
      ext_expires_in: '3600',
      expires_on: String(now + 3600),
      not_before: String(now - 300),
      resource: RESOURCE,
      access_token: expect.any(String),
    })
  })
})

describe('an assertion', () => {
  for (const alg of ['PS256', 'RS256']) {
    test(`of an RSA key may be signed with ${alg}`, async () => {
      const trial = await startWithMachine('rsa')
      expect((await askWith(trial, { header: { alg } })).status).toBe(200)
    })
  }

  test('of an older client has a padded SHA-1 thumbprint, fractional times and no nbf', async () => {
    const trial = await startWithMachine('rsa')
    const sha1 = thumbprintsOf(trial.machine.certificate).sha1
    const x5t = Buffer.from(sha1, 'base64url').toString('base64')
    const now = trial.clock.now().getTime() / 1000
    const changes = {
      header: { alg: 'RS256', 'x5t#S256': undefined, x5t },
      claims: { nbf: undefined, iat: now + 0.25, exp: now + 600.25 },
    }
    expect(x5t.endsWith('=')).toBe(true)
    expect((await askWith(trial, changes)).status).toBe(200)
  })

  for (const issuer of ['/v2.0', '/']) {
    test(`may be addressed to the issuer that ends in "${issuer}"`, async () => {
      const trial = await startWithMachine()
      const aud = `${trial.controlPlane.url}/${trial.machine.identity.tenantId}${issuer}`
      expect((await askWith(trial, { claims: { aud } })).status).toBe(200)
    })
  }

  test('may come from a clock that differs by less than the skew', async () => {
    const trial = await startWithMachine()
    const now = Math.floor(trial.clock.now().getTime() / 1000)
    for (const offset of [CLOCK_SKEW_SECONDS, -CLOCK_SKEW_SECONDS]) {
      const claims = { iat: now + offset, nbf: now + offset, exp: now + offset + 300 }
      expect((await askWith(trial, { claims })).status).toBe(200)
    }
  })

  test('is good for one token, however many ask at once', async () => {
    const trial = await startWithMachine()
    const client_assertion = await makeAssertion(trial.machine, trial)
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => askForToken(trial.machine, trial, { client_assertion })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const refused = answers.filter(({ status }) => status !== 200).map(refusalOf)
    expect(new Set(refused.map(String))).toEqual(new Set(['401,invalid_client,50013']))
  })

  test('stays spent when the control plane restarts', async () => {
    const trial = await startTrial()
    const machine = await registerTrialMachine(trial)
    const client_assertion = await makeAssertion(machine, trial)
    const { port } = new URL(trial.controlPlane.url)
    expect((await askForToken(machine, trial, { client_assertion })).status).toBe(200)
    await trial.controlPlane.stop()

    const again = await startTrial({
      stateFolder: trial.stateFolder,
      port: Number(port),
      now: trial.clock.now,
    })
    const answer = await askForToken(machine, { ...again, clock: trial.clock }, { client_assertion })
    expect(refusalOf(answer)).toEqual([401, 'invalid_client', 50013])
  })
})

describe('a refusal', () => {
  const FORMS: Record<string, [Record<string, string>, ...ReturnType<typeof refusalOf>]> = {
    'no grant type': [{ grant_type: '' }, 400, 'invalid_request', 900144],
    'another grant type': [{ grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
    'no client id': [{ client_id: '' }, 400, 'invalid_request', 900144],
    'a client id that is no GUID': [{ client_id: 'm1' }, 400, 'unauthorized_client', 700016],
    'a client id that nobody has': [{ client_id: randomUUID() }, 400, 'unauthorized_client', 501051],
    'no assertion type': [{ client_assertion_type: '' }, 400, 'invalid_request', 900144],
    'another assertion type': [{ client_assertion_type: 'saml2' }, 401, 'invalid_client', 50027],
    'no assertion': [{ client_assertion: '' }, 401, 'invalid_client', 7000218],
    'an assertion that is no JWT': [{ client_assertion: 'a.b' }, 401, 'invalid_client', 50027],
    'no scope': [{ scope: '' }, 400, 'invalid_request', 900144],
    'a scope without "/.default"': [{ scope: RESOURCE }, 400, 'invalid_scope', 70011],
    'two scopes': [{ scope: 'a/.default b/.default' }, 400, 'invalid_scope', 70011],
    'a scope in the place of a resource': [
      { scope: 'https://a/.default/.default' },
      400,
      'invalid_scope',
      70011,
    ],
    'a scope with control characters': [{ scope: 'a\u0007/.default' }, 400, 'invalid_scope', 70011],
    'a resource that is too long': [{ scope: `${'x'.repeat(2049)}/.default` }, 400, 'invalid_scope', 70011],
  }
  for (const [what, [fields, ...expected]] of Object.entries(FORMS)) {
    test(`of ${what}`, async () => {
      const trial = await startWithMachine()
      expect(refusalOf(await askForToken(trial.machine, trial, fields))).toEqual(expected)
    })
  }

  const seconds = Math.floor(Date.now() / 1000)
  const ASSERTIONS: Record<string, [AssertionChanges, number]> = {
    'an issuer that nobody is': [{ claims: { iss: randomUUID() } }, 700027],
    'an issuer that is no client': [{ claims: { iss: 'm1' } }, 700021],
    'a foreign issuer that nobody trusts': [
      { claims: { iss: 'https://issuer.example' }, header: { kid: 'k' } },
      70021,
    ],
    'a foreign issuer without the name of a key': [{ claims: { iss: 'https://issuer.example' } }, 50027],
    'another subject': [{ claims: { sub: undefined } }, 700021],
    'another audience': [
      { claims: { aud: 'https://login.microsoftonline.com/x/oauth2/v2.0/token' } },
      700023,
    ],
    'no audience': [{ claims: { aud: undefined } }, 700023],
    'several audiences': [{ claims: { aud: ['a', 'b'] } }, 700023],
    'an assertion that has ended': [
      { claims: { exp: seconds - 3600, nbf: seconds - 4000, iat: seconds - 4000 } },
      700024,
    ],
    'an assertion of tomorrow': [{ claims: { nbf: seconds + 86_400, exp: seconds + 86_500 } }, 700024],
    'an assertion issued tomorrow': [{ claims: { iat: seconds + 86_400, nbf: undefined } }, 700024],
    'an assertion that is good too long': [{ claims: { exp: seconds + 7200 } }, 50027],
    'no end': [{ claims: { exp: undefined } }, 50027],
    'no jti': [{ claims: { jti: undefined } }, 50027],
    'an empty jti': [{ claims: { jti: '' } }, 50027],
    'a jti that is too long': [{ claims: { jti: 'x'.repeat(257) } }, 50027],
    'no thumbprint': [{ header: { 'x5t#S256': undefined } }, 700027],
    'an unknown thumbprint': [{ header: { 'x5t#S256': 'x'.repeat(43) } }, 700027],
    'a thumbprint that is no text': [{ header: { 'x5t#S256': ['x'] } }, 700027],
  }
  for (const [what, [changes, number]] of Object.entries(ASSERTIONS)) {
    test(`of ${what}`, async () => {
      const trial = await startWithMachine()
      expect(refusalOf(await askWith(trial, changes))).toEqual([401, 'invalid_client', number])
    })
  }

  test('of a signature by another key', async () => {
    const trial = await startWithMachine()
    const { privateKey } = await makeKeys()
    expect(refusalOf(await askWith(trial, { privateKey }))).toEqual([401, 'invalid_client', 700027])
  })

  test("of another machine's key", async () => {
    const trial = await startWithMachine()
    const other = await registerTrialMachine(trial, { name: 'm2' })
    const { sha256 } = thumbprintsOf(other.certificate)
    const changes = { privateKey: other.privateKey, header: { 'x5t#S256': sha256 } }
    expect(refusalOf(await askWith(trial, changes))).toEqual([401, 'invalid_client', 700027])
  })

  test('of no signature, and of one that takes the public key for a shared secret', async () => {
    const trial = await startWithMachine('rsa')
    const [, payload] = (await makeAssertion(trial.machine, trial)).split('.')
    const x5t = { 'x5t#S256': thumbprintsOf(trial.machine.certificate).sha256 }
    const part = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url')
    const unsigned = `${part({ alg: 'none', ...x5t })}.${payload}.`
    const input = `${part({ alg: 'HS256', ...x5t })}.${payload}`
    const shared = `${input}.${createHmac('sha256', trial.machine.publicKey).update(input).digest('base64url')}`
    for (const client_assertion of [unsigned, shared]) {
      const answer = await askForToken(trial.machine, trial, { client_assertion })
      expect(refusalOf(answer)).toEqual([401, 'invalid_client', 700027])
    }
  })

  test('of a key whose certificate has ended', async () => {
    const trial = await startWithMachine()
    trial.clock.advance(89.9 * 86_400)
    expect((await askForToken(trial.machine, trial)).status).toBe(200)
    trial.clock.advance(0.2 * 86_400)
    expect(refusalOf(await askForToken(trial.machine, trial))).toEqual([401, 'invalid_client', 700027])
  })

  test('of a disabled machine, told only to who holds its key', async () => {
    const trial = await startWithMachine()
    await trial.registry.disableMachine(trial.machine.identity.resourceId)
    const own = await askForToken(trial.machine, trial)
    expect(refusalOf(own)).toEqual([400, 'unauthorized_client', 7000112])
    const { privateKey } = await makeKeys()
    expect(refusalOf(await askWith(trial, { privateKey }))).toEqual([401, 'invalid_client', 700027])
  })

  test('of a deleted machine, for ever', async () => {
    const trial = await startWithMachine()
    await trial.registry.deleteMachine(trial.machine.identity.resourceId)
    const answer = await askForToken(trial.machine, trial)
    expect(refusalOf(answer)).toEqual([400, 'unauthorized_client', 700016])

    const successor = await registerTrialMachine(trial)
    expect(successor.identity.resourceId).toBe(trial.machine.identity.resourceId)
    const sneaky = { ...trial.machine, identity: successor.identity }
    expect(refusalOf(await askForToken(sneaky, trial))).toEqual([401, 'invalid_client', 700027])
  })

  test('has the body of Entra, with the correlation id that the caller sent', async () => {
    const trial = await startWithMachine()
    const url = tokenUrl(trial.controlPlane, randomUUID())
    const correlation = randomUUID()
    const headers = { 'client-request-id': correlation.toUpperCase() }
    const answer = await send(trial.controlPlane, url, { form: { grant_type: 'x' }, headers })
    expect(refusalOf(answer)).toEqual([400, 'invalid_tenant', 90002])
    expect(answer.headers['cache-control']).toBe('no-store')
    const { trace_id, timestamp, error_description } = answer.body
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/)
    expect(answer.body.correlation_id).toBe(correlation)
    expect(error_description).toBe(
      `AADSTS90002: The tenant in the path was not found. Trace ID: ${trace_id} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
    )
  })
})

describe('a malformed request', () => {
  const BAD: Record<string, [Parameters<typeof send>[2], number]> = {
    'a doubled field': [{ form: 'grant_type=client_credentials&grant_type=client_credentials' }, 400],
    'an empty body': [{ form: '' }, 400],
    JSON: [{ form: '{}', headers: { 'Content-Type': 'application/json' } }, 400],
    'text that says it is XML': [{ form: '<a/>', headers: { 'Content-Type': 'text/xml' } }, 400],
    'an assertion of 33 kB': [{ form: { client_assertion: 'x'.repeat(33_000) } }, 413],
    'an assertion of 100 kB': [{ form: { client_assertion: 'x'.repeat(100_000) } }, 413],
    'a GET': [{ method: 'GET' }, 404],
  }
  for (const [what, [options, status]] of Object.entries(BAD)) {
    test(`such as ${what} is answered in the same form`, async () => {
      const trial = await startWithMachine()
      const url = tokenUrl(trial.controlPlane, trial.machine.identity.tenantId)
      const answer = await send(trial.controlPlane, url, options)
      expect([answer.status, answer.body.error]).toEqual([status, 'invalid_request'])
      expect(answer.body.error_description).toMatch(/^AADSTS\d+: /)
    })
  }
})

describe('the audit trail', () => {
  test('has every token and every refusal, and neither token nor assertion', async () => {
    const trial = await startWithMachine()
    const { identity } = trial.machine
    const client_assertion = await makeAssertion(trial.machine, trial)
    const issued = await askForToken(trial.machine, trial, { client_assertion })
    const replayed = await askForToken(trial.machine, trial, { client_assertion })
    const doubled = await send(trial.controlPlane, tokenUrl(trial.controlPlane, identity.tenantId), {
      form: 'scope=a&scope=b',
    })
    await trial.registry.deleteMachine(identity.resourceId)
    await askForToken(trial.machine, trial)
    await trial.controlPlane.stop()

    const rows = auditRows(trial.stateFolder)
    const { clientId, principalId } = identity
    expect(rows.map((row) => [row.action, row.outcome, row.code, row.client_id, row.principal_id])).toEqual([
      ['register-machine', 'done', null, clientId, principalId],
      ['issue-token', 'done', null, clientId, principalId],
      ['issue-token', 'refused', '50013', clientId, principalId],
      ['issue-token', 'refused', '9002313', null, null],
      ['delete-machine', 'done', null, clientId, principalId],
      ['issue-token', 'refused', '700016', clientId, principalId],
    ])
    expect(rows[1]?.audience).toBe(RESOURCE)
    expect(rows[2]?.id).toBe(replayed.body.trace_id)
    expect(rows[3]?.correlation_id).toBe(doubled.body.correlation_id)
    const text = JSON.stringify(rows)
    for (const jwt of [issued.body.access_token, client_assertion]) {
      for (const part of jwt.split('.')) expect(text).not.toContain(part)
    }
  })

  test('has one row for equal tokens of a minute, which counts them and is found by the id of each', async () => {
    const trial = await startWithMachine()
    trial.clock.advance(60 - ((trial.clock.now().getTime() / 1000) % 60))
    const ids: string[] = []
    for (const scope of [...Array(5).fill(`${RESOURCE}/.default`), 'api://other/.default']) {
      ids.push(
        decodeJwt((await askForToken(trial.machine, trial, { scope })).body.access_token).uti as string,
      )
      trial.clock.advance(5)
    }
    trial.clock.advance(60)
    await askForToken(trial.machine, trial)
    await trial.controlPlane.stop()
    const rows = auditRows(trial.stateFolder).filter(({ action }) => action === 'issue-token')
    expect(rows.map(({ audience, count }) => [audience, count])).toEqual([
      [RESOURCE, 5],
      ['api://other', 1],
      [RESOURCE, 1],
    ])
    expect(Number(rows[0]?.last_time) - Number(rows[0]?.time)).toBe(20_000)
    expect(new Set(ids).size).toBe(6)
    for (const [index, id] of ids.entries()) expect(id.slice(0, 12)).toBe(rows[index < 5 ? 0 : 1]?.gathered)
  })

  test('has rows of bounded size, and log lines too, whatever a client asks for', async () => {
    const lines: string[] = []
    const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) })
    const trial = await startWithMachine('ec', { log })
    const scope = `api://${'x'.repeat(2_000)}/.default`
    expect((await askForToken(trial.machine, trial, { scope })).status).toBe(200)
    await trial.controlPlane.stop()
    for (const row of auditRows(trial.stateFolder)) expect(JSON.stringify(row).length).toBeLessThan(1_500)
    for (const line of lines) expect(line.length).toBeLessThan(1_500)
  })

  test('counts what a client that holds its credential is refused again and again', async () => {
    const trial = await startWithMachine()
    const client_assertion = await makeAssertion(trial.machine, trial)
    const other = await registerTrialMachine(trial, { name: 'm2' })
    const otherAssertion = await makeAssertion(other, trial)
    for (let asked = 0; asked < 15; asked += 1) await askForToken(trial.machine, trial, { client_assertion })
    for (let asked = 0; asked < 2; asked += 1) {
      await askForToken(other, trial, { client_assertion: otherAssertion })
    }
    await trial.controlPlane.stop()
    const refused = auditRows(trial.stateFolder).filter(({ code }) => code === '50013')
    expect(Map.groupBy(refused, (row) => row.client_id).get(other.identity.clientId)).toHaveLength(1)
    expect(refused).toHaveLength(11)
  })

  test('keeps of callers without a key no audience, and ten rows a minute for each number', async () => {
    const trial = await startWithMachine()
    const { privateKey } = await makeKeys()
    for (let asked = 0; asked < 12; asked += 1) {
      expect(refusalOf(await askWith(trial, { privateKey }))[2]).toBe(700027)
    }
    trial.clock.advance(60)
    await askWith(trial, { privateKey })
    await trial.registry.disableMachine(trial.machine.identity.resourceId)
    await askForToken(trial.machine, trial)
    await trial.controlPlane.stop()

    const rows = auditRows(trial.stateFolder).filter(({ outcome }) => outcome === 'refused')
    expect(rows.map((row) => [row.code, row.audience, row.suppressed])).toEqual([
      ...Array(10).fill(['700027', null, 0]),
      ['700027', null, 2],
      ['7000112', RESOURCE, 0],
    ])
  })
})
