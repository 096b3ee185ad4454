import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { startScripted } from '../../../../test/client/scripted-server.ts'
import { managedCredential, surroundings } from '../../../../test/client/surrounded.ts'
import { arc } from './arc.ts'

const URL = 'http://127.0.0.1:1'
const VARIABLES = { IDENTITY_ENDPOINT: URL, IMDS_ENDPOINT: URL }
const WANTED = { selected: undefined, clientId: undefined, tenantId: undefined, authorityHost: undefined }

test('where the platform has no Arc agent there is none, whatever the variables say', async () => {
  const found = await arc.find(surroundings({ env: VARIABLES, keyFolder: undefined }), {
    ...WANTED,
    vm: 'probed',
  })
  expect(found).toBe('there is no Arc agent for this platform')
})

/** A credential of an agent that names this key file, and what it waited. */
async function challengedBy(prepare: (keyFile: string) => void) {
  const keyFolder = join(temporaryFolder(), 'tokens')
  mkdirSync(keyFolder, { mode: 0o750 })
  const keyFile = join(keyFolder, 'one.key')
  prepare(keyFile)
  const headers = { 'Www-Authenticate': `Basic realm=${keyFile}` }
  const server = await startScripted(() => ({ status: 401, headers, body: {} }))
  const env = { IDENTITY_ENDPOINT: server.url, IMDS_ENDPOINT: server.url }
  const world = surroundings({ env, keyFolder })
  return { server, world, credential: managedCredential(world) }
}

test('a key file that is not an agent\u2019s is refused at once, and no other is asked for', async () => {
  const { server, world, credential } = await challengedBy((keyFile) => mkdirSync(keyFile))
  await expect(credential.getToken('a')).rejects.toMatchObject({ code: 'key_file_unsafe' })
  expect(server.asked).toHaveLength(1)
  expect(world.waited).toEqual([])
})

test('a key file that is missing is asked for again three times, after growing pauses', async () => {
  const { server, world, credential } = await challengedBy(() => {})
  await expect(credential.getToken('a')).rejects.toMatchObject({ code: 'key_file_missing' })
  expect(server.asked).toHaveLength(4)
  expect(world.waited).toEqual([200, 400, 800])
})
