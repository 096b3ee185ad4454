/**
 * The access token with which the command calls Resource Manager: the user's own, or one that it gets by client
 * credentials as Azure's tools do.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 * @module
 */

import type { HttpsAnswer, HttpsClient } from '@landfast/agent/upstream'
import { CLIENT_CREDENTIALS, DEFAULT_SCOPE_SUFFIX, JWT_BEARER, visibleSaying } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { ControlPlaneRefusal, waitOf } from './control-plane-refusal.ts'
import { trailHint } from './trail-hint.ts'

/** What proves to a control plane who calls. Keys and certificates are PEM. */
export type ControlPlaneCredential =
  | { kind: 'secret'; clientId: string; secret: string }
  | { kind: 'certificate'; clientId: string; certificate: string; privateKey: string }
  /** A token of another issuer that the client trusts, such as that of a CI job. */
  | { kind: 'federated'; clientId: string; assertion: string }
  | { kind: 'token'; accessToken: string }

/** One by which a token is got. */
type ClientCredential = Exclude<ControlPlaneCredential, { kind: 'token' }>

/** The audience of Resource Manager, Azure's and ours. */
const RESOURCE = 'https://management.azure.com'

/** Where an authority gives tokens. */
export const TOKEN_PATH = '/oauth2/v2.0/token'

/** What is needed to get a token. */
export interface TokenDemand {
  https: HttpsClient
  /** `https://HOST[:PORT]/{tenant}`, as it calls itself: a proof is addressed to it. */
  authority: string
  /** The same by the name under which it is reached. */
  reachedAt?: string
  credential: ClientCredential
  now: () => Date
  signal: AbortSignal
}

/**
 * A token for Resource Manager.
 *
 * @throws {CliError} `credentials_refused` with the authority's own sentence.
 */
export async function fetchToken({
  https,
  authority,
  reachedAt = authority,
  credential,
  now,
  signal,
}: TokenDemand): Promise<string> {
  const url = authority + TOKEN_PATH
  const form = {
    grant_type: CLIENT_CREDENTIALS,
    client_id: credential.clientId,
    scope: RESOURCE + DEFAULT_SCOPE_SUFFIX,
    ...(await proofOf(credential, { url, nowSeconds: Math.floor(now().getTime() / 1000) })),
  }
  const answer = await https.send(reachedAt + TOKEN_PATH, { form, signal })
  const token = answer.body?.access_token
  if (answer.status === 200 && typeof token === 'string' && token !== '') return token
  throw await explainRefused(answer, {
    origin: new URL(reachedAt).origin,
    now: credential.kind === 'secret' ? undefined : now(),
  })
}

async function proofOf(
  credential: ClientCredential,
  request: { url: string; nowSeconds: number },
): Promise<Record<string, string>> {
  if (credential.kind === 'secret') return { client_secret: credential.secret }
  const assertion =
    credential.kind === 'federated' ? credential.assertion : await signAssertion(credential, request)
  return { client_assertion_type: JWT_BEARER, client_assertion: assertion }
}

async function signAssertion(
  credential: ControlPlaneCredential & { kind: 'certificate' },
  request: { url: string; nowSeconds: number },
): Promise<string> {
  const { createAssertionSigner } = await import('@landfast/agent/upstream')
  return createAssertionSigner(credential)(request)
}

/** @param now of the clock that a proof is made or judged by; a secret has no times. */
async function explainRefused(
  { status, body, headers }: HttpsAnswer,
  { origin, now }: { origin: string; now: Date | undefined },
): Promise<CliError> {
  const { clockDifference, dateOf } = await import('@landfast/agent/upstream')
  const { error_description: sentence, error, trace_id: traceId } = body ?? {}
  const detail = `the control plane gave no token (${status}): ${visibleSaying(String(sentence ?? error ?? 'no reason is stated'))}${waitOf(headers)}`
  const serverTime = dateOf(headers.date)
  const difference = serverTime && now && clockDifference(serverTime, now)
  const hints = difference
    ? [`compare the clocks: that of this machine is ${difference} that of the control plane`]
    : []
  const hint = status < SERVER_FAULT ? trailHint(origin, '--id', traceId) : undefined
  const cause = new ControlPlaneRefusal(status, visibleSaying(String(error)), detail, hint)
  return new CliError('credentials_refused', { detail, hints, cause })
}

/** The audit trail has what was refused, not what failed. */
const SERVER_FAULT = 500
