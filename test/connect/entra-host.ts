/**
 * A host that is an application of Entra ID: the strict stand-in, what `connect` printed, and the agent as a process.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished } from 'vitest'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import type { TestCommand } from '../cli/command.ts'
import { type Entra, startEntra } from '../entra/server.ts'
import type { EntraOptions } from '../entra/service.ts'
import { APPLICATION } from '../entra/trial-client.ts'

const SECRET = 'a-secret-of-thirty-two-characters'

/** The resource that is asked for where it does not matter. */
export const VAULT = 'https://vault.azure.net'

/** Starts the stand-in, which ends with the test; gives the flags by which `connect` makes a host its application. */
export async function startStandIn(
  options: Partial<EntraOptions> = {},
): Promise<{ entra: Entra; connectFlags: string[] }> {
  const entra = await startEntra({ application: APPLICATION, credentials: {}, ...options })
  onTestFinished(() => entra.stop())
  const caFile = join(temporaryFolder(), 'entra-ca.pem')
  writeFileSync(caFile, entra.ca)
  const { tenantId, clientId } = APPLICATION
  const connectFlags = [
    ...['--tenant-id', tenantId, '--client-id', clientId],
    ...['--authority-host', entra.authorityHost, '--ca-file', caFile],
  ]
  return { entra, connectFlags }
}

/** What `connect --json` prints. */
export interface Announced {
  certificate: string
  certificateFrom: string
  thumbprint: string
  commands: { az: string[]; graph: string[] }
}

/** Runs `connect` with success. */
export async function announced(command: TestCommand, args: readonly string[]): Promise<Announced> {
  const { code, stdout, stderr } = await command.run([...args, '--json'])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return JSON.parse(stdout)
}

/** The proof that the state folder has. */
export function proofIn(state: string): Record<string, { certificate: string; issuer?: string } | string> {
  return JSON.parse(readFileSync(join(state, 'entra.json'), 'utf8')).proof
}

/** Makes these all the certificates that the application has. */
export function register(entra: Entra, ...certificates: string[]): void {
  entra.setCredentials({ certificates })
}

type Answer = { status?: number; body: Record<string, string> }

/** What is done while the agent runs, with what asks it. */
export type AgentWork = (ask: (audience?: string) => Promise<Answer>) => Promise<void>

/** Runs the agent for `work`; gives what it wrote. */
export async function withEntraAgent(command: TestCommand, state: string, work: AgentWork): Promise<string> {
  const agent = command.start(['agent', '--styles', 'app-service', '--state-dir', state], {
    env: { LANDFAST_IDENTITY_HEADER: SECRET },
  })
  onTestFinished(() => void agent.child.kill('SIGKILL'))
  await agent.wrote('the agent is started')
  const [, url = ''] = /"url":"([^"]+)"/.exec(agent.stdout + agent.stderr) ?? []
  await work((audience = VAULT) => askAt(url, audience))
  agent.child.kill('SIGTERM')
  const { code, stdout, stderr } = await agent.ended
  expect(code).toBe(0)
  return stdout + stderr
}

function askAt(url: string, audience: string): Promise<Answer> {
  const target = `${url}?api-version=2019-08-01&resource=${encodeURIComponent(audience)}`
  return new Promise((resolve, reject) => {
    request(target, { headers: { 'X-IDENTITY-HEADER': SECRET } }, async (response) => {
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(await text(response)) })
    })
      .on('error', reject)
      .end()
  })
}
