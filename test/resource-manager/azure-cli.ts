/**
 * The Azure CLI as a person has it: in PATH, with a home, and behind a proxy that lets nothing through and writes down where
 * to.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished, type TestContext } from 'vitest'
import { findPython } from '../../scripts/python.ts'
import { MOVED_CLOCK } from '../moved-clock.ts'

/**
 * Once in each folder of its configuration az looks there for a newer az; older ones see first whether there is a network. It
 * says nothing about the cloud by that.
 */
const VERSIONS_HOSTS: readonly unknown[] = ['azcliprod.blob.core.windows.net:443', 'azure.microsoft.com:443']

/** What a person has who uses az. */
export interface AzureCli {
  /** Empty but for what az wrote into it. */
  home: string
  /** The environment of a shell in which az is known, and with it what would lead it out of this machine. */
  env: Record<string, string>
  /** Where it would have gone beyond this machine, but for newer versions of itself. */
  asked: readonly string[]
  /** What az prints, read as JSON where it is that. @throws with what it says if it fails. */
  az(...args: string[]): Promise<unknown>
}

/** How each version is installed: the newest, and one of 2023. */
const INSTALLED_BY = { az: 'npm run setup:parts', 'az-2.45': 'npm run setup:parts -- az-2.45' } as const

/** An az that trusts `caFile` too; without one on this machine the test is skipped. */
export async function findAzureCli(
  { skip }: TestContext,
  { caFile, version = 'az' }: { caFile?: string; version?: keyof typeof INSTALLED_BY } = {},
): Promise<AzureCli> {
  const python = findPython(version)
  if (!python) return skip(`there is no Azure CLI (${version}); run "${INSTALLED_BY[version]}"`)
  const folder = mkdtempSync(join(tmpdir(), 'landfast-az-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const home = join(folder, 'home')
  mkdirSync(home)
  writeFileSync(join(folder, 'az'), `#!/bin/sh\nexec '${python}' -m azure.cli "$@"\n`, { mode: 0o755 })
  const { url, asked } = await startClosedProxy()
  const env = {
    ...MOVED_CLOCK,
    PATH: `${folder}:${process.env.PATH}`,
    HOME: home,
    HTTPS_PROXY: url,
    HTTP_PROXY: url,
    NO_PROXY: '127.0.0.1',
    AZURE_CORE_COLLECT_TELEMETRY: 'false',
    ...(caFile && { REQUESTS_CA_BUNDLE: caFile }),
  }
  return { home, env, asked, az: (...args) => runAz(env, args) }
}

async function runAz(env: Record<string, string>, args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)('az', [...args], { env })
  try {
    return JSON.parse(stdout)
  } catch {
    return stdout
  }
}

async function startClosedProxy(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(403).end()
  })
  server.on('connect', (request, socket) => {
    if (!VERSIONS_HOSTS.includes(request.url)) asked.push(request.url ?? '')
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}
