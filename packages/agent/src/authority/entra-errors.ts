/**
 * The refusals of Entra ID: one table gives each number what it means for the tokens that are held, and a sentence with the
 * next step. A number that is not in it counts by the OAuth error that came with it.
 *
 * @see docs/entra.md#errors
 * @see https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 * @module
 */

import { readRetryAfter } from '@landfast/protocol'
import { isPassing, SourceError, type SourceFailure } from '../tokens/source.ts'
import { codesOf } from './credential-source.ts'
import type { HttpsAnswer } from './https-client.ts'
import { describeAnswer, failureOf, traceIdOf } from './refused-token.ts'

type Meaning = readonly [failure: SourceFailure, sentence: string]

const WAIT = 'wait some minutes, since Entra ID learns such a change late'

/** By the number after "AADSTS". */
const MEANINGS = {
  700016: [
    'identity_refused',
    'the tenant has no application with this client id; compare both ids with "az ad app show --id CLIENT_ID", and run "landfast connect --authority entra" with the right ones',
  ],
  90002: [
    'identity_refused',
    'there is no such tenant in this cloud; compare the tenant id and --cloud, and run "landfast connect --authority entra" with the right ones',
  ],
  7000112: [
    'identity_refused',
    'the application is disabled in the tenant; an administrator enables its service principal: az ad sp update --id CLIENT_ID --set accountEnabled=true',
  ],
  5000225: [
    'identity_refused',
    'the tenant is blocked; its administrator has to ask Microsoft to have it back',
  ],
  700027: [
    'identity_refused',
    'the application does not have the certificate of this machine, or it has expired; "landfast connect --authority entra --rotate" makes another one and prints the commands that register it',
  ],
  7000214: [
    'identity_refused',
    'the certificate of this machine was revoked; make another one with "landfast connect --authority entra --rotate"',
  ],
  1000502: [
    'identity_refused',
    'the certificate of this machine has expired; make another one with "landfast connect --authority entra --rotate"',
  ],
  7000274: [
    'identity_refused',
    'the application has this certificate, and the key of this machine is another one; make both anew with "landfast connect --authority entra --rotate"',
  ],
  50012: [
    'identity_refused',
    'the proof was made for another tenant or cloud; compare the tenant id and --cloud',
  ],
  700021: ['identity_refused', 'the proof names another application; compare the client id'],
  900382: ['identity_refused', 'the application is of another cloud; compare --cloud'],
  700024: ['unavailable', 'the clock of this machine is wrong; set it, with chrony say'],
  50013: ['unavailable', 'Entra ID did not take the proof of this request; the next one has another'],
  70021: [
    'unavailable',
    `no federated credential of the application fits, or it was just made; ${WAIT}, then compare its issuer, subject and audience with what "landfast trust entra --identity OBJECT_ID" prints`,
  ],
  70025: [
    'unavailable',
    `the application has no federated credential, or it was just made; ${WAIT}, then make it with what "landfast trust entra --identity OBJECT_ID" prints`,
  ],
  700223: [
    'identity_refused',
    'the tenant forbids federation; its administrator allows it, or use a certificate',
  ],
  700238: [
    'identity_refused',
    'the tenant does not allow the issuer of our control plane; its administrator allows it, or use a certificate',
  ],
  700211: [
    'identity_refused',
    'no federated credential of the application has the issuer of our control plane; compare it, each character, with what "landfast trust entra --identity OBJECT_ID" prints',
  ],
  700212: [
    'identity_refused',
    'the federated credential has another audience than that of this cloud; compare it with what "landfast trust entra --identity OBJECT_ID" prints',
  ],
  7002121: [
    'identity_refused',
    'the federated credential has another audience than that of this cloud; compare it with what "landfast trust entra --identity OBJECT_ID" prints',
  ],
  700213: [
    'identity_refused',
    'no federated credential of the application has this subject; it is the object id of the user-assigned identity, and small and capital letters count',
  ],
  7002138: [
    'identity_refused',
    'the subject of the federated credential differs in small and capital letters; it is the object id of the user-assigned identity as "landfast identity show" prints it',
  ],
  5002738: [
    'identity_refused',
    'the control plane signs by an algorithm that Entra ID does not take; it takes RS256',
  ],
  7000272: [
    'unavailable',
    'Entra ID does not know the key by which our control plane signs; it reads keys about once an hour, so run "landfast control-plane export-discovery" again if files are published, and wait',
  ],
  700222: [
    'identity_refused',
    'Entra ID takes no tokens of its own issuers here; the control plane needs an issuer of its own',
  ],
  700226: [
    'identity_refused',
    'Entra ID takes no tokens of managed identities of Azure here; the control plane needs an issuer of its own',
  ],
  700227: [
    'identity_refused',
    'Entra ID takes no tokens of other applications of Azure here; the control plane needs an issuer of its own',
  ],
  90061: [
    'unavailable',
    'Entra ID could not read the keys of our control plane; put what "landfast control-plane export-discovery" writes where the internet has it',
  ],
  50166: [
    'unavailable',
    'Entra ID could not read the discovery document of our control plane; put what "landfast control-plane export-discovery" writes where the internet has it',
  ],
  501661: [
    'unavailable',
    'Entra ID could not read the discovery document of our control plane; put what "landfast control-plane export-discovery" writes where the internet has it',
  ],
  50196: ['throttled', 'Entra ID was asked for the same token too often; it is asked again after a while'],
  500011: [
    'resource_refused',
    'the tenant has no such resource; compare the value of "resource", or have the service made known in the tenant',
  ],
  501051: [
    'resource_refused',
    'the resource wants a role, and the application has none; assign it one there',
  ],
  53003: [
    'resource_refused',
    'a Conditional Access policy of the tenant blocks this application; its administrator sees the policy in the sign-in log',
  ],
} as const satisfies Record<number, Meaning>

/** Every number of the table. */
export const ENTRA_CODES: readonly number[] = Object.keys(MEANINGS).map(Number)

/** What Entra ID says of a key that the application does not have, or not yet. */
const KEY_UNKNOWN = 700027

/** What it says where another key of this machine may be taken. */
const KEY_CODES: readonly unknown[] = [KEY_UNKNOWN, 7000274, 7000214, 1000502]

/** Entra ID may learn of a certificate this much later than the administrator registered it. */
const REGISTRATION_MS = 15 * 60_000

/** What is known when an answer is explained. Times are milliseconds since 1970. */
export interface EntraCircumstances {
  now: number
  /** When the newest key was made here; undefined where there is none. */
  keyMadeAt: number | undefined
}

/**
 * Why Entra ID gave no token. It is never `refused`: that would take the tokens of the control plane away, too.
 */
export function explainEntra(answer: HttpsAnswer, circumstances: EntraCircumstances): SourceError {
  const { status, body } = answer
  const traceId = traceIdOf(answer)
  const retry = { retryAfterSeconds: readRetryAfter(answer.headers, circumstances.now), traceId }
  const message =
    describeAnswer(answer) +
    (body?.claims === undefined ? '' : ' (it asks for claims that a machine cannot meet)')
  const byError = withoutRefused(failureOf(answer))
  if (status < 400 || status === 429 || status >= 500) return new SourceError(byError, message, retry)
  const code = codesOf(body).find((one) => meaningOf(one))
  const [failure, sentence] = meaningOf(code) ?? [byError, undefined]
  const isNewKey = code === KEY_UNKNOWN && isRecent(circumstances)
  const reason =
    sentence === undefined
      ? nameless(body)
      : { message: `AADSTS${code}: ${isNewKey ? `${WAIT}; ` : ''}${sentence}` }
  const settled = isNewKey ? 'unavailable' : failure
  return new SourceError(settled, message, {
    ...{ reason, isKeyRefused: KEY_CODES.includes(code), traceId },
    ...(isPassing(settled) && retry),
  })
}

function meaningOf(code: unknown): Meaning | undefined {
  return Object.hasOwn(MEANINGS, Number(code)) ? MEANINGS[Number(code) as keyof typeof MEANINGS] : undefined
}

function withoutRefused(failure: SourceFailure): SourceFailure {
  return failure === 'refused' ? 'identity_refused' : failure
}

function isRecent({ now, keyMadeAt }: EntraCircumstances): boolean {
  return keyMadeAt !== undefined && now - keyMadeAt < REGISTRATION_MS
}

/** Of what is not in the table the number alone is told: its text is not ours. */
function nameless(body: HttpsAnswer['body']): { message: string } | undefined {
  const [code] = codesOf(body)
  if (!Number.isSafeInteger(code)) return undefined
  return {
    message: `Entra ID says AADSTS${code}; https://login.microsoftonline.com/error?code=${code} explains it`,
  }
}
