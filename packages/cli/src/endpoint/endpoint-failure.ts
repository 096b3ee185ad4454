/**
 * What the client says of an endpoint or a key file, as a failure of the command: its exit code, and what a person at a
 * terminal can do.
 *
 * @see docs/errors.md#the-client
 * @module
 */

import { ClientError } from '@landfast/client'
import { type EndpointLocation, styleOf } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { adviseOnSilence, type Lead } from './silence-advice.ts'

/** An agent holds its answer back for as long as its authority lets it wait. */
const ANSWER_LATE =
  'an agent that runs may be waiting for an authority that does not answer: run "landfast check"'

const OTHER_SERVICE = 'another service may answer at that address; check IDENTITY_ENDPOINT'

/** Why `endpoint`, to which `lead` led, gave no answer that can be used; any other error as it is. */
export function explainEndpoint(error: unknown, endpoint: EndpointLocation, lead: Lead): unknown {
  if (!(error instanceof ClientError)) return error
  switch (error.code) {
    case 'variable_invalid':
    case 'option_invalid':
      return explainLocation(error, endpoint)
    case 'endpoint_silent':
      return explainSilence(error, endpoint, lead)
    case 'certificate_mismatch':
      return new CliError('endpoint_refused', {
        detail: 'the endpoint shows another certificate than the one whose thumbprint is known',
        hints: ['the agent may have started anew; take IDENTITY_SERVER_THUMBPRINT from it again'],
        cause: error,
      })
    case 'redirect_refused':
      return new CliError('endpoint_refused', {
        detail: `HTTP ${error.statusCode}: the endpoint redirects, which no identity endpoint does`,
        hints: [OTHER_SERVICE],
        cause: error,
      })
    case 'answer_too_large':
      return malformed('it is too long', error)
    case 'token_ended':
      return malformed('its token has ended already, by the clock of this machine', error)
    default:
      return error.cause ? explainSilence(error, endpoint, lead) : malformed(error.detail, error)
  }
}

function explainLocation(error: ClientError, { style, url }: EndpointLocation): CliError {
  const { scheme, secretHeader } = styleOf(style)
  const isSecret = secretHeader !== undefined && error.detail.startsWith('"secret"')
  const hint = `an identity endpoint is an ${scheme}:// address of this machine; check IDENTITY_ENDPOINT`
  return new CliError('argument_invalid', {
    detail: `${placeOf(url)} is no endpoint`,
    hints: [isSecret ? error.detail : hint],
    cause: error,
  })
}

function explainSilence(error: ClientError, { url }: EndpointLocation, lead: Lead): CliError {
  const cause = error.cause as NodeJS.ErrnoException | undefined
  if (cause?.code?.startsWith('HPE_')) return malformed('it is not HTTP', error)
  const { origin, pathname } = new URL(url)
  const reason = cause ? cause.message || String(cause.code) : 'no whole answer came in time'
  return new CliError('endpoint_silent', {
    detail: origin + pathname,
    hints: [reason, cause ? adviseOnSilence(lead, cause.code) : ANSWER_LATE],
    cause: error,
  })
}

/** Where the endpoint should be: never its user, password or query, any of which may hold a secret. */
function placeOf(text: string): string {
  const url = URL.parse(text)
  return url && url.origin !== 'null' ? `"${url.origin}${url.pathname}"` : 'the given address'
}

function malformed(detail: string, cause: ClientError): CliError {
  return new CliError('answer_malformed', { detail, hints: [OTHER_SERVICE], cause })
}

/**
 * Why there is no key; any other error as it is.
 *
 * @param about.refusal what the endpoint said beside its challenge.
 * @param about.file the key file that it named.
 */
export function explainKeyFile(
  error: unknown,
  about: { refusal: string; file: string; keyFolder: string },
): unknown {
  if (!(error instanceof ClientError)) return error
  const { code, detail, hint } = error
  switch (code) {
    case 'challenge_malformed':
      return new CliError(code, { hints: about.refusal ? [about.refusal] : [], cause: error })
    case 'key_file_foreign':
      return new CliError('key_file_misplaced', {
        detail: about.keyFolder,
        hints: ['another program may answer in the agent’s place; --key-folder allows another folder'],
        cause: error,
      })
    case 'key_file_missing':
      return new CliError('key_file_unreadable', { detail: about.file, hints: [hint], cause: error })
    case 'key_file_unreadable': {
      const hints = [detail, 'become root, or a member of that group and log in again']
      return new CliError(code, { detail: about.file, hints, cause: error })
    }
    default:
      return new CliError('key_file_unusable', { detail, hints: [hint], cause: error })
  }
}
