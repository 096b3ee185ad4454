/**
 * Lets the Azure MCP Server for Windows list subscriptions, as the case in the only argument says, and prints one JSON line
 * about the token that came with its request to Resource Manager. That is a server of this program's own, in the hosts file
 * and the store of trusted roots of that Windows.
 *
 * @see conformance/README.md
 * @module
 */

import { once } from 'node:events'
import { appendFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { makeCertificate } from '../../../packages/control-plane/src/testing/issuer-keys.ts'
import type { ClientReport, ClientRequest } from '../../client-report.ts'
import { HOSTS_FILE, LOCAL_HOSTS, TRUSTED_ROOTS, WINE_VARIABLE, type Wine } from '../../windows/wine.ts'
import { runOnWine } from '../../windows/wine-process.ts'

const PROGRAM = 'C:\\Program Files\\azmcp\\azmcp.exe'

const RESOURCE_MANAGER = 'management.azure.com'

/** It tries again for a minute or so. */
const DEADLINE_MILLISECONDS = 200_000

/** Not the program's: of this process. */
const OWN_VARIABLES = ['PATH', 'HOME', WINE_VARIABLE]

const wanted: ClientRequest = JSON.parse(process.argv[2] ?? '')
const wine: Wine = JSON.parse(process.env[WINE_VARIABLE] ?? '')
const manager = await startManager()
const version = (await run(['--version'])).trim().split('+')[0] ?? ''
const began = performance.now()
const said = isKnown(wanted) ? await run(['subscription', 'list'], variablesOf(wanted)) : undefined
const seconds = (performance.now() - began) / 1000
manager.stop()
process.stdout.write(`${JSON.stringify({ ...reportOf(said), client: wanted.client, version, seconds })}\n`)

function isKnown({ credential, selector }: ClientRequest): boolean {
  return credential === 'managed-identity' && (selector === null || selector.by === 'client_id')
}

function variablesOf({ selector }: ClientRequest): Record<string, string> {
  const led = Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.includes(name))
  return {
    ...(Object.fromEntries(led) as Record<string, string>),
    AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential',
    ...(selector && { AZURE_CLIENT_ID: selector.value }),
  }
}

async function run(args: readonly string[], variables: Record<string, string> = {}): Promise<string> {
  const { stdout } = await runOnWine(wine, {
    folder: import.meta.dirname,
    command: [PROGRAM, ...args],
    variables: { ...variables, AZURE_MCP_COLLECT_TELEMETRY: 'false' },
    timeout: DEADLINE_MILLISECONDS,
  })
  return stdout
}

function reportOf(said: string | undefined): Omit<ClientReport, 'client' | 'version' | 'seconds'> {
  const nothing = { calls: 1, claims: null, expiresOn: null, error: null }
  if (said === undefined) return { ...nothing, outcome: 'unsupported' }
  const [token] = manager.tokens
  if (token === undefined) return { ...nothing, outcome: 'error', error: errorIn(said) }
  const { aud, oid, appid, xms_mirid, exp } = JSON.parse(
    Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
  )
  return { ...nothing, outcome: 'token', claims: { aud, oid, appid, xms_mirid }, expiresOn: exp }
}

function errorIn(said: string): string {
  try {
    return JSON.parse(said).message
  } catch {
    return said
  }
}

/** Answers each request with no subscriptions; it keeps the tokens that it is shown. */
async function startManager(): Promise<{ tokens: string[]; stop: () => void }> {
  const { key, certificate } = await makeCertificate([{ type: 'dns', value: RESOURCE_MANAGER }])
  appendFileSync(join(wine.root, TRUSTED_ROOTS), `\n${certificate}`)
  writeFileSync(join(wine.root, HOSTS_FILE), `${LOCAL_HOSTS}127.0.0.1 ${RESOURCE_MANAGER}\n`)
  const tokens: string[] = []
  const server = createServer({ key, cert: certificate }, ({ headers }, answer) => {
    const [, token] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? []
    if (token !== undefined) tokens.push(token)
    answer.writeHead(200, { 'Content-Type': 'application/json' }).end('{"value":[]}')
  })
  server.listen(443, '127.0.0.1')
  await once(server, 'listening')
  return {
    tokens,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
