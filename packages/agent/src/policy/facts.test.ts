import { expect, test } from 'vitest'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import type { Caller } from '../caller/caller.ts'
import { type Asked, factsOf } from './facts.ts'

const CALLER: Caller = { userId: 1001, user: 'alice', program: undefined, findGroups: async () => [] }
const ASKED: Asked = { style: 'arc', audience: 'a', identity: IDENTITY, isSystem: true, caller: CALLER }

const namesOf = (changes: Partial<Asked>) => factsOf({ ...ASKED, ...changes }, []).identityNames
const named = (name: string) => ({
  ...IDENTITY,
  resourceId: `/subscriptions/s/userAssignedIdentities/${name}`,
})

test('the machine\u2019s own identity is "system" and has its ids, but not the name of the machine', () => {
  expect(namesOf({})).toEqual([
    'system',
    IDENTITY.clientId,
    IDENTITY.principalId,
    IDENTITY.resourceId.toLowerCase(),
  ])
})

test('a user-assigned identity has its name as well, in lower case', () => {
  expect(namesOf({ identity: named('Backup'), isSystem: false })).toContain('backup')
})

test.each(['System', 'Entra', '0b8f1c1e-6a0e-4f0a-9d0c-0000000000ff'])(
  'an identity that was named "%s" is not known by that',
  (name) => {
    expect(namesOf({ identity: named(name), isSystem: false })).not.toContain(name.toLowerCase())
  },
)

test('the application in Entra ID is "entra", and never "system", not even where it is all that this machine has', () => {
  const identity = { ...IDENTITY, principalId: '', resourceId: '', authority: 'entra' } as const
  for (const isSystem of [true, false]) {
    expect(namesOf({ identity, isSystem })).toEqual(['entra', IDENTITY.clientId])
  }
})

test('of a caller whose program cannot be seen neither unit nor container is known', () => {
  const { program, unit, container } = factsOf(ASKED, [])
  expect([program, unit, container]).toEqual([undefined, undefined, undefined])
})

test('a program counts only if it is the file that we see at its path', () => {
  const of = (isOurs: boolean) =>
    factsOf({ ...ASKED, caller: { ...CALLER, program: { processId: 1, path: '/a', isOurs } } }, [])
  expect(of(true).program).toBe('/a')
  expect(of(false).program).toBeUndefined()
})

test('a caller in no unit and no container is known to be in none', () => {
  const placement = { unit: undefined, container: undefined }
  const program = { processId: 1, path: '/a', placement }
  expect(factsOf({ ...ASKED, caller: { ...CALLER, program } }, [])).toMatchObject({
    unit: null,
    container: null,
  })
})

test('groups are those that were found, or unknown', () => {
  expect(factsOf(ASKED, ['staff', '50']).groups).toEqual(['staff', '50'])
  expect(factsOf(ASKED, undefined).groups).toBeUndefined()
})
