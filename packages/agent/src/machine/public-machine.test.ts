import { chownSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { IDENTITY } from '../../../../test/agent/fake-source.ts'
import { temporaryFolder } from '../../../../test/agent/temporary-folder.ts'
import { testWith } from '../../../../test/privilege.ts'
import { writeEntraRegistration } from './entra-registration.ts'
import { newMachineKey } from './machine-key.ts'
import { publishMachine, readPublicMachine } from './public-machine.ts'
import { selfSigned } from './self-signed.ts'

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

test('it tells of the application in Entra ID as well, and nothing that proves it', async () => {
  const { folder, file } = await setUp()
  expect(await readPublicMachine(file, folder)).not.toHaveProperty('application')
  const certificate = await selfSigned({
    privateKey: await newMachineKey(),
    commonName: 'w',
    now: new Date(),
    days: 1,
  })
  await writeEntraRegistration(folder, {
    ...{ cloud: 'public', tenantId: 't', clientId: 'c' },
    proof: { kind: 'certificate', privateKey: 'SECRET', certificate, registeredAt: STATUS.certificateEnd },
  })
  await publishMachine(REGISTRATION, STATUS, { file, folder })
  const application = { cloud: 'public', tenantId: 't', clientId: 'c', certificateFrom: 'self-signed' }
  expect(await readPublicMachine(file, folder)).toMatchObject({ identity: IDENTITY, application })
  expect(readFileSync(file, 'utf8')).not.toMatch(/SECRET|PRIVATE/)
})

test('a broken file of the application keeps nobody from knowing the machine', async () => {
  const { folder, file } = await setUp()
  writeFileSync(join(folder, 'entra.json'), 'SECRET', { mode: 0o600 })
  await publishMachine(REGISTRATION, STATUS, { file, folder })
  expect(await readPublicMachine(file, folder)).toMatchObject({ identity: IDENTITY })
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
