/**
 * The agent as an operator runs it: `landfast agent`, built, with a registration that is never used.
 *
 * @module
 */

import { webcrypto } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeRegistration } from '@landfast/agent'
import { PemConverter, X509CertificateGenerator } from '@landfast/server/x509'

const COMMAND = fileURLToPath(new URL('../packages/cli/bin/landfast.js', import.meta.url))

/** Longer than anything is measured, so that nothing is renewed. */
const YEAR_MILLISECONDS = 365 * 86_400_000

/** A program that can be started again and again. */
export interface AgentProgram {
  /** Arguments of Node. */
  args: (port: number) => string[]
  /** Where its state is. */
  folder: string
  remove(): void
}

/** Makes the program ready. Its machine is registered with an authority that is never asked. */
export async function prepareAgentProgram(): Promise<AgentProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'landfast-bench-'))
  const state = join(folder, 'state')
  const clientId = '00000000-0000-4000-8000-000000000002'
  await writeRegistration(state, {
    authority: 'https://127.0.0.1:9/00000000-0000-4000-8000-000000000001',
    identity: { tenantId: clientId, clientId, principalId: clientId, resourceId: '/subscriptions/bench' },
    ...(await selfSigned()),
  })
  const settings = [
    ['--state-dir', state],
    ['--key-folder', join(folder, 'tokens')],
    ['--audit-log', join(folder, 'audit.jsonl')],
    ['--key-group', ''],
  ]
  return {
    folder,
    args: (port) => [COMMAND, 'agent', ...settings.flat(), '--port', String(port)],
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** A key and certificate that the agent can read; nobody is shown them. */
async function selfSigned(): Promise<{ certificate: string; privateKey: string; ca: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=bench',
    keys,
    signingAlgorithm: algorithm,
    notAfter: new Date(Date.now() + YEAR_MILLISECONDS),
  })
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  const text = certificate.toString('pem')
  return { certificate: text, privateKey: PemConverter.encode(privateKey, 'PRIVATE KEY'), ca: text }
}
