/**
 * The answer that carries a token, in the one form that every official client accepts: strings only.
 *
 * @see docs/protocol.md#the-answer
 * @module
 */

import type { Selector } from './selector.ts'
import type { Style } from './styles.ts'
import type { TokenRequest } from './token-request.ts'

/** A token and its life as the agent holds it. */
export interface ServedToken {
  accessToken: string
  /** Whole seconds that are left now. */
  expiresInSeconds: number
  /** Whole seconds since 1970 by the clock of this machine. */
  expiresOn: number
  /** Whole seconds since 1970. */
  notBefore: number
}

/** The body of a 200. `expires_on` comes after `expires_in`: one client keeps whichever it reads last. */
export type TokenAnswer = {
  access_token: string
  expires_in: string
  expires_on: string
  /** Missing, like the next, in the answer of App Service 2017-09-01. */
  ext_expires_in?: string
  not_before?: string
  resource: string
  token_type: 'Bearer'
} & Partial<Record<Selector['name'], string>>

/** The answer in the form of a style. Echoes the audience, as `resource`, and the selector as asked; no selector appears that was not asked. */
export function formatTokenAnswer(
  request: Pick<TokenRequest, 'audience' | 'selector'>,
  token: ServedToken,
  form: Style['answer'] = 'epoch',
): TokenAnswer {
  const selector = request.selector && { [request.selector.name]: request.selector.value }
  if (form === 'local-date') {
    return {
      access_token: token.accessToken,
      ...selector,
      // The real service has none; the client of C++ cannot read the date.
      expires_in: String(token.expiresInSeconds),
      expires_on: formatLocalDate(token.expiresOn),
      resource: request.audience,
      token_type: 'Bearer',
    }
  }
  const expiresIn = String(token.expiresInSeconds)
  return {
    access_token: token.accessToken,
    ...selector,
    expires_in: expiresIn,
    expires_on: String(token.expiresOn),
    ext_expires_in: expiresIn,
    not_before: String(token.notBefore),
    resource: request.audience,
    token_type: 'Bearer',
  }
}

/** `seconds` since 1970 as App Service on Linux writes it in 2017-09-01, whatever the machine's zone: 09/14/2017 00:00:00 +00:00. */
function formatLocalDate(seconds: number): string {
  const [year, month, day, time] = new Date(seconds * 1000).toISOString().split(/[-T.]/)
  return `${month}/${day}/${year} ${time} +00:00`
}
