import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createControlPlane } from '@landfast/control-plane'
import { expect, onTestFinished, test } from 'vitest'
import { send } from '../../packages/control-plane/src/testing/trial.ts'
import { findPython } from '../../scripts/python.ts'

/** More by hand: LANDFAST_FUZZ_SECONDS=600. */
const SECONDS = process.env.LANDFAST_FUZZ_SECONDS ?? '15'

const PATIENCE_MILLISECONDS = (Number(SECONDS) + 300) * 1_000

/** That there is no failure of the service, and no answer that the document does not have. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
].join()

/** It ends the tokens of the run with the first request. */
const LEFT_OUT = 'signing-keys/rotate'

test.for(['an administrator’s token', 'no token'])(
  'whatever is asked with %s, the answer is in the OpenAPI document and no failure',
  { timeout: PATIENCE_MILLISECONDS },
  async (means, { skip }) => {
    const python = findPython('schemathesis')
    if (!python) return skip('there is no Schemathesis; run "npm run setup:parts"')
    const folder = mkdtempSync(join(tmpdir(), 'landfast-fuzz-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const { url, caFile, token, names } = await startFuzzed(join(folder, 'state'))
    const settings = [`base-url = "${url}"`, `tls-verify = "${caFile}"`, '[parameters]', ...names]
    writeFileSync(join(folder, 'schemathesis.toml'), settings.join('\n'))
    copyFileSync(
      fileURLToPath(new URL('fuzz_hooks.py', import.meta.url)),
      join(folder, 'landfast_fuzz_hooks.py'),
    )
    const args = ['run', `${url}/openapi.json`, '--checks', CHECKS, '--max-time', SECONDS, '--seed', '1']
    const quiet = ['--continue-on-failure', '--suppress-health-check', 'all', '--warnings', 'off']
    const command = [
      '-c',
      'import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())',
      ...args,
      ...quiet,
      // A server may end a kept connection at any moment; one that died would not answer the second time either.
      ...['--request-retries', '2'],
      '--exclude-path-regex',
      LEFT_OUT,
    ]
    const env = {
      ...process.env,
      PYTHONPATH: folder,
      SCHEMATHESIS_HOOKS: 'landfast_fuzz_hooks',
      ...(means === 'no token' ? {} : { LANDFAST_FUZZ_TOKEN: token }),
    }
    const ended = promisify(execFile)(python, command, { cwd: folder, env, maxBuffer: 2 ** 26 })
    const { stdout } = await ended.catch((error) => error)
    expect(stdout).toContain('No issues found')
  },
)

/** A control plane that believes each request its address, with a resource group for what is made in it. */
async function startFuzzed(stateFolder: string) {
  const controlPlane = createControlPlane({
    stateFolder,
    trustedProxies: ['127.0.0.1'],
    callerRequestsPerSecond: 0,
  })
  onTestFinished(() => controlPlane.stop())
  await controlPlane.start()
  const { url, caFile, tenantId, subscriptionId, administratorFile = '' } = controlPlane
  const { clientId, clientSecret } = JSON.parse(readFileSync(administratorFile, 'utf8'))
  const { body } = await send(controlPlane, `${url}/${tenantId}/oauth2/v2.0/token`, {
    form: {
      grant_type: 'client_credentials',
      scope: 'https://management.azure.com/.default',
      client_id: clientId,
      client_secret: clientSecret,
    },
  })
  const token: string = body.access_token
  await send(
    controlPlane,
    `${url}/subscriptions/${subscriptionId}/resourceGroups/fuzz?api-version=2025-04-01`,
    {
      method: 'PUT',
      body: '{"location":"here"}',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    },
  )
  const names = Object.entries({
    subscriptionId,
    tenant: tenantId,
    resourceGroupName: 'fuzz',
    machineName: 'fuzz',
    identityName: 'fuzz',
    credentialName: 'fuzz',
    federatedIdentityCredentialResourceName: 'fuzz',
  }).map(([name, value]) => `"path.${name}" = "${value}"`)
  return { url, caFile, token, names }
}
