/**
 * The flags by which a command proves itself to a control plane. A secret comes by file, standard input or variable; in
 * an argument it is accepted with a warning.
 *
 * @module
 */

import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { CliError } from '../cli-error.ts'
import type { Environment } from '../environment.ts'
import { readSecretFile } from '../files/secret-file.ts'
import { printNote } from '../terminal.ts'
import type { ControlPlaneCredential } from './control-plane-token.ts'

/** The flags, as commander reads them. */
export interface CredentialFlags {
  servicePrincipalId?: string
  servicePrincipalSecret?: string
  servicePrincipalSecretFile?: string
  servicePrincipalCert?: string
  accessToken?: string
  accessTokenFile?: string
  federatedTokenFile?: string
}

/** Variables that hold a secret itself. */
const VARIABLE = {
  servicePrincipalSecret: 'LANDFAST_SERVICE_PRINCIPAL_SECRET',
  accessToken: 'LANDFAST_ACCESS_TOKEN',
} as const

/** The name that stands for standard input. */
const STANDARD_INPUT = '-'

/**
 * The credential that `flags` and variables give; undefined if they give none.
 *
 * @throws {CliError} `argument_missing`, `argument_invalid` or those of a secret file.
 */
export async function readCredential(
  flags: CredentialFlags,
  environment: Environment,
): Promise<ControlPlaneCredential | undefined> {
  const kinds = givenKinds(flags, environment)
  const [kind, ...others] = kinds
  if (kind === undefined) return undefined
  if (others.length > 0) {
    const detail = `"${kind}" and "${others.join('", "')}" are both given; keep one of them`
    throw new CliError('argument_invalid', { detail })
  }
  return await CREDENTIALS[kind](flags, environment)
}

const CREDENTIALS = {
  '--access-token-file': async (flags, environment) => ({
    kind: 'token',
    accessToken: await readAccessToken(flags, environment),
  }),
  '--federated-token-file': async (flags) => ({
    kind: 'federated',
    clientId: clientIdOf(flags),
    assertion: await readOpenFile(flags.federatedTokenFile ?? ''),
  }),
  '--service-principal-cert': async (flags) => ({
    kind: 'certificate',
    clientId: clientIdOf(flags),
    ...(await readCertificate(flags.servicePrincipalCert ?? '')),
  }),
  '--service-principal-secret': async (flags, environment) => ({
    kind: 'secret',
    clientId: clientIdOf(flags),
    secret: await readPrincipalSecret(flags, environment),
  }),
} as const satisfies Record<
  string,
  (flags: CredentialFlags, environment: Environment) => Promise<ControlPlaneCredential>
>

type CredentialKind = keyof typeof CREDENTIALS

/** A variable counts only where no flag says otherwise. */
function givenKinds(flags: CredentialFlags, environment: Environment): CredentialKind[] {
  const { servicePrincipalSecret: secret, servicePrincipalSecretFile: secretFile } = flags
  const given: Record<CredentialKind, boolean> = {
    '--access-token-file': flags.accessTokenFile !== undefined || flags.accessToken !== undefined,
    '--federated-token-file': flags.federatedTokenFile !== undefined,
    '--service-principal-cert': flags.servicePrincipalCert !== undefined,
    '--service-principal-secret': secret !== undefined || secretFile !== undefined,
  }
  const kinds = (Object.keys(given) as CredentialKind[]).filter((kind) => given[kind])
  if (kinds.length > 0) return kinds
  if (flags.servicePrincipalId !== undefined) return ['--service-principal-secret']
  return environment[VARIABLE.accessToken] ? ['--access-token-file'] : []
}

function clientIdOf({ servicePrincipalId }: CredentialFlags): string {
  if (servicePrincipalId) return servicePrincipalId
  throw new CliError('argument_missing', {
    detail: 'the client id of the service principal is missing',
    hints: ['name it with --service-principal-id'],
  })
}

async function readAccessToken(
  { accessToken, accessTokenFile: file }: CredentialFlags,
  environment: Environment,
): Promise<string> {
  if (file !== undefined) return await readSecret(file)
  if (accessToken === undefined) return environment[VARIABLE.accessToken] ?? ''
  warnOfArgument('--access-token')
  return accessToken
}

async function readPrincipalSecret(flags: CredentialFlags, environment: Environment): Promise<string> {
  const { servicePrincipalSecret: secret, servicePrincipalSecretFile: file } = flags
  if (secret !== undefined) {
    warnOfArgument('--service-principal-secret')
    return secret
  }
  if (file !== undefined) return await readSecret(file)
  const variable = environment[VARIABLE.servicePrincipalSecret]
  if (variable) return variable
  throw new CliError('argument_missing', {
    detail: 'the secret or the certificate of the service principal is missing',
    hints: [
      `give --service-principal-secret-file, --service-principal-cert, --federated-token-file, or the variable ${VARIABLE.servicePrincipalSecret}`,
    ],
  })
}

/** Says that `flag` shows its value to others. */
export function warnOfArgument(flag: string): void {
  printNote(
    `other users of this host see the arguments of a process; put the value of ${flag} into a file and give ${flag}-file`,
  )
}

/**
 * The secret in `file`, or on standard input.
 *
 * @throws {CliError} `argument_invalid` if there is none, and those of a secret file.
 */
export async function readSecret(file: string): Promise<string> {
  const content = file === STANDARD_INPUT ? await text(process.stdin) : await readSecretFile(file)
  return notEmpty(content, file)
}

/** A token that others may read, as Kubernetes and CI systems lay it down, and that is over in minutes. */
async function readOpenFile(file: string): Promise<string> {
  if (file === STANDARD_INPUT) return await readSecret(file)
  const content = await readFile(file, 'utf8').catch((cause) => {
    throw new CliError('config_unreadable', { detail: file, hints: [cause.message], cause })
  })
  return notEmpty(content, file)
}

function notEmpty(content: string, file: string): string {
  const secret = content.trim()
  if (secret !== '') return secret
  const place = file === STANDARD_INPUT ? 'standard input' : `"${file}"`
  throw new CliError('argument_invalid', { detail: `${place} is empty` })
}

/** One PEM file with both; the order does not count. */
async function readCertificate(file: string): Promise<{ certificate: string; privateKey: string }> {
  const pem = await readSecret(file)
  const [privateKey] = /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----[^-]+-----END [A-Z ]+-----/.exec(pem) ?? []
  try {
    if (privateKey !== undefined) return { certificate: new X509Certificate(pem).toString(), privateKey }
  } catch {
    // The parser's message says nothing that helps.
  }
  throw new CliError('argument_invalid', {
    detail: `"${file}" does not hold a certificate and its private key in PEM, not encrypted`,
    hints: ['put both into one file: cat certificate.pem key.pem > both.pem'],
  })
}
