/**
 * The one credential of a machine that is not renewed here.
 *
 * @module
 */

import type { Registration } from '../machine/registration.ts'
import type { Credential, Credentials } from './credential.ts'

/** The credentials of the machine of `registration`. */
export function fixedCredentials({ identity, privateKey, certificate }: Registration): Credentials {
  let credential: Promise<Credential> | undefined
  return {
    usable() {
      credential ??= makeCredential(identity.clientId, { privateKey, certificate })
      return credential
    },
    proven: async () => {},
    afterRefusal: () => false,
  }
}

/** Loaded late: an agent that waits needs no memory for it. */
async function makeCredential(
  clientId: string,
  key: Pick<Registration, 'privateKey' | 'certificate'>,
): Promise<Credential> {
  const { credentialOf } = await import('./credential.ts')
  return credentialOf(clientId, key)
}
