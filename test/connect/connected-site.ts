/**
 * A control plane of this process with its administrator, and the real command beside it.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  type ControlPlaneClient,
  createControlPlaneClient,
} from '../../packages/cli/src/control-plane-client.ts'
import type { AdministratorFile } from '../../packages/control-plane/src/administrator/administrator-file.ts'
import type { ControlPlaneOptions } from '../../packages/control-plane/src/options.ts'
import { type Clock, startTrial } from '../../packages/control-plane/src/testing/trial.ts'

/** The resource group that machines come into. */
export const GROUP = 'servers'

/** A control plane and who administers it. */
export interface TestSite {
  url: string
  caFile: string
  clock: Clock
  administrator: AdministratorFile
  client: ControlPlaneClient
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

/** Starts one; it ends with the test. */
export async function startSite(options: Partial<ControlPlaneOptions> = {}): Promise<TestSite> {
  const { controlPlane, clock } = await startTrial(options)
  const administrator: AdministratorFile = JSON.parse(
    readFileSync(controlPlane.administratorFile ?? '', 'utf8'),
  )
  const { clientId, clientSecret: secret, subscriptionId } = administrator
  const client = await createControlPlaneClient({
    url: options.url ?? controlPlane.url,
    ca: readFileSync(controlPlane.caFile, 'utf8'),
    credential: { kind: 'secret', clientId, secret },
    now: clock.now,
  })
  onTestFinished(() => client.close())
  const folder = mkdtempSync(join(tmpdir(), 'connect-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'files'))
  const url = options.url ?? controlPlane.url
  return {
    url,
    caFile: controlPlane.caFile,
    clock,
    administrator,
    client,
    folder,
    file: (name, text) => {
      const path = join(folder, 'files', `${randomUUID()}-${name}`)
      writeFileSync(path, text, { mode: 0o600 })
      return path
    },
    joinToken: async (changes = {}) => {
      const body = { resourceGroup: GROUP, location: 'cellar', ...changes }
      const answer = await client.call('POST', '/landfast/v1/join-tokens', { body })
      return String(answer.body.token)
    },
    flags: (name) => [
      ...['--url', url, '--ca-file', controlPlane.caFile, '--subscription-id', subscriptionId],
      ...['--resource-group', GROUP, '--location', 'cellar', '--resource-name', name],
    ],
    stop: () => controlPlane.stop(),
  }
}

/** What is kept in a state folder's file. */
export function kept(folder: string, name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, name), 'utf8'))
}
