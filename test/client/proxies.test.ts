/** The authority is reached through the proxy of the environment, on runtimes that can do so by themselves. */

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createControlPlane } from '@landfast/control-plane'
import { expect, onTestFinished, test } from 'vitest'
import { bundleClient } from '../../scripts/bundle.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { type PreparedClient, prepareClient } from '../authority/prepared-client.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'
import { startConnectProxy } from './connect-proxy.ts'
import { findRuntime, RUNTIMES } from './runtimes.ts'

const PROGRAM = fileURLToPath(new URL('token-program.mjs', import.meta.url))

/** Whose agents take no proxy from the environment. */
const WITHOUT_PROXY: readonly string[] = ['Node.js 20']

test.for(RUNTIMES)('on %s', async (name, { skip }) => {
  const runtime = findRuntime(name)
  if (!runtime) return skip('the runtime is not installed; run "npm run setup:parts"')
  const folder = temporaryFolder()
  const controlPlane = createControlPlane({ stateFolder: join(folder, 'state'), host: 'localhost' })
  onTestFinished(() => controlPlane.stop())
  await controlPlane.start()
  const client: PreparedClient = JSON.parse(readFileSync(await prepareClient(controlPlane, folder), 'utf8'))
  const file = join(folder, 'client.mjs')
  await bundleClient(file)
  const proxy = await startConnectProxy()
  const env = {
    ...MOVED_CLOCK,
    PATH: process.env.PATH,
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: controlPlane.caFile,
    DENO_CERT: controlPlane.caFile,
    AZURE_AUTHORITY_HOST: client.url,
    AZURE_TENANT_ID: client.tenantId,
    AZURE_CLIENT_ID: client.clientId,
    AZURE_CLIENT_SECRET: client.clientSecret,
  }
  const [program = '', ...args] = runtime
  const { stdout } = await promisify(execFile)(program, [...args, PROGRAM, file], { env, timeout: 60_000 })
  expect(Number(stdout)).toBeGreaterThan(500)
  expect(proxy.asked).toEqual(WITHOUT_PROXY.includes(name) ? [] : [new URL(client.url).host])
})
