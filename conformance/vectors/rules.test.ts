/** What the clients' rules refuse, so that a replayed case can fail. */

import { ARC_KEY_FOLDER, formatErrorAnswer, WireError } from '@landfast/protocol'
import { describe, expect, test } from 'vitest'
import { AZURE_IDENTITY_CPP_RULES } from './azure-identity-cpp-rules.ts'
import { azureIdentityRules, oldAzureIdentityRules } from './azure-identity-dotnet-rules.ts'
import { type Asked, type ClientRules, Refusal } from './client-rules.ts'
import { VECTOR_CLIENTS } from './clients.ts'
import { describeError, msalDotnetRules } from './msal-dotnet-rules.ts'

const NOW = 1_800_000_000
const FOLDER = '/var/opt/azcmagent/tokens'
const KEY = `${FOLDER}/0b8f1c1e-6a0e-4f0a-9d0c-0000000000aa.key`
const MSAL = msalDotnetRules({ verifiesEcho: true, readsExpiresIn: true })
const OLD_MSAL = msalDotnetRules({ verifiesEcho: false, readsExpiresIn: false })
const IN_CHAIN = azureIdentityRules()
const OLD_DOTNET = oldAzureIdentityRules()
const CPP = AZURE_IDENTITY_CPP_RULES

const EVERY: [string, ClientRules][] = VECTOR_CLIENTS.map(({ name, version, rules }) => [
  `${name} ${version}`,
  rules,
])

function challenge(value: string, name = 'Www-Authenticate') {
  return { status: 401, headers: [[name, value]] as const, body: '{}' }
}

function answer(body: unknown, status = 200) {
  return { status, headers: [], body: typeof body === 'string' ? body : JSON.stringify(body) }
}

function read(rules: ClientRules, body: unknown, asked: Partial<Asked> = {}) {
  return rules.readToken(answer(body), { style: 'arc', now: NOW, ...asked }).expiresInSeconds
}

describe.each(EVERY)('%s', (_, rules) => {
  test('takes the challenge that the agent sends, whatever the case of its name', () => {
    for (const name of ['Www-Authenticate', 'WWW-Authenticate', 'www-authenticate']) {
      expect(rules.readChallenge(challenge(`Basic realm=${KEY}`, name), FOLDER)).toBe(KEY)
    }
  })

  test('takes an answer that is no 401 as it is', () => {
    expect(rules.readChallenge(answer({}), FOLDER)).toBeUndefined()
  })

  test.each([
    ['in quotes', `Basic realm="${KEY}"`],
    ['with a character set beside it', `Basic realm=${KEY}, charset="UTF-8"`],
    ['with "=" in the path', `Basic realm=${FOLDER}/a=b.key`],
    ['without a realm', 'Basic'],
    ['in another folder', 'Basic realm=/tmp/a.key'],
    ['with another ending', `Basic realm=${FOLDER}/a.txt`],
    ['with nothing', 'Basic realm='],
  ])('refuses a challenge %s', (__, value) => {
    expect(() => rules.readChallenge(challenge(value), FOLDER)).toThrow(Refusal)
  })

  test('refuses a 401 without a challenge', () => {
    expect(() => rules.readChallenge(answer({}, 401), FOLDER)).toThrow(Refusal)
  })

  test('sends the key as it is in the file, up to 4096 bytes and without a line break', () => {
    const keyOf = (content: string) => rules.readKeyFile({ path: KEY, content: Buffer.from(content) })
    expect(keyOf('k'.repeat(4096))).toBe(`Basic ${'k'.repeat(4096)}`)
    expect(() => keyOf('k'.repeat(4097))).toThrow(Refusal)
    expect(() => keyOf('key\n')).toThrow(Refusal)
  })

  test.each([
    ['no JSON', '<html>'],
    ['an array', []],
    ['no token', { expires_in: '3600', expires_on: String(NOW + 3600) }],
    ['no end', { access_token: 't' }],
    ['an end that is no date', { access_token: 't', expires_on: 'soon' }],
  ])('refuses an answer with %s', (__, body) => {
    expect(() => read(rules, body)).toThrow(Refusal)
  })
})

test('the folder that every client has by heart is the one that the agent uses', () => {
  expect(ARC_KEY_FOLDER).toBe(FOLDER)
})

test.each([
  ['Microsoft.Identity.Client', MSAL],
  ['C++', CPP],
])('%s wants the key file directly in the folder', (_, rules) => {
  expect(() => rules.readChallenge(challenge(`Basic realm=${FOLDER}/x/a.key`), FOLDER)).toThrow(Refusal)
  expect(() => rules.readChallenge(challenge(`Basic realm=${FOLDER}/../tokens/a.key`), FOLDER)).toThrow(
    Refusal,
  )
})

test('of "expires_in" and "expires_on" Microsoft.Identity.Client takes the last, and the old one only the second', () => {
  const [inOne, onTwo] = [{ expires_in: '3600' }, { expires_on: String(NOW + 7000) }]
  expect(read(MSAL, { access_token: 't', ...inOne, ...onTwo })).toBe(7000)
  expect(read(MSAL, { access_token: 't', ...onTwo, ...inOne })).toBe(3600)
  expect(read(OLD_MSAL, { access_token: 't', ...onTwo, ...inOne })).toBe(7000)
  expect(() => read(OLD_MSAL, { access_token: 't', ...inOne })).toThrow(Refusal)
})

test('Microsoft.Identity.Client takes a time that is over as no time left, and a date of ISO 8601', () => {
  expect(read(MSAL, { access_token: 't', expires_on: String(NOW - 5) })).toBe(0)
  const date = new Date((NOW + 3600) * 1000).toISOString()
  expect(read(MSAL, { access_token: 't', expires_on: date })).toBe(3600)
})

test('Azure.Identity of old reads the local date of App Service of 2017', () => {
  const [year, month, day, time] = new Date((NOW + 3600) * 1000).toISOString().split(/[-T.]/)
  const body = { access_token: 't', expires_on: `${month}/${day}/${year} ${time} +00:00` }
  expect(read(OLD_DOTNET, body, { style: 'app-service-2017' })).toBe(3600)
})

test('C++ prefers "expires_in", and takes a number in "refresh_in" for the end', () => {
  const both = { access_token: 't', expires_in: '3600', expires_on: String(NOW + 7000) }
  expect(read(CPP, both)).toBe(3600)
  expect(read(CPP, { ...both, refresh_in: 60 })).toBe(60)
  expect(read(CPP, { ...both, refresh_in: '60' })).toBe(3600)
})

test('C++ halves the life of a token that is valid for two hours', () => {
  expect(read(CPP, { access_token: 't', expires_in: '7200' })).toBe(3600)
})

test.each(['03600', '3600.0', '-1', '2147483648', ''])('C++ passes over "%s" as a life', (expires_in) => {
  expect(read(CPP, { access_token: 't', expires_in, expires_on: String(NOW + 60) })).toBe(60)
})

describe('the echo of the identity', () => {
  const selector = { by: 'client-id', value: 'AA-1' } as const
  const body = { access_token: 't', expires_on: String(NOW + 3600) }

  test('is compared in any case', () => {
    expect(read(MSAL, { ...body, client_id: 'aa-1' }, { selector })).toBe(3600)
  })

  test.each([
    ['missing', body],
    ['empty', { ...body, client_id: '' }],
    ['another identity\u2019s', { ...body, client_id: 'aa-2' }],
    ['under another name', { ...body, object_id: 'aa-1' }],
  ])('is not confirmed if it is %s', (_, echoed) => {
    expect(() => read(MSAL, echoed, { selector })).toThrow(/does not confirm/)
  })

  test('is asked for in the Arc style alone', () => {
    expect(read(MSAL, body, { selector, style: 'vm' })).toBe(3600)
  })
})

describe('probes', () => {
  const missing = answer(formatErrorAnswer(new WireError('metadata_header_missing'), 'id'), 400)

  test('go on after the answer to a request without the header', () => {
    expect(() => IN_CHAIN.readProbe('vm', missing)).not.toThrow()
    expect(() => MSAL.readProbe('vm', missing)).not.toThrow()
  })

  test.each([200, 401, 403, 404, 500, 502])('stop after %d', (status) => {
    expect(() => IN_CHAIN.readProbe('vm', answer({}, status))).toThrow(Refusal)
    expect(() => MSAL.readProbe('vm', answer({}, status))).toThrow(Refusal)
  })

  test('stop where the answer speaks of an identity', () => {
    const found = answer({ error_description: 'Identity not found' }, 400)
    expect(() => IN_CHAIN.readProbe('vm', found)).toThrow(Refusal)
  })

  test('of the old Azure.Identity go on after any 400', () => {
    expect(() => OLD_DOTNET.readProbe('vm', answer('Identity not found', 400))).not.toThrow()
    expect(() => OLD_DOTNET.readProbe('vm', answer({}, 404))).toThrow(Refusal)
  })

  test('take nobody for a service of version 2 who answers 404', () => {
    expect(() => MSAL.readProbe('vm-version-2', answer({}, 404))).not.toThrow()
    expect(() => MSAL.readProbe('vm-version-2', missing)).toThrow(/version 2/)
  })
})

test('a chain goes on after whatever failed in the VM style, and shows our sentence inside only', () => {
  const refused = answer({ error: 'access_denied', error_description: 'the policy refuses' }, 403)
  let refusal: unknown
  try {
    IN_CHAIN.readToken(refused, { style: 'vm', now: NOW })
  } catch (error) {
    refusal = error
  }
  expect(refusal).toMatchObject({ goesOn: true, message: expect.not.stringContaining('policy') })
  expect((refusal as Refusal).shown).toContain('the policy refuses')
})

test('the old Azure.Identity takes 403 with "unreachable" for Docker and shows nothing of it', () => {
  const docker = answer({ error_description: 'unreachable network' }, 403)
  expect(() => OLD_DOTNET.readToken(docker, { style: 'vm', now: NOW })).toThrow(/not in the expected format/)
})

test('errors are read flat, nested and as they are', () => {
  expect(describeError('{"error":"a","error_description":"b","correlation_id":"c"}')).toBe(
    '[Managed Identity] a b',
  )
  expect(describeError('{"error":{"code":"a","message":"b"}}')).toContain('Error Message: b')
  expect(describeError('<html>')).toContain('<html>')
})
