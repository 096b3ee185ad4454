/** Microsoft's own libraries, unmodified, at the stand-in: it takes their assertions, they take its answers. */

import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createAssertionSigner } from '../../packages/agent/src/authority/assertion.ts'
import { findBuiltProgram } from '../../scripts/built-program.ts'
import { findPython } from '../../scripts/python.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { KEEPS_TRUE_TIME, MOVED_CLOCK } from '../moved-clock.ts'
import { COMPILED_CLIENTS, type CompiledClient } from './compiled-clients.ts'
import { type Entra, startEntra } from './server.ts'
import { APPLICATION, makeClientCertificate, SCOPE } from './trial-client.ts'
import { AUDIENCE, makeToken, SUBJECT, startIssuer } from './trial-issuer.ts'

const own = await makeClientCertificate()
const privateKey = String(own.privateKey.export({ format: 'pem', type: 'pkcs8' }))

/** What a client program reads. */
interface ClientFile {
  authority: string
  clientId: string
  scope: string
  keyFile: string
  certificateFile: string
  assertionFile: string
  caFile: string
}

/** The command of each client for what is in `file`, and the variables by which it trusts the stand-in. */
type Command = (
  file: string,
  client: ClientFile,
) => { argv: string[]; env?: Record<string, string> } | undefined

const program = (name: string) => fileURLToPath(new URL(`clients/${name}`, import.meta.url))

interface Client {
  command: Command
  missing: string
  keepsTrueTime?: true
  /** What its assertion has otherwise, by its own design. */
  differs?: Readonly<Record<string, unknown>>
  /** Tokens that two calls get: two where its cache finds nothing under an authority with a port. */
  tokens?: number
}

const CLIENTS: Readonly<Record<string, Client>> = {
  'MSAL for Node': {
    missing: '',
    command: (file, { caFile }) => ({
      argv: [process.execPath, program('msal-node.ts'), file],
      env: { NODE_EXTRA_CA_CERTS: caFile },
    }),
  },
  'MSAL for Python': {
    differs: { nbf: false, x5c: true },
    missing: 'there is no Python with the Azure clients; run "npm run setup:parts"',
    command: (file, { caFile }) => {
      const python = findPython()
      return python
        ? { argv: [python, program('msal_python.py'), file], env: { REQUESTS_CA_BUNDLE: caFile } }
        : undefined
    },
  },
  'MSAL for Go': {
    keepsTrueTime: true,
    differs: { iat: false },
    missing: 'MSAL for Go was not built; run "npm run setup:parts"',
    command: (file, { caFile }) => compiled('msal-go', [file], { SSL_CERT_FILE: caFile }),
  },
  'MSAL for Java': {
    differs: { alg: 'RS256', iat: false, x5c: true },
    tokens: 2,
    missing: 'MSAL for Java was not built; run "npm run setup:parts"',
    command: (_, client) => compiled('msal-java', Object.values(client)),
  },
}

function compiled(name: CompiledClient, args: string[], env: Record<string, string> = {}) {
  const run = findBuiltProgram(COMPILED_CLIENTS[name])
  return run ? { argv: [...run, ...args], env } : undefined
}

async function start(): Promise<{ entra: Entra; file: string; client: ClientFile }> {
  const issuer = await startIssuer()
  const entra = await startEntra({
    application: APPLICATION,
    credentials: {
      certificates: [own.pem],
      federated: [{ issuer: issuer.url, subject: SUBJECT, audience: AUDIENCE }],
    },
    issuerCa: issuer.ca,
  })
  onTestFinished(() => entra.stop())
  const folder = temporaryFolder()
  const write = (name: string, content: string) => {
    writeFileSync(`${folder}/${name}`, content, { mode: 0o600 })
    return `${folder}/${name}`
  }
  const client: ClientFile = {
    authority: `${entra.authorityHost}/${APPLICATION.tenantId}`,
    clientId: APPLICATION.clientId,
    scope: SCOPE,
    keyFile: write('key.pem', privateKey),
    certificateFile: write('certificate.pem', own.pem),
    assertionFile: write('assertion', await makeToken(issuer)),
    caFile: write('ca.pem', entra.ca),
  }
  return { entra, file: write('client.json', JSON.stringify(client)), client }
}

describe.each(Object.entries(CLIENTS))(
  '%s',
  (_, { command, missing, keepsTrueTime = false, differs, tokens = 1 }) => {
    test('gets tokens by certificate and by federation, and its assertion is of the kind of the agent', async ({
      skip,
    }) => {
      skip(keepsTrueTime && KEEPS_TRUE_TIME !== undefined, KEEPS_TRUE_TIME)
      const { entra, file, client } = await start()
      const found = command(file, client)
      if (!found) return skip(missing)
      const [run = '', ...args] = found.argv
      const env = { ...MOVED_CLOCK, PATH: process.env.PATH, ...found.env }
      const { stdout } = await promisify(execFile)(run, args, { env })
      const claims = { aud: 'https://vault.azure.net', oid: APPLICATION.objectId }
      expect(JSON.parse(stdout)).toEqual({
        certificate: { tokens, claims: expect.objectContaining(claims) },
        assertion: { tokens, claims: expect.objectContaining(claims) },
      })
      const [byCertificate] = entra.requests
      expect(entra.requests).toHaveLength(2 * tokens)
      expect(entra.requests.at(-1)?.form.client_assertion).toBe(readFileSync(client.assertionFile, 'utf8'))
      expect(kindOf(byCertificate)).toEqual({ ...kindOf(agentAssertion(entra)), ...differs })
    })
  },
)

/** The agent's own assertion for the same application. */
function agentAssertion({ authorityHost }: Entra) {
  const sign = createAssertionSigner({ clientId: APPLICATION.clientId, privateKey, certificate: own.pem })
  const url = `${authorityHost}/${APPLICATION.tenantId}/oauth2/v2.0/token`
  const assertion = sign({ url, nowSeconds: Math.floor(Date.now() / 1000) })
  return { header: { ...decodeProtectedHeader(assertion) }, claims: { ...decodeJwt(assertion) } }
}

/** What two assertions for the same application share: all but the values of `jti` and times, order and alphabet. */
function kindOf(assertion: { header: object; claims: object } | undefined): Record<string, unknown> {
  const { 'x5t#S256': thumbprint, x5c, ...header } = { ...assertion?.header } as Record<string, unknown>
  const { jti, iat, nbf, exp, ...others } = { ...assertion?.claims } as Record<string, unknown>
  const times = Object.entries({ jti, iat, nbf, exp }).map(([name, value]) => [name, value !== undefined])
  const bytes = Buffer.from(String(thumbprint), 'base64').toString('hex')
  return { ...header, ...others, ...Object.fromEntries(times), x5c: x5c !== undefined, thumbprint: bytes }
}
