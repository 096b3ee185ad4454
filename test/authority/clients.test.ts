/** Clients that were made for Entra ID, and ones that go by discovery, at an authority of our own. */

import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createControlPlane } from '@landfast/control-plane'
import { expect, onTestFinished, test } from 'vitest'
import { findPython } from '../../scripts/python.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { nodeClients, pythonClients, WRONG_SECRET } from './expected-clients.ts'
import { makeOwnAssertion } from './own-assertion.ts'
import { type PreparedClient, prepareClient } from './prepared-client.ts'

const run = promisify(execFile)

function programPath(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

async function start(): Promise<{ client: PreparedClient; file: string; caFile: string }> {
  const folder = temporaryFolder()
  const controlPlane = createControlPlane({
    stateFolder: `${folder}/state`,
    host: 'localhost',
    tokenVersion2Audiences: ['api://two'],
  })
  onTestFinished(() => controlPlane.stop())
  await controlPlane.start()
  const file = await prepareClient(controlPlane, folder)
  return { client: JSON.parse(readFileSync(file, 'utf8')), file, caFile: controlPlane.caFile }
}

async function runNode(program: string, { file, caFile }: { file: string; caFile: string }) {
  const env = { ...MOVED_CLOCK, PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: caFile }
  const { stdout } = await run(process.execPath, [programPath(program), file], { env })
  return JSON.parse(stdout)
}

test('@azure/identity and MSAL for Node get tokens by every kind of credential, and cache them', async () => {
  const started = await start()
  const { [WRONG_SECRET]: wrong, ...results } = await runNode('entra-clients.ts', started)
  const { principalId: oid } = started.client
  expect(results).toEqual(nodeClients(oid))
  expect(wrong.error).toMatch(/AADSTS7000215: No client of this tenant has this client id and secret/)
})

test('azure-identity and MSAL for Python get tokens by every kind of credential, and cache them', async ({
  skip,
}) => {
  const python = findPython()
  if (!python) return skip('there is no Python with the Azure clients; run "npm run setup:parts"')
  const { client, file, caFile } = await start()
  writeFileSync(`${file}.assertion`, await makeOwnAssertion(client), { mode: 0o600 })
  const env = { ...MOVED_CLOCK, PATH: process.env.PATH, REQUESTS_CA_BUNDLE: caFile }
  const { stdout } = await run(python, [programPath('entra_clients.py'), file], { env })
  const { [WRONG_SECRET]: wrong, ...results } = JSON.parse(stdout)
  expect(results).toEqual(pythonClients(client.principalId))
  expect(wrong.error).toMatch(/AADSTS7000215/)
})

test('openid-client gets tokens of both versions by discovery, and jose verifies them across a rotation', async () => {
  const started = await start()
  const { rotation, ...tokens } = await runNode('oidc-clients.ts', started)
  const { principalId: oid } = started.client
  const expected = ['client_secret_post', 'client_secret_basic', 'private_key_jwt'].flatMap((way) =>
    ['v1', 'v2'].flatMap((endpoint) =>
      (['1.0', '2.0'] as const).map((version) => [
        `${way} at ${endpoint} for v${version[0]}`,
        [version, oid, way === 'private_key_jwt' ? '2' : '1'],
      ]),
    ),
  )
  expect(tokens).toEqual(Object.fromEntries(expected))
  expect(rotation).toEqual({ another: true, before: ['1.0', oid, '1'], after: ['2.0', oid, '1'] })
})
