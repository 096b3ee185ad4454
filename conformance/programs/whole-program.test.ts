import { expect, test } from 'vitest'
import { claimsFor, optionsFor, reportOf, tokenIn, versionIn, type WholeProgram } from './whole-program.ts'

const PROGRAM: WholeProgram = {
  library: 'its own',
  version: ['--version'],
  shows: 'output',
  arguments: ['get'],
  variables: { LOGIN: 'msi' },
  selectors: {
    client_id: { arguments: ['--id', '{}'] },
    resource_id: { variables: { RESOURCE: '{}' } },
  },
}

const REQUEST = {
  client: 'p',
  credential: 'managed-identity',
  resource: 'r',
  selector: null,
  calls: 1,
} as const

const TOKEN = ['eyJhbGciOiJSUzI1NiJ9', 'eyJzdWIiOiJ4In0', 'c2lnbmF0dXJl'].join('.')

const CLAIMS = { aud: 'r', oid: 'o' }

test('a program is told which identity by its own option for that name', () => {
  expect(optionsFor(PROGRAM, REQUEST)).toEqual({ arguments: ['get'], variables: { LOGIN: 'msi' } })
  expect(optionsFor(PROGRAM, { ...REQUEST, selector: { by: 'client_id', value: 'x' } })).toEqual({
    arguments: ['get', '--id', 'x'],
    variables: { LOGIN: 'msi' },
  })
  expect(optionsFor(PROGRAM, { ...REQUEST, selector: { by: 'resource_id', value: '/y' } })).toEqual({
    arguments: ['get'],
    variables: { LOGIN: 'msi', RESOURCE: '/y' },
  })
})

test('a program is not asked for what it has no option for', () => {
  expect(optionsFor(PROGRAM, { ...REQUEST, selector: { by: 'object_id', value: 'x' } })).toBeUndefined()
  expect(optionsFor(PROGRAM, { ...REQUEST, credential: 'default' })).toBeUndefined()
  expect(optionsFor(PROGRAM, { ...REQUEST, calls: 2 })).toBeUndefined()
})

test('for a federated token a program has other arguments and more variables, or no option', () => {
  const request = { ...REQUEST, credential: 'workload-identity' } as const
  expect(optionsFor(PROGRAM, request)).toBeUndefined()
  const workload = { arguments: ['exchange'], variables: { LOGIN: 'workload' } }
  expect(optionsFor({ ...PROGRAM, workload }, request)).toEqual(workload)
  expect(optionsFor({ ...PROGRAM, workload: {} }, request)).toEqual(optionsFor(PROGRAM, REQUEST))
})

test('an audience with a slash at its end is the one without', () => {
  const aud = (asked: string, came: string) => claimsFor(asked, { ...CLAIMS, aud: came }).aud
  expect(aud('https://a', 'https://a/')).toBe('https://a')
  expect(aud('https://a/', 'https://a')).toBe('https://a/')
  expect(aud('https://a', 'https://b')).toBe('https://b')
})

test.each([
  ['it ended well and its token is good', { code: 0, claims: CLAIMS }, 'token'],
  ['it ended well, with no token', { code: 0 }, 'error'],
  ['its token was good, and it failed all the same', { code: 1, claims: CLAIMS }, 'error'],
  ['its token was not good', { code: 0, fault: 'it has expired' }, 'error'],
  ['it was ended', { code: 'SIGKILL' }, 'error'],
])('%s', (_, end, outcome) => {
  const report = reportOf({ output: 'what it said', claims: undefined, fault: undefined, ...end })
  expect(report.outcome).toBe(outcome)
  expect(report.claims === null).toBe(outcome === 'error')
})

test('a token in what a program said is not told', () => {
  const { error } = reportOf({ code: 1, output: `refused ${TOKEN}`, claims: undefined, fault: undefined })
  expect(error).toBe('it ended with 1: refused …')
})

test('the version and the token are found in what programs print', () => {
  expect(versionIn('rclone v1.75.2\n- os/version: debian 12.11')).toBe('1.75.2')
  expect(versionIn('a library is missing\n')).toBe('a library is missing')
  expect(tokenIn(`{"status":{"token":"${TOKEN}"}}`)).toBe(TOKEN)
  expect(tokenIn('none')).toBeUndefined()
})
