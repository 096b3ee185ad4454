/**
 * Credentials in surroundings that a test makes up, in place of those of its process.
 *
 * @module
 */

import {
  type DefaultCredentialOptions,
  type ManagedIdentityCredentialOptions,
  readDefaultOptions,
  readManagedOptions,
} from '../../packages/client/src/credential-options.ts'
import { IdentityTokens } from '../../packages/client/src/identity-tokens.ts'
import type { Surroundings } from '../../packages/client/src/surroundings.ts'
import { TokenCache } from '../../packages/client/src/tokens/token-cache.ts'

/** A port on which nothing listens. */
const NOWHERE = 'http://127.0.0.1:1'

/** Surroundings in which nothing is, but what `changes` say. Waiting is noted and takes no time. */
export function surroundings(changes: Partial<Surroundings> = {}): Surroundings & { waited: number[] } {
  const waited: number[] = []
  let passed = 0
  return {
    env: {},
    platform: 'linux',
    now: Date.now,
    monotonic: () => passed,
    wait: async (milliseconds) => {
      waited.push(milliseconds)
      passed += milliseconds
    },
    hold: (held) => held,
    keyFolder: '/nowhere/tokens',
    himdsFiles: [],
    vmOrigin: NOWHERE,
    cache: new TokenCache(),
    waited,
    ...changes,
  }
}

/** What `DefaultCredential` does with these options. */
export function defaultCredential(
  around: Surroundings,
  options: DefaultCredentialOptions = {},
): IdentityTokens {
  return new IdentityTokens(readDefaultOptions(options, around))
}

/** What `ManagedIdentityCredential` does with these options. */
export function managedCredential(
  around: Surroundings,
  options: ManagedIdentityCredentialOptions | string = {},
): IdentityTokens {
  return new IdentityTokens(readManagedOptions(options, around))
}
