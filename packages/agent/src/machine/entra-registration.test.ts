import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import {
  type EntraRegistration,
  findEntraRegistration,
  removeEntraRegistration,
  writeEntraRegistration,
} from './entra-registration.ts'

const REGISTRATION: EntraRegistration = {
  cloud: 'usgov',
  tenantId: 't',
  clientId: 'c',
  proof: {
    kind: 'certificate',
    privateKey: 'SECRET',
    certificate: 'x',
    registeredAt: '2026-11-28T12:00:00Z',
  },
}

async function written(change: object = {}): Promise<{ folder: string; file: string }> {
  const folder = temporaryFolder()
  const file = join(folder, 'entra.json')
  await writeEntraRegistration(folder, REGISTRATION)
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }))
  return { folder, file }
}

test('what is written is read again, and is its owner\u2019s alone', async () => {
  const { folder, file } = await written()
  expect(await findEntraRegistration(folder)).toEqual(REGISTRATION)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('who made each certificate is read again', async () => {
  const key = { privateKey: 'SECRET', certificate: 'x' }
  const proof = {
    ...REGISTRATION.proof,
    issuer: 'control-plane',
    next: { ...key, registeredAt: '2026-11-28T12:00:00Z', issuer: 'self-signed' },
    former: { ...key, until: '2026-11-28T12:00:00Z' },
  }
  const { folder } = await written({ proof })
  expect((await findEntraRegistration(folder))?.proof).toEqual(proof)
})

test('without it there is none', async () => {
  const { folder } = await written()
  await removeEntraRegistration(folder)
  expect(await findEntraRegistration(folder)).toBeUndefined()
})

test.each([
  ['an unknown cloud', { cloud: 'constructor' }],
  ['no proof', { proof: undefined }],
  ['a proof of an unknown kind', { proof: { kind: 'secret', secret: 'SECRET' } }],
  ['half a certificate', { proof: { kind: 'certificate', privateKey: 'SECRET' } }],
  [
    'a next key without a date',
    { proof: { ...REGISTRATION.proof, next: { privateKey: 'SECRET', certificate: 'x' } } },
  ],
  ['an identity that is no text', { proof: { kind: 'federation', identity: 1 } }],
  ['an issuer of no kind', { proof: { ...REGISTRATION.proof, issuer: 'toString' } }],
  ['no form', { format: undefined }],
])('%s is a broken file, and nothing of it is quoted', async (_, change) => {
  const { folder } = await written(change)
  await expect(findEntraRegistration(folder)).rejects.toMatchObject({
    code: 'entra_broken',
    message: expect.not.stringContaining('SECRET'),
  })
})

test('a form of a later version is left alone', async () => {
  const { folder } = await written({ format: 2, cloud: 'mars' })
  await expect(findEntraRegistration(folder)).rejects.toMatchObject({ code: 'state_newer' })
})

test('a file that others may read is not believed', async () => {
  const { folder, file } = await written()
  chmodSync(file, 0o640)
  await expect(findEntraRegistration(folder)).rejects.toMatchObject({ code: 'registration_open' })
})

test('a pipe in its place is not waited for', async () => {
  const { folder, file } = await written()
  rmSync(file)
  execFileSync('mkfifo', ['-m', '600', file])
  await expect(findEntraRegistration(folder)).rejects.toThrow(
    expect.objectContaining({ code: 'entra_broken', message: expect.stringContaining('not a file') }),
  )
})
