import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { testWith } from '../../../../test/privilege.ts'
import { createNameService } from './name-service.ts'

/** An id that no file has. */
const ID = 4_000_000_001

/** Programs that are played, and what was asked of them. */
function serviceOf(answers: Record<string, string>) {
  const asked: string[] = []
  const service = createNameService(async (program, args) => {
    asked.push([program, ...args].join(' '))
    return answers[[program, ...args].join(' ')]
  })
  return { service, asked }
}

test('a user that no file has is asked of the system, once', async () => {
  const { service, asked } = serviceOf({
    [`getent passwd ${ID}`]: 'alice@corp.example:*:4000000001:4000000002:Alice:/home/alice:/bin/sh\n',
  })
  expect(await service.userName(ID)).toBe('alice@corp.example')
  expect(await service.userName(ID)).toBe('alice@corp.example')
  expect(asked).toHaveLength(1)
})

test('the groups of such a user are those that the system gives it, its own among them', async () => {
  const { service } = serviceOf({
    [`getent passwd ${ID}`]: 'alice@corp.example:*:4000000001:4000000002::/:\n',
    'id -G alice@corp.example': '4000000002 4000000003\n',
    'getent group 4000000003': 'tokens@corp.example:*:4000000003:\n',
  })
  expect(await service.groupsOf(ID)).toEqual([4_000_000_002, 4_000_000_003])
  expect(await service.groupNames(4_000_000_003)).toEqual(['tokens@corp.example'])
  expect(await service.groupNames(4_000_000_004)).toEqual([])
})

test('a user is found by its name, and only by its whole name', async () => {
  const { service } = serviceOf({ 'getent passwd -- alice': 'alice@corp.example:*:4000000001:1::/:\n' })
  expect(await service.userIdOf('alice')).toBeUndefined()
  const named = serviceOf({ 'getent passwd -- alice': 'alice:*:4000000001:1::/:\n' })
  expect(await named.service.userIdOf('alice')).toBe(ID)
})

test.each(['', 'half', '-n:x:1:1', ':::\n'])('an answer such as %j gives nobody a group', async (answer) => {
  const { service } = serviceOf({ [`getent passwd ${ID}`]: answer })
  expect(await service.groupsOf(ID)).toEqual([])
})

test('where the programs are not there nobody has a name', async () => {
  const path = process.env.PATH
  process.env.PATH = '/nowhere'
  try {
    const service = createNameService()
    expect([await service.userName(ID), await service.groupNames(ID)]).toEqual([undefined, []])
  } finally {
    process.env.PATH = path
  }
})

testWith(['linux'], 'this system knows this user and its groups', async () => {
  const service = createNameService()
  const userId = process.getuid?.() ?? -1
  const { stdout } = spawnSync('getent', ['passwd', String(userId)], { encoding: 'utf8' })
  expect(await service.userName(userId)).toBe(stdout.split(':')[0] || undefined)
  const { stdout: groups } = spawnSync('id', ['-G', stdout.split(':')[0] ?? ''], { encoding: 'utf8' })
  expect(await service.groupsOf(userId)).toEqual(expect.arrayContaining(groups.trim().split(' ').map(Number)))
})

test('a name that no program can be asked for is nobody’s', async () => {
  const names = createNameService()
  expect([await names.userIdOf('a\0b'), await names.groupIdOf('a\0b')]).toEqual([undefined, undefined])
})
