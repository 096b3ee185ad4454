/**
 * `getToken`: one call, one token. Most programs need nothing else.
 *
 * @module
 */

import { DefaultCredential } from './credentials.ts'
import { scopeOf } from './identity-tokens.ts'

let shared: DefaultCredential | undefined

/**
 * A token of this program's identity for `resource`, such as `https://storage.azure.com`: the value that goes after
 * "Bearer". It is held, and asked for anew before it ends; call this for each use.
 *
 * @throws {ClientError} saying why there is none.
 */
export async function getToken(resource: string): Promise<string> {
  shared ??= new DefaultCredential()
  return (await shared.getToken(scopeOf(resource))).token
}
