/**
 * A control plane of this process with its administrator, and the real command beside it.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AdministratorFile } from '@landfast/control-plane'
import { formatJoinToken, parseJoinToken } from '@landfast/protocol'
import { onTestFinished } from 'vitest'
import {
  type ControlPlaneClient,
  createControlPlaneClient,
} from '../../packages/cli/src/control-plane/control-plane-client.ts'
import type { ControlPlaneOptions } from '../../packages/control-plane/src/options.ts'
import { type Clock, startTrial, temporaryFolder } from '../../packages/control-plane/src/testing/trial.ts'
import type { LosingRelay } from './losing-relay.ts'

/** The resource group that machines come into. */
export const GROUP = 'servers'

/** A control plane and who administers it. */
export interface TestSite {
  url: string
  caFile: string
  clock: Clock
  administrator: AdministratorFile
  client: ControlPlaneClient
  /** One with a token of now, for a test that has moved the clock. */
  newClient(): Promise<ControlPlaneClient>
  /** An empty folder that is gone after the test. */
  folder: string
  /** Writes `text` into a file that only its owner may read. */
  file(name: string, text: string): string
  /** Makes a join token. */
  joinToken(changes?: object): Promise<string>
  /** The flags of `connect` as the administrator, but for the credential. */
  flags(name: string): string[]
  stop(): Promise<void>
}

/** Starts one, behind `relay` if there is one; it ends with the test. */
export async function startSite(
  relay?: LosingRelay,
  options: Partial<ControlPlaneOptions> = {},
): Promise<TestSite> {
  const { controlPlane, clock } = await startTrial({ ...options, ...(relay && (await behind(relay))) })
  const caFile = relay ? join(await temporaryFolder(), 'relay-ca.pem') : controlPlane.caFile
  if (relay) writeFileSync(caFile, relay.ca)
  const url = relay?.url ?? controlPlane.url
  const administrator: AdministratorFile = JSON.parse(
    readFileSync(controlPlane.administratorFile ?? '', 'utf8'),
  )
  const { clientId, clientSecret: secret, subscriptionId } = administrator
  const newClient = async () => {
    const client = await createControlPlaneClient({
      url,
      ca: readFileSync(caFile, 'utf8'),
      credential: { kind: 'secret', clientId, secret },
      now: clock.now,
    })
    onTestFinished(() => client.close())
    return client
  }
  const client = await newClient()
  const folder = mkdtempSync(join(tmpdir(), 'connect-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'files'))
  return {
    url,
    caFile,
    clock,
    administrator,
    client,
    newClient,
    folder,
    file: (name, text) => {
      const path = join(folder, 'files', `${randomUUID()}-${name}`)
      writeFileSync(path, text, { mode: 0o600 })
      return path
    },
    joinToken: async (changes = {}) => {
      const body = { resourceGroup: GROUP, location: 'cellar', ...changes }
      const answer = await client.call('POST', '/landfast/v1/join-tokens', { body })
      const token = parseJoinToken(String(answer.body.token))
      if (!token) throw new TypeError('the control plane made no whole join token')
      // In front stands a relay with a CA of its own.
      return formatJoinToken(relay ? { ...token, caFingerprint: relay.caFingerprint } : token)
    },
    flags: (name) => [
      ...['--url', url, '--ca-file', caFile, '--subscription-id', subscriptionId],
      ...['--resource-group', GROUP, '--location', 'cellar', '--resource-name', name],
    ],
    stop: () => controlPlane.stop(),
  }
}

/** A control plane calls itself by the relay's name. */
async function behind(relay: LosingRelay): Promise<Partial<ControlPlaneOptions>> {
  const port = await freePort()
  relay.target = `https://127.0.0.1:${port}`
  return { port, url: relay.url }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** What is kept in a state folder's file. */
export function kept(folder: string, name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, name), 'utf8'))
}
