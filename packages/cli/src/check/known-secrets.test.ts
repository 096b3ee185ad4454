import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addWorkload, workloadFolder } from '@landfast/agent'
import { expect, onTestFinished, test } from 'vitest'
import { knownSecrets } from './known-secrets.ts'

test('the secret of a workload is known, wherever its file is', async () => {
  const stateFolder = mkdtempSync(join(tmpdir(), 'known-secrets-'))
  onTestFinished(() => rmSync(stateFolder, { recursive: true }))
  const file = join(stateFolder, 'elsewhere.env')
  writeFileSync(file, 'IDENTITY_ENDPOINT=http://x\nIDENTITY_HEADER=a-secret-of-a-workload\n')
  const allowed = { identities: ['system'], audiences: [], from: [], secrets: [] }
  await addWorkload(workloadFolder(stateFolder), { name: 'shop', ...allowed, file, endpoint: '', added: '' })
  const secrets = await knownSecrets({ stateFolder, settings: {}, environment: {} })
  expect(secrets).toEqual(['a-secret-of-a-workload'])
})

test('every key of an application in Entra ID is known, however deep it stands', async () => {
  const stateFolder = mkdtempSync(join(tmpdir(), 'known-secrets-'))
  onTestFinished(() => rmSync(stateFolder, { recursive: true }))
  const proof = { privateKey: 'one', next: { privateKey: 'two' }, former: { privateKey: 'three' } }
  writeFileSync(join(stateFolder, 'entra.json'), JSON.stringify({ clientId: 'c', proof }))
  const secrets = await knownSecrets({ stateFolder, settings: {}, environment: {} })
  expect(secrets).toEqual(['one', 'two', 'three'])
})
