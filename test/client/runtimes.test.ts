/** The client as it is published, on each runtime that it is for. */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { systemClock } from '@landfast/agent'
import { endpointVariables, type StyleName } from '@landfast/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleClient } from '../../scripts/bundle.ts'
import { IDENTITY } from '../agent/fake-source.ts'
import { startStyles } from '../agent/style-endpoints.ts'
import { findRuntime, RUNTIMES } from './runtimes.ts'

const PROGRAM = fileURLToPath(new URL('runtime-program.mjs', import.meta.url))

/** One of each proof and scheme. */
const STYLES: readonly StyleName[] = ['app-service', 'vm', 'cloud-shell', 'service-fabric']

/** A proxy that is away; Node.js is told to use it. */
const PROXIED = {
  HTTP_PROXY: 'http://127.0.0.1:1',
  http_proxy: 'http://127.0.0.1:1',
  HTTPS_PROXY: 'http://127.0.0.1:1',
  https_proxy: 'http://127.0.0.1:1',
  NODE_USE_ENV_PROXY: '1',
}

let folder: string
let file: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'landfast-'))
  file = join(folder, 'client.mjs')
  await bundleClient(file)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(RUNTIMES)('on %s, with a proxy in the environment,', (name) => {
  test.for(STYLES)('in the style %s', async (style, { skip }) => {
    const command = findRuntime(name)
    if (!command) return skip('the runtime is not installed; run "npm run setup:parts"')
    const { locationOf } = await startStyles({ clock: systemClock })
    const [program = '', ...args] = command
    const { PATH } = process.env
    const variables = endpointVariables({ ...locationOf(style), clientId: IDENTITY.clientId })
    const env = { PATH, ...PROXIED, ...variables }
    const { stdout } = await promisify(execFile)(program, [...args, PROGRAM, file], { env, timeout: 60_000 })
    expect(JSON.parse(stdout)).toEqual({
      token: 'token-1-for-https://storage.azure.com',
      minutes: 60,
      held: true,
      string: true,
      anew: true,
      refused: style === 'cloud-shell' ? 'identity_unselectable' : 'identity_unknown',
      explained: expect.stringContaining(`chosen: ${style} (found by`),
    })
  })
})
