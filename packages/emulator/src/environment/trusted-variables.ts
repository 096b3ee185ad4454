/**
 * Leads a program to trust our certificate authorities beside the usual ones, by the variables that the languages' TLS
 * libraries read.
 *
 * @see docs/command-line.md
 * @module
 */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type EndpointLocation, endpointVariables } from '@landfast/protocol'
import { formatTrustStore } from './java-trust-store.ts'
import type { Environment } from './leading-variables.ts'

/** Node adds what is in its file to what it trusts. */
const NODE_VARIABLE = 'NODE_EXTRA_CA_CERTS'

/** These files stand in place of what is trusted otherwise: OpenSSL's, with Go and Rust, and Python's requests. */
const PYTHON_VARIABLE = 'REQUESTS_CA_BUNDLE'
const BUNDLE_VARIABLES = ['SSL_CERT_FILE', PYTHON_VARIABLE] as const

/** Options of every Java that is started; the store that they name stands in place of Java's own. */
const JAVA_VARIABLE = 'JAVA_TOOL_OPTIONS'

/** Every variable by which programs are told whom to trust. */
export const TRUST_VARIABLES = [NODE_VARIABLE, ...BUNDLE_VARIABLES, JAVA_VARIABLE] as const

const JAVA_STORE = '-Djavax.net.ssl.trustStore='

/** Certificates are public, and the folder is the user's alone. */
const PRIVATE = { mode: 0o600 } as const

/** Where clients are led, with which variables they start, and where files for them may be. */
export interface TrustPlaces {
  inherited: Environment
  folder: string
  /** What is to be trusted beside the certificate of the endpoint: that of services. */
  authority?: string | undefined
}

/** The variables that lead to `endpoint`, and let clients trust its certificate and that of services beside it. */
export async function trustedVariables(
  endpoint: EndpointLocation,
  { inherited, folder, authority }: TrustPlaces,
): Promise<Record<string, string>> {
  const variables = endpointVariables(endpoint)
  const certificates = [endpoint.certificate, authority].filter(Boolean).join('\n')
  return certificates ? { ...variables, ...(await everyTrust(inherited, folder, certificates)) } : variables
}

/** The variables by which clients in every language trust `certificate` as well, and files for them in `folder`. */
export async function everyTrust(
  inherited: Environment,
  folder: string,
  certificate: string,
): Promise<Record<string, string>> {
  const usual = await usualAuthorities()
  const variables: Record<string, string> = {}
  variables[NODE_VARIABLE] = join(folder, 'extra-ca.pem')
  await writeBundle(variables[NODE_VARIABLE], [await readInherited(inherited[NODE_VARIABLE]), certificate])
  return {
    ...variables,
    ...(await bundleTrust(BUNDLE_VARIABLES, { inherited, folder, certificate })),
    ...(await javaTrust(inherited[JAVA_VARIABLE], folder, `${usual}\n${certificate}`)),
  }
}

/** The variable by which programs in Python trust `certificate` as well, and a file for them in `folder`. */
export function pythonTrust(
  inherited: Environment,
  folder: string,
  certificate: string,
): Promise<Record<string, string>> {
  return bundleTrust([PYTHON_VARIABLE], { inherited, folder, certificate })
}

/** The variables `names`, each with a file of what is trusted otherwise and `certificate`. */
async function bundleTrust(
  names: readonly (typeof BUNDLE_VARIABLES)[number][],
  { inherited, folder, certificate }: { inherited: Environment; folder: string; certificate: string },
): Promise<Record<string, string>> {
  const variables: Record<string, string> = {}
  for (const name of names) {
    variables[name] = join(folder, `${name.toLowerCase().replaceAll('_', '-')}.pem`)
    const others = (await readInherited(inherited[name])) || (await usualAuthorities())
    await writeBundle(variables[name], [others, certificate])
  }
  return variables
}

/** None where the user chose a store already: it may hold certificates that ours has not. */
async function javaTrust(
  inherited: string | undefined,
  folder: string,
  certificates: string,
): Promise<Record<string, string>> {
  if (inherited?.includes(JAVA_STORE)) return {}
  const file = join(folder, 'java-trust.jks')
  await writeFile(file, formatTrustStore(readCertificates(certificates)), PRIVATE)
  const options = [inherited, `${JAVA_STORE}${quoteForJava(file)}`, '-Djavax.net.ssl.trustStoreType=JKS']
  return { [JAVA_VARIABLE]: options.filter(Boolean).join(' ') }
}

/** The certificates in `text`, in DER. */
function readCertificates(text: string): Buffer[] {
  const blocks = text.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g)
  return Array.from(blocks, ([, base64 = '']) => Buffer.from(base64, 'base64'))
}

/** Java splits its options at white space outside quotes, of which it knows both kinds and no escape. */
function quoteForJava(text: string): string {
  return `"${text.replaceAll('"', `"'"'"`)}"`
}

/** A file that cannot be read was trusted by no program. */
async function readInherited(file: string | undefined): Promise<string> {
  return file ? await readFile(file, 'utf8').catch(() => '') : ''
}

async function usualAuthorities(): Promise<string> {
  const { getCACertificates } = await import('node:tls')
  return [...new Set([...getCACertificates('system'), ...getCACertificates('bundled')])].join('\n')
}

async function writeBundle(file: string, parts: readonly string[]): Promise<void> {
  await writeFile(file, parts.filter((part) => part !== '').join('\n'), PRIVATE)
}
