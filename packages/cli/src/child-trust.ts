/**
 * Which certificate authorities a command is to trust beside those that it trusts anyway, by the variables that the
 * languages' TLS libraries read.
 *
 * @see docs/command-line.md
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type EndpointLocation, endpointVariables } from '@landfast/protocol'
import type { Environment } from './child-environment.ts'

/** Node adds what is in its file to what it trusts. */
const NODE_VARIABLE = 'NODE_EXTRA_CA_CERTS'

/** These files stand in place of what is trusted otherwise: OpenSSL's, with Go and Rust, and Python's requests. */
const BUNDLE_VARIABLES = ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE'] as const

/** The variables that lead to `endpoint`, and let Node trust the certificate of one with TLS. */
export async function trustedVariables(
  endpoint: EndpointLocation,
  inherited: Environment,
  folder: string,
): Promise<Record<string, string>> {
  const variables = endpointVariables(endpoint)
  const { certificate } = endpoint
  return certificate ? { ...variables, ...(await nodeTrust(inherited, folder, certificate)) } : variables
}

/** The variable by which Node trusts `certificate` as well, in a file in `folder`. */
async function nodeTrust(
  inherited: Environment,
  folder: string,
  certificate: string,
): Promise<Record<string, string>> {
  const file = join(folder, 'extra-ca.pem')
  await writeBundle(file, [await readInherited(inherited[NODE_VARIABLE]), certificate])
  return { [NODE_VARIABLE]: file }
}

/** The variables by which clients in every language trust `certificate` as well. */
export async function everyTrust(
  inherited: Environment,
  folder: string,
  certificate: string,
): Promise<Record<string, string>> {
  const variables = await nodeTrust(inherited, folder, certificate)
  for (const name of BUNDLE_VARIABLES) {
    const file = join(folder, `${name.toLowerCase().replaceAll('_', '-')}.pem`)
    const usual = (await readInherited(inherited[name])) || (await usualAuthorities())
    await writeBundle(file, [usual, certificate])
    variables[name] = file
  }
  return variables
}

/** What cannot be read was trusted by nobody. */
async function readInherited(file: string | undefined): Promise<string> {
  return file ? await readFile(file, 'utf8').catch(() => '') : ''
}

async function usualAuthorities(): Promise<string> {
  const { getCACertificates } = await import('node:tls')
  return [...new Set([...getCACertificates('system'), ...getCACertificates('bundled')])].join('\n')
}

/** Certificates are public, and the folder is the user's alone. */
async function writeBundle(file: string, parts: readonly string[]): Promise<void> {
  await writeFile(file, parts.filter((part) => part !== '').join('\n'), { mode: 0o600 })
}
