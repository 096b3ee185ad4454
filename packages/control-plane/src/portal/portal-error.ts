/**
 * What the portal itself refuses; what the routes behind it refuse keeps their codes.
 *
 * @see docs/errors.md#the-portal
 * @module
 */

import { codedError } from '@landfast/protocol'
import { TooManyRequests } from '../limits/too-many-requests.ts'
import { STORAGE_RETRY_SECONDS, StorageError } from '../storage/storage-error.ts'

const ERRORS = {
  page_unknown: [404, 'There is no such page.'],
  cross_site: [403, 'This request came from another site. Open the portal itself and try again there.'],
  site_unsaid: [
    403,
    'Your browser does not say which site a form comes from, so the portal takes no form from it. Use a browser that says it, as all do since 2023, or the commands of “landfast”.',
  ],
  form_expired: [
    403,
    'The form is of a session that has ended. Sign in if you are not, look at the page again, and send it again.',
  ],
  form_malformed: [
    400,
    'The portal cannot read this form. Go back, look at the page again, and send it again.',
  ],
  form_too_large: [
    413,
    'This form is larger than 128 KiB, which is the most that the portal takes. Nothing was changed.',
  ],
  tag_twice: [
    400,
    'A name stands twice among the tags; names are the same in any case. Nothing was changed. Write each name once.',
  ],
  field_wrong: [400, 'A field of the form is not filled as it must be. Nothing was changed.'],
  name_mistyped: [
    400,
    'To delete something, its form asks for its name, and that was not typed. Nothing was changed.',
  ],
  word_mistyped: [
    400,
    'The form asks for a word before it makes every token worthless, and that was not typed. Nothing was changed.',
  ],
  name_taken: [
    409,
    'There is one of this name already. Nothing was changed. Choose another name, or remove that one first.',
  ],
  credential_wrong: [
    401,
    'There is no application with this client id and this secret, or the secret has expired, or the application is disabled.',
  ],
  certificate_wrong: [
    401,
    'There is no application with this client id and this certificate, or the private key is not that of the certificate, or it has expired, or the application is disabled.',
  ],
  credential_throttled: [429, 'Too many wrong credentials came from your address. Wait a minute.'],
  code_spent: [401, 'This link was used before, or it is older than a minute. Run "landfast portal" again.'],
  code_throttled: [
    429,
    'This link is not valid, and too many such links came from your address. Wait a minute, and run "landfast portal" again.',
  ],
  session_ended: [401, 'Your session has ended. Sign in, and open the page again.'],
  file_under_way: [
    429,
    'Another file of entries is on its way to your account. Save this one when that is there.',
  ],
  live_unavailable: [
    503,
    'This control plane tells no more pages of changes now. The page asks by itself, every few seconds.',
  ],
  openid_state: [
    400,
    'This sign-in was not begun in this browser, or more than ten minutes ago, or it was ended before. Sign in again.',
  ],
  openid_refused: [403, 'The provider did not sign you in. Sign in again, or ask its administrator.'],
  openid_unavailable: [
    502,
    'The provider does not answer, or has an error of its own. Try again in a moment; the log of the control plane says more.',
  ],
  openid_answer_wrong: [
    502,
    'The provider’s answer does not prove who you are. Sign in again; if that does not help, the log of the control plane says what is wrong with it.',
  ],
  openid_groups: [
    502,
    'The provider names your groups in a form that the portal cannot read. The operator of the control plane finds what to change in the manual.',
  ],
  openid_no_role: [
    403,
    'The provider knows you, but neither you nor one of your groups has a role here. Ask an Owner for one.',
  ],
  openid_disabled: [403, 'Your account was disabled here. Ask an Owner to enable it.'],
  openid_busy: [503, 'Too many sign-ins are under way. Try again in a moment.'],
  unavailable: [503, 'The database does not answer. Try again in a moment.'],
  internal: [500, 'The portal could not make this page. The log of the control plane says why.'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>

/** A stable code of what the portal refuses. */
export type PortalErrorCode = keyof typeof ERRORS

/** A request that the portal refuses. Its message is shown to who sent it. */
export class PortalError extends codedError('PortalError', ERRORS, ([, sentence]) => sentence) {
  readonly status: number = ERRORS[this.code][0]
}

/** When to come again, for what may be tried again. */
export function retryHeader({ status, cause }: { status: number; cause?: unknown }): Record<string, string> {
  if (cause instanceof TooManyRequests) return { 'Retry-After': String(cause.retryAfterSeconds) }
  return status === 503 ? { 'Retry-After': String(STORAGE_RETRY_SECONDS) } : {}
}

/** What the portal says of `cause`, which it did not expect: of a database that does not answer, that it may be back soon. */
export function failureOf(cause: unknown): PortalError {
  const isTemporary = cause instanceof StorageError && cause.isTemporary
  return new PortalError(isTemporary ? 'unavailable' : 'internal', { cause })
}

/** What the portal says of `cause` if that is a database that does not answer. @throws `cause` itself if it is something else. */
export function unavailableOf(cause: unknown): PortalError {
  const refusal = failureOf(cause)
  if (refusal.code === 'unavailable') return refusal
  throw cause
}
