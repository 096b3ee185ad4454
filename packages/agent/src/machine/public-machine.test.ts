import { chownSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import { publishMachine, readPublicMachine } from './public-machine.ts'

const REGISTRATION = { authority: 'https://cp/t', identity: IDENTITY, certificate: 'c', privateKey: 'k' }
const STATUS = { certificateEnd: '2027-01-01T00:00:00.000Z', lastHeartbeat: undefined, refusal: undefined }
const OTHER_USER = 54321

async function setUp() {
  const base = temporaryFolder()
  const [folder, file] = [join(base, 'state'), join(base, 'public', 'machine.json')]
  mkdirSync(folder)
  await publishMachine(REGISTRATION, STATUS, { file, folder })
  return { base, folder, file }
}

test('what was written for a state folder is believed of that folder, and holds no key', async () => {
  const { folder, file } = await setUp()
  const machine = await readPublicMachine(file, folder)
  expect(machine).toMatchObject({ authority: 'https://cp/t', identity: IDENTITY })
  expect(machine).not.toHaveProperty('privateKey')
})

test('it is not believed of another folder, nor of one that took the place of the first', async () => {
  const { base, folder, file } = await setUp()
  mkdirSync(join(base, 'other'))
  expect(await readPublicMachine(file, join(base, 'other'))).toBeUndefined()
  renameSync(folder, join(base, 'former'))
  mkdirSync(folder)
  expect(await readPublicMachine(file, folder)).toBeUndefined()
})

testWith(['root'], 'what a former user of the state folder left is not believed', async () => {
  const { folder, file } = await setUp()
  chownSync(folder, OTHER_USER, OTHER_USER)
  expect(await readPublicMachine(file, folder)).toBeUndefined()
  chownSync(file, OTHER_USER, OTHER_USER)
  expect(await readPublicMachine(file, folder)).toMatchObject({ identity: IDENTITY })
})

test('a file that tells nothing is none', async () => {
  const { folder, file } = await setUp()
  writeFileSync(file, '{}')
  expect(await readPublicMachine(file, folder)).toBeUndefined()
})
