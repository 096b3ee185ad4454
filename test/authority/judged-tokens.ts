/**
 * Tokens of a control plane for others to judge: a right one, and each kind that must be refused.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import type { ControlPlane } from '@landfast/control-plane'
import { send } from '../../packages/control-plane/src/testing/trial.ts'
import type { PreparedClient } from './prepared-client.ts'

const HOUR_MS = 3_600_000

const OTHER_AUDIENCE = 'https://vault.azure.net'

/** A clock that a test moves. */
export class MovedClock {
  #byMs = 0

  readonly now = (): Date => new Date(Date.now() + this.#byMs)

  /** Does `work` while the clock is behind. */
  async behind<Given>(byMs: number, work: () => Promise<Given>): Promise<Given> {
    this.#byMs = -byMs
    return await work().finally(() => {
      this.#byMs = 0
    })
  }
}

/** Where the tokens come from. */
export interface JudgedAuthority {
  controlPlane: Pick<ControlPlane, 'url' | 'caFile' | 'administratorFile'>
  application: PreparedClient
  clock: MovedClock
}

/** A token of the application for `audience`. */
export function tokenOfApplication(authority: JudgedAuthority, audience: string): Promise<string> {
  return tokenOf(authority, authority.application, audience)
}

/** Tokens for `audience`, each with one fault. */
export async function faultyTokens(authority: JudgedAuthority, audience: string) {
  const { controlPlane, clock } = authority
  const administrator = JSON.parse(readFileSync(controlPlane.administratorFile ?? '', 'utf8'))
  return {
    forged: forge(await tokenOfApplication(authority, audience)),
    expired: await clock.behind(3 * HOUR_MS, () => tokenOfApplication(authority, audience)),
    'for another audience': await tokenOfApplication(authority, OTHER_AUDIENCE),
    'of another subject': await tokenOf(authority, administrator, audience),
  }
}

/** The same token with another signature of the same length. */
export function forge(token: string): string {
  const at = token.lastIndexOf('.') + 1
  const signature = Buffer.from(token.slice(at), 'base64url')
  signature[10] = (signature[10] ?? 0) ^ 1
  return token.slice(0, at) + signature.toString('base64url')
}

async function tokenOf(
  { controlPlane, application }: JudgedAuthority,
  { clientId, clientSecret }: Pick<PreparedClient, 'clientId' | 'clientSecret'>,
  audience: string,
): Promise<string> {
  const client = { client_id: clientId, client_secret: clientSecret }
  const form = { grant_type: 'client_credentials', ...client, scope: `${audience}/.default` }
  const url = `${controlPlane.url}/${application.tenantId}/oauth2/v2.0/token`
  const { status, body } = await send(controlPlane, url, { form })
  if (status !== 200) throw new Error(`no token for ${audience}: ${body.error_description}`)
  return body.access_token
}
