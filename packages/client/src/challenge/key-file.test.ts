import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readKeyFileIn } from './key-file.ts'

const KEY = 'marked-secret-0123456789'

/** A key folder as an agent makes it. */
function keyFolder(): string {
  const above = mkdtempSync(join(tmpdir(), 'landfast-'))
  onTestFinished(() => rmSync(above, { recursive: true, force: true }))
  const folder = join(above, 'tokens')
  mkdirSync(folder, { mode: 0o750 })
  return folder
}

function keyFile(folder: string, content: string | Buffer = KEY): string {
  const path = join(folder, '0b8f1c1e-6a0e-4f0a-9d0c-000000000001.key')
  writeFileSync(path, content, { mode: 0o640 })
  return path
}

function caught(read: () => unknown): Error & { code: string } {
  try {
    read()
  } catch (error) {
    return error as Error & { code: string }
  }
  throw new Error('nothing was thrown')
}

test('a key is the whole content of its file', () => {
  const folder = keyFolder()
  expect(readKeyFileIn(folder, keyFile(folder))).toBe(KEY)
})

test.each(['\n', '\r\n', ' \t\n'])('what is blank at the end, %j, is not part of the key', (blank) => {
  const folder = keyFolder()
  expect(readKeyFileIn(folder, keyFile(folder, KEY + blank))).toBe(KEY)
})

test('a key of 4096 bytes is read, and one more is refused', () => {
  const folder = keyFolder()
  expect(readKeyFileIn(folder, keyFile(folder, 'k'.repeat(4096)))).toHaveLength(4096)
  const refused = caught(() => readKeyFileIn(folder, keyFile(folder, 'k'.repeat(4097))))
  expect([refused.code, refused.message]).toEqual([
    'key_file_unsafe',
    expect.stringContaining('has more than 4096 bytes'),
  ])
  // Blanks at the end are no part of the key, but of what is read.
  const blank = keyFile(folder, `${KEY}${' '.repeat(5_000)}`)
  expect(caught(() => readKeyFileIn(folder, blank)).message).toContain('has more than 4096 bytes')
})

test.each([
  ['nothing', ''],
  ['blanks alone', ' \n'],
  ['a line break inside', `${KEY}\r\nX-Evil: 1`],
  ['a space inside', `${KEY} ${KEY}`],
  ['a null byte', `${KEY}\0`],
  ['a byte order mark', `\ufeff${KEY}`],
  ['what is not ASCII', Buffer.from([0x6b, 0xe9])],
])('a file with %s holds no key, and the error does not repeat it', (_, content) => {
  const folder = keyFolder()
  const error = caught(() => readKeyFileIn(folder, keyFile(folder, content)))
  expect(error.code).toBe('key_file_unsafe')
  expect(error.message).not.toContain('marked-secret')
})

test('a link is not followed, even to a file of the folder itself', () => {
  const folder = keyFolder()
  const path = join(folder, 'link.key')
  symlinkSync(keyFile(folder), path)
  expect(caught(() => readKeyFileIn(folder, path))).toMatchObject({
    code: 'key_file_unsafe',
    message: expect.stringContaining('is a link'),
  })
})

test('a second name of some other file is refused', () => {
  const folder = keyFolder()
  const other = join(folder, '..', 'other')
  writeFileSync(other, KEY)
  const path = join(folder, 'hard.key')
  linkSync(other, path)
  expect(caught(() => readKeyFileIn(folder, path)).code).toBe('key_file_unsafe')
})

test('a pipe does not hang the reader', () => {
  const folder = keyFolder()
  const path = join(folder, 'pipe.key')
  execFileSync('mkfifo', [path])
  expect(caught(() => readKeyFileIn(folder, path)).code).toBe('key_file_unsafe')
})

test('a socket is no key file', async () => {
  const folder = keyFolder()
  const path = join(folder, 'socket.key')
  const server = createServer().listen(path)
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  expect(caught(() => readKeyFileIn(folder, path)).code).toBe('key_file_unsafe')
})

test('whatever comes of it, no file stays open', (context) => {
  context.skip(process.platform !== 'linux', 'only Linux tells which files are open')
  const folder = keyFolder()
  const [good, empty] = [keyFile(folder), join(folder, 'empty.key')]
  writeFileSync(empty, '')
  readKeyFileIn(folder, good)
  const before = readdirSync('/proc/self/fd').length
  for (let count = 0; count < 50; count += 1) {
    readKeyFileIn(folder, good)
    expect(caught(() => readKeyFileIn(folder, empty)).code).toBe('key_file_unsafe')
  }
  expect(readdirSync('/proc/self/fd').length).toBeLessThan(before + 50)
})

test('a folder is no key file', () => {
  const folder = keyFolder()
  const path = join(folder, 'folder.key')
  mkdirSync(path)
  expect(caught(() => readKeyFileIn(folder, path)).code).toBe('key_file_unsafe')
})

test('a device is no key file', (context) => {
  const folder = keyFolder()
  const path = join(folder, 'zero.key')
  try {
    execFileSync('mknod', [path, 'c', '1', '5'], { stdio: 'ignore' })
  } catch {
    context.skip(true, 'this user may not make devices')
  }
  expect(caught(() => readKeyFileIn(folder, path)).code).toMatch(/^key_file_/)
})

test('a file of somebody else is refused, and the error says whose it is', (context) => {
  context.skip(process.getuid?.() !== 0, 'only root can give files away')
  const folder = keyFolder()
  const path = keyFile(folder)
  chownSync(path, 4242, 0)
  expect(caught(() => readKeyFileIn(folder, path))).toMatchObject({
    code: 'key_file_unsafe',
    message: expect.stringContaining('belongs to user id 4242'),
  })
})

test('a file of the folder\u2019s owner is read', (context) => {
  context.skip(process.getuid?.() !== 0, 'only root can give files away')
  const folder = keyFolder()
  const path = keyFile(folder)
  for (const one of [folder, path]) chownSync(one, 4242, 0)
  chownSync(join(folder, '..'), 4242, 0)
  expect(readKeyFileIn(folder, path)).toBe(KEY)
})

test('a folder into which others may write is refused', () => {
  const folder = keyFolder()
  const path = keyFile(folder)
  chmodSync(folder, 0o757)
  expect(caught(() => readKeyFileIn(folder, path))).toMatchObject({
    code: 'key_folder_unsafe',
    message: expect.stringContaining('mode 0757'),
  })
})

test('even where only owners may remove: others could still put a file into it', () => {
  const folder = keyFolder()
  const path = keyFile(folder)
  chmodSync(folder, 0o1777)
  expect(caught(() => readKeyFileIn(folder, path)).code).toBe('key_folder_unsafe')
})

test('a folder above into which others may write is refused', () => {
  const folder = keyFolder()
  const path = keyFile(folder)
  chmodSync(join(folder, '..'), 0o777)
  expect(caught(() => readKeyFileIn(folder, path)).code).toBe('key_folder_unsafe')
})

test('a folder above that belongs to somebody else is refused', (context) => {
  context.skip(process.getuid?.() !== 0, 'only root can give folders away')
  const folder = keyFolder()
  const path = keyFile(folder)
  chownSync(join(folder, '..'), 4242, 0)
  expect(caught(() => readKeyFileIn(folder, path)).code).toBe('key_folder_unsafe')
})

test('a folder that is a link is refused', () => {
  const real = keyFolder()
  const path = keyFile(real)
  const folder = join(real, '..', 'linked')
  symlinkSync(real, folder)
  expect(caught(() => readKeyFileIn(folder, path.replace(real, folder))).code).toBe('key_folder_unsafe')
})

test('a file that is not there is "unavailable", and nobody is told to join a group', () => {
  const folder = keyFolder()
  const path = join(folder, 'gone.key')
  const error = caught(() => readKeyFileIn(folder, path))
  expect(error).toMatchObject({
    code: 'key_file_missing',
    name: 'CredentialUnavailableError',
    message: expect.stringContaining(path),
  })
  expect(error.message).not.toContain('group')
})

test('a folder that is not there is "unavailable" as well', () => {
  const folder = join(keyFolder(), 'none')
  expect(caught(() => readKeyFileIn(folder, join(folder, 'a.key')))).toMatchObject({
    code: 'key_file_missing',
    message: expect.stringContaining('in a container, mount'),
  })
})

test('who is not in the group is told path, mode, group and user', (context) => {
  context.skip(process.getuid?.() !== 0, 'only root can become another user')
  const folder = keyFolder()
  const path = keyFile(folder)
  for (const one of [folder, path]) chownSync(one, 0, 4343)
  chmodSync(join(folder, '..'), 0o755)
  process.setgroups?.([])
  process.setegid?.(65_534)
  process.seteuid?.(65_534)
  const error = (() => {
    try {
      return caught(() => readKeyFileIn(folder, path))
    } finally {
      process.seteuid?.(0)
      process.setegid?.(0)
    }
  })()
  expect(error.message).toContain(path)
  expect(error.message).toMatch(/EACCES; its folder has mode 0750, owner 0, group 4343/)
  expect(error.message).toContain('this process is user id 65534')
  expect(error.message).toContain('make its user a member of that group')
})
