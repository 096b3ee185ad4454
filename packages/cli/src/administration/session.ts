/**
 * The frame of every administrative command: it opens the login, and explains a refusal.
 *
 * @module
 */

import { CliError, type CliErrorCode } from '../cli-error.ts'
import type { ControlPlaneClient } from '../control-plane/control-plane-client.ts'
import { type ProxyFlags, readProxies } from '../settings/proxy-settings.ts'
import { readLoginCredential } from './login-credential.ts'
import { type Login, loginFile, readLogin } from './login-file.ts'
import { explainRefusal } from './refusal-advice.ts'

/** Where and as whom a command works. */
export interface Session {
  client: ControlPlaneClient
  login: Login
}

/**
 * Does `work` as the principal of the login.
 *
 * @param refusedAs the failure that a refusal is.
 * @param proxyFlags what the command says of a proxy in the place of the login.
 * @returns the exit code.
 */
export async function administer(
  work: (session: Session) => Promise<void>,
  refusedAs?: CliErrorCode,
  proxyFlags: ProxyFlags = {},
): Promise<number> {
  const login = await readLogin(loginFile(process.env))
  const { url, ca, usesSystemCa, tenantId, proxy } = login
  const credential = await readLoginCredential(login)
  const proxies = await readProxies(proxyFlags, { kept: proxy })
  const { createControlPlaneClient } = await import('../control-plane/control-plane-client.ts')
  const client = await createControlPlaneClient({ url, ca, usesSystemCa, proxies, tenantId, credential })
  try {
    await work({ client, login })
    return 0
  } catch (error) {
    throw withLoginAdvice(explainRefusal(error, refusedAs))
  } finally {
    client.close()
  }
}

/** What is trusted, and the way there, are the login's to say: the command itself has no such flags. */
function withLoginAdvice(error: unknown): unknown {
  if (!(error instanceof CliError) || !error.hints.some((hint) => hint.includes('--'))) return error
  if (error.code !== 'control_plane_unreachable' && error.code !== 'proxy_failed') return error
  const hints = [
    ...error.hints,
    '"landfast login" takes these flags, and keeps them for the commands after it',
  ]
  return new CliError(error.code, { detail: error.message, hints, cause: error })
}

/** The subscription that a flag or the login names. @throws {CliError} `argument_missing`. */
export function subscriptionOf({ login }: Session, flags: { subscriptionId?: string }): string {
  const id = flags.subscriptionId ?? login.subscriptionId
  if (id) return id
  throw new CliError('argument_missing', {
    detail: 'no subscription was visible at the login',
    hints: ['name it with --subscription-id, or log in again once you have a role'],
  })
}
