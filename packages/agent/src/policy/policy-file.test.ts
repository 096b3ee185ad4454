import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { setAccessList } from '../../../../test/access-list.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { asOrdinaryUser, testWith } from '../../../../test/privilege.ts'
import { openPolicyFile, readPolicy } from './policy-file.ts'

const policyNamed = (name: string) => `rules:\n  - name: ${name}\n    effect: allow\n`

function writePolicy(text = policyNamed('first')): string {
  const file = join(temporaryFolder(), 'policy.yaml')
  writeFileSync(file, text, { mode: 0o644 })
  return file
}

/** A policy in use, and what was told of it. */
async function openPolicy(file = writePolicy()) {
  const told: string[] = []
  const policy = await openPolicyFile(file, {
    onLoaded: ({ rules }) => told.push(`loaded ${rules[0]?.name}`),
    onRefused: ({ message }) => told.push(message),
  })
  return { file, policy, told, name: () => policy.current.rules[0]?.name }
}

test('a policy is read at start, and nothing is told of it', async () => {
  const { name, told } = await openPolicy()
  expect([name(), told]).toEqual(['first', []])
})

test('a file that is not there is refused', async () => {
  await expect(readPolicy(join(temporaryFolder(), 'gone'))).rejects.toMatchObject({
    code: 'policy_unreadable',
    message: expect.stringContaining('ENOENT'),
  })
})

testWith(['linux'], 'a file that may not be read is refused, now and later', async () => {
  const { file, policy, name, told } = await openPolicy()
  chmodSync(dirname(file), 0o755)
  chmodSync(file, 0o000)
  asOrdinaryUser(() => policy.reload())
  expect(told).toEqual([expect.stringMatching(/EACCES|belongs to user id/)])
  expect(name()).toBe('first')
})

test.each([0o666, 0o646, 0o602])('a file with the permission bits %o is refused', async (mode) => {
  const file = writePolicy()
  chmodSync(file, mode)
  await expect(readPolicy(file)).rejects.toMatchObject({
    code: 'policy_open',
    message: expect.stringContaining('is writable by others'),
  })
})

test('a file in a folder that others may write to is refused', async () => {
  const file = join(temporaryFolder(), 'open', 'policy.yaml')
  mkdirSync(dirname(file))
  writeFileSync(file, policyNamed('first'))
  chmodSync(dirname(file), 0o777)
  await expect(readPolicy(file)).rejects.toMatchObject({ code: 'policy_open' })
})

testWith(['root'], 'a file of another user or a group that may write to it is refused', async () => {
  const file = writePolicy()
  chownSync(file, 54_321, 0)
  await expect(readPolicy(file)).rejects.toMatchObject({
    code: 'policy_open',
    message: expect.stringContaining('belongs to user id 54321'),
  })
  chownSync(file, 0, 54_321)
  chmodSync(file, 0o664)
  await expect(readPolicy(file)).rejects.toMatchObject({ code: 'policy_open' })
})

test('a link is followed, and what it leads to is looked at', async () => {
  const file = writePolicy()
  const link = join(dirname(file), 'link.yaml')
  symlinkSync(file, link)
  expect((await readPolicy(link)).rules).toHaveLength(1)
  chmodSync(file, 0o666)
  await expect(readPolicy(link)).rejects.toMatchObject({ code: 'policy_open' })
})

testWith(['root'], 'a file that the group of root may write is refused', async () => {
  const { file } = await openPolicy()
  chmodSync(file, 0o660)
  await expect(readPolicy(file)).rejects.toMatchObject({ code: 'policy_open' })
})

testWith(
  ['linux', 'python3'],
  'a file that its access list lets somebody else write is refused',
  async () => {
    const { file } = await openPolicy()
    setAccessList(file, [
      ['owner', undefined, 6],
      ['user', 54_321, 6],
      ['group', undefined, 4],
      ['mask', undefined, 6],
      ['others', undefined, 4],
    ])
    await expect(readPolicy(file)).rejects.toMatchObject({
      code: 'policy_open',
      message: expect.stringContaining('user id 54321, by its access list'),
    })
  },
)

test('a file that was changed is read when it stays as it is for one more look', async () => {
  const { file, policy, name, told } = await openPolicy()
  policy.check()
  writeFileSync(file, policyNamed('second'))
  policy.check()
  expect(name()).toBe('first')
  policy.check()
  expect(name()).toBe('second')
  policy.check()
  expect(told).toEqual(['loaded second'])
})

test('a file that was put in the place of the old one is read too', async () => {
  const { file, policy, name } = await openPolicy()
  writeFileSync(`${file}.new`, policyNamed('second'))
  renameSync(`${file}.new`, file)
  policy.check()
  policy.check()
  expect(name()).toBe('second')
})

test.each([
  ['broken', (file: string) => writeFileSync(file, 'rules:\n  - usr: x\n'), ':2: unknown field "usr"'],
  ['empty', (file: string) => writeFileSync(file, ''), ':1: the file must hold'],
  ['writable by others', (file: string) => chmodSync(file, 0o666), 'is writable by others'],
  ['gone', (file: string) => rmSync(file), 'ENOENT'],
])('a new file that is %s is refused once, and the old policy stays', async (_, change, reason) => {
  const { file, policy, name, told } = await openPolicy()
  change(file)
  for (let look = 0; look < 4; look += 1) policy.check()
  expect(told).toEqual([expect.stringContaining(reason)])
  expect(name()).toBe('first')
})

test('a policy that was refused counts again once it is in order', async () => {
  const { file, policy, name } = await openPolicy()
  writeFileSync(file, 'rules: [')
  policy.reload()
  writeFileSync(file, policyNamed('third'))
  policy.check()
  policy.check()
  expect(name()).toBe('third')
})

test('told to, it reads the file at once', async () => {
  const { file, policy, name, told } = await openPolicy()
  writeFileSync(file, policyNamed('second'))
  policy.reload()
  expect([name(), told]).toEqual(['second', ['loaded second']])
})
