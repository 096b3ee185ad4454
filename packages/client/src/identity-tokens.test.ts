import { expect, test } from 'vitest'
import { surroundings } from '../../../test/client/surrounded.ts'
import { ClientError } from './errors.ts'
import { IdentityTokens, readQuestion, scopeOf } from './identity-tokens.ts'
import type { Question, Source } from './source.ts'

const HOUR_MS = 3_600_000
const CLAIMS = '{"a":1}'
const PROOF = { proofOfPossessionOptions: { nonce: 'x' } }

const refused = (what: string) => new ClientError('endpoint_refused', what)

/** Tokens of one source, which says of each what it is for, and how often it was looked for. */
function setUp(more: Partial<Source> = {}, fails: (question: Question) => boolean = () => false) {
  const seen = { finds: 0, asked: [] as Question[] }
  const ask = async (question: Question) => {
    seen.asked.push(question)
    const { scope, tenantId, claims } = question
    if (fails(question)) throw refused(scope)
    return { accessToken: [scope, tenantId, claims].join(), expiresAt: Date.now() + HOUR_MS }
  }
  const find = () => {
    seen.finds += 1
    return { place: 'here', foundBy: 'a test', ask, ...more }
  }
  const wanted = { selected: undefined, clientId: undefined, tenantId: undefined, authorityHost: undefined }
  const tokens = new IdentityTokens({
    kinds: [{ name: 'app-service', managed: true, find }],
    wanted: { ...wanted, vm: 'probed' },
    surroundings: surroundings(),
  })
  const tokenOf = async (...asked: Parameters<IdentityTokens['getToken']>) =>
    (await tokens.getToken(...asked)).token
  return { tokens, seen, tokenOf }
}

test('what is held is answered for the same scope alone, and for a list of one', async () => {
  const { seen, tokenOf } = setUp()
  for (const scope of ['a', 'a', 'b', ['a']]) await tokenOf(scope)
  expect(seen.asked.map(({ scope }) => scope)).toEqual(['a', 'b'])
})

test('what is held for no tenant is not answered where a resource names one, nor the other way round', async () => {
  const { tokenOf } = setUp({ manyTenants: true })
  expect(await tokenOf('a')).toBe('a,,')
  expect(await tokenOf('a', { tenantId: 'one' })).toBe('a,one,')
  expect(await tokenOf('a', { tenantId: 'two' })).toBe('a,two,')
  expect(await tokenOf('a')).toBe('a,,')
})

test('where the tenant of the identity is known, a resource of another gets no token, held or not', async () => {
  const { tokenOf } = setUp({ tenantId: 'Own' })
  await expect(tokenOf('a', { tenantId: 'other' })).rejects.toMatchObject({ code: 'tenant_foreign' })
  expect(await tokenOf('a')).toBe('a,,')
  await expect(tokenOf('a', { tenantId: 'other' })).rejects.toMatchObject({ code: 'tenant_foreign' })
  expect(await tokenOf('a', { tenantId: 'oWN' })).toBe('a,,')
})

test('where the tenant of the identity is not known, that which a resource names is passed over', async () => {
  const { seen, tokenOf } = setUp()
  await tokenOf('a')
  await tokenOf('a', { tenantId: 'any' })
  expect(seen.asked).toHaveLength(1)
})

test('what is held is not answered to a challenge of claims, nor for a proof of possession', async () => {
  const { tokenOf } = setUp()
  await tokenOf('a')
  expect(await tokenOf('a', { claims: CLAIMS })).toBe(`a,,${CLAIMS}`)
  await expect(tokenOf('a', PROOF)).rejects.toMatchObject({ code: 'token_kind_unsupported' })
})

test('a challenge tells which token was refused, if one is held', async () => {
  const { seen, tokenOf } = setUp()
  await tokenOf('a', { claims: CLAIMS })
  await tokenOf('a', { claims: CLAIMS })
  expect(seen.asked.map(({ refusedTokenHash }) => refusedTokenHash)).toEqual([
    undefined,
    expect.stringMatching(/^[0-9a-f]{64}$/),
  ])
})

test('who has given up gets nothing, though it is held; who may still give up gets it', async () => {
  const { tokenOf } = setUp()
  await tokenOf('a')
  await expect(tokenOf('a', { abortSignal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  })
  expect(await tokenOf('a', { abortSignal: new AbortController().signal })).toBe('a,,')
})

test('what is held is answered by the very same promise, so that it costs nothing', async () => {
  const { tokens } = setUp()
  await tokens.getToken('a')
  const first = tokens.getToken('a')
  expect(tokens.getToken('a', {})).toBe(first)
  expect(tokens.getToken('a', { abortSignal: new AbortController().signal })).toBe(first)
})

test('a source is looked for once, however many ask meanwhile', async () => {
  const { seen, tokenOf } = setUp()
  await Promise.all(['a', 'b', 'c'].map((scope) => tokenOf(scope)))
  await tokenOf('d')
  expect(seen.finds).toBe(1)
})

test.each([
  ['another scope', { scope: 'b' }],
  ['another tenant', { tenantId: 'good' }],
  ['no claims', {}],
])('who asks for %s does not share a refusal', async (_, { scope = 'a', tenantId }: Partial<Question>) => {
  const refusedOne = { tenantId: 'bad', claims: CLAIMS }
  const other = tenantId === undefined ? { tenantId: 'bad' } : { tenantId, claims: CLAIMS }
  const isBad = (one: Question) => one.scope === 'a' && one.tenantId === 'bad' && one.claims === CLAIMS
  const { tokenOf } = setUp({ manyTenants: true }, isBad)
  const [first, second] = [tokenOf('a', refusedOne), tokenOf(scope, scope === 'a' ? other : refusedOne)]
  await expect(first).rejects.toMatchObject({ code: 'endpoint_refused' })
  expect(await second).toContain(scope)
})

test('claims of nothing but white space are none', () => {
  expect(readQuestion('a', { claims: ' ' }).claims).toBeUndefined()
  expect(readQuestion('a', { claims: CLAIMS }).claims).toBe(CLAIMS)
})

test('the scope of a resource is written once', () => {
  for (const resource of ['https://a.example', 'https://a.example/.default']) {
    expect(scopeOf(resource)).toBe('https://a.example/.default')
  }
  expect(scopeOf('/.default/x')).toBe('/.default/x/.default')
})

test('a resource may be as long as the wire takes, and what is longer is not shown whole', () => {
  const longest = 'a'.repeat(2048)
  expect(readQuestion(longest, {}).resource).toBe(longest)
  expect(() => readQuestion(`${longest}a`, {})).toThrow(
    expect.objectContaining({
      code: 'resource_invalid',
      message: expect.not.stringContaining('a'.repeat(101)),
    }),
  )
})
