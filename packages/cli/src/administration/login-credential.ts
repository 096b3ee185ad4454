/**
 * The credential that a login names. Each command reads it anew, so that a secret that was changed in its file counts
 * at once.
 *
 * @module
 */

import { readAdministrator } from '../control-plane/administrator-file.ts'
import type { ControlPlaneCredential } from '../control-plane/control-plane-token.ts'
import { type CredentialFlags, readCredential } from '../control-plane/credential-flags.ts'
import type { Login } from './login-file.ts'

/** @throws {CliError} those of the file. */
export async function readLoginCredential({
  clientId,
  credential: { kind, file },
}: Pick<Login, 'clientId' | 'credential'>): Promise<ControlPlaneCredential> {
  if (kind === 'administrator') {
    const { clientId: id, clientSecret: secret } = await readAdministrator(file)
    return { kind: 'secret', clientId: id, secret }
  }
  const id = clientId === undefined ? {} : { servicePrincipalId: clientId }
  const flags = { ...id, [FLAG[kind]]: file } as CredentialFlags
  // Variables do not count: the login says who calls.
  const credential = await readCredential(flags, {})
  if (credential) return credential
  throw new Error('a credential file is always a credential')
}

const FLAG = {
  'service-principal-secret-file': 'servicePrincipalSecretFile',
  'service-principal-cert': 'servicePrincipalCert',
  'federated-token-file': 'federatedTokenFile',
  'access-token-file': 'accessTokenFile',
} as const satisfies Partial<Record<Login['credential']['kind'], keyof CredentialFlags>>
