import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { type Registration, readRegistration, writeRegistration } from './registration.ts'

const REGISTRATION: Registration = {
  authority: 'https://localhost:8443/tenant',
  identity: IDENTITY,
  certificate: 'certificate',
  privateKey: 'MARKED-PRIVATE-KEY',
  ca: 'ca',
}

/** A state folder whose registration is `text`. */
function folderWith(text: string): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'registration.json'), text, { mode: 0o600 })
  return folder
}

test('a registration is read as it was written, from a folder for its owner alone', async () => {
  const folder = join(temporaryFolder(), 'state')
  mkdirSync(folder, { mode: 0o755 })
  await writeRegistration(folder, REGISTRATION)
  expect(await readRegistration(folder)).toEqual(REGISTRATION)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(statSync(join(folder, 'registration.json')).mode & 0o777).toBe(0o600)
})

test('one of a newer form is refused in words, whatever else is in it, and one without a number is read', async () => {
  for (const text of [
    { ...REGISTRATION, format: 2 },
    { format: 2, key: 'elsewhere' },
  ]) {
    await expect(readRegistration(folderWith(JSON.stringify(text)))).rejects.toMatchObject({
      code: 'state_newer',
      hint: expect.stringContaining('install that version'),
    })
  }
  expect(await readRegistration(folderWith(JSON.stringify(REGISTRATION)))).toEqual(REGISTRATION)
  const folder = temporaryFolder()
  await writeRegistration(folder, REGISTRATION)
  expect(JSON.parse(readFileSync(join(folder, 'registration.json'), 'utf8'))).toMatchObject({ format: 1 })
})

test('a machine without one is told to register', async () => {
  await expect(readRegistration(temporaryFolder())).rejects.toMatchObject({ code: 'registration_missing' })
  await expect(readRegistration('/nowhere')).rejects.toMatchObject({ code: 'registration_missing' })
})

test.each([
  ['is empty', ''],
  ['is not JSON', `{"privateKey":"MARKED-PRIVATE-KEY" oops`],
  ['begins with the key', 'MARKED-PRIVATE-KEY'],
  ['was cut off', JSON.stringify(REGISTRATION).slice(0, -20)],
  ['is null', 'null'],
  ['is a list', '[]'],
  ['lacks a field', JSON.stringify({ ...REGISTRATION, certificate: undefined })],
  ['has another CA than a text', JSON.stringify({ ...REGISTRATION, ca: 1 })],
  ['has a field of another type', JSON.stringify({ ...REGISTRATION, privateKey: 1 })],
  ['has a number of another type', JSON.stringify({ ...REGISTRATION, format: '2' })],
  ['has no identity', JSON.stringify({ ...REGISTRATION, identity: null })],
  [
    'lacks a field of the identity',
    JSON.stringify({ ...REGISTRATION, identity: { ...IDENTITY, tenantId: 7 } }),
  ],
])('one that %s is broken, and nothing of it is quoted', async (_, text) => {
  const error = await readRegistration(folderWith(text)).catch((thrown) => thrown)
  expect(error).toMatchObject({ name: 'AgentError', code: 'registration_broken' })
  expect(inspect(error, { depth: 9 })).not.toMatch(/MARKED|KEY/)
})

for (const mode of [0o644, 0o620, 0o602]) {
  test(`one of mode 0${mode.toString(8)} is refused, since it holds the machine's key`, async () => {
    const folder = temporaryFolder()
    await writeRegistration(folder, REGISTRATION)
    chmodSync(join(folder, 'registration.json'), mode)
    await expect(readRegistration(folder)).rejects.toMatchObject({ code: 'registration_open' })
  })
}

test('one that cannot be read is broken, with the cause', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'registration.json'), { mode: 0o700 })
  chmodSync(folder, 0o700)
  await expect(readRegistration(folder)).rejects.toMatchObject({
    code: 'registration_broken',
    cause: { code: 'EISDIR' },
  })
})
