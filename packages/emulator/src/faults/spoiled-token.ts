/**
 * Answers whose token is another one than was asked for: expired, about to end, of another identity, made by another clock.
 *
 * @module
 */

import { BACKDATED_SECONDS, formatTokenAnswer } from '@landfast/protocol'
import type { Answer } from './captured-answer.ts'

/** A token that is to be made in place of the one in an answer. */
export interface TokenWish {
  clientId: string
  audience: string
  madeAt: Date
  lifetimeSeconds: number
}

/** Makes a token as the control plane does. */
export type MakeToken = (wish: TokenWish) => Promise<string>

/** What is to be different. */
export type TokenChange = Partial<Pick<TokenWish, 'clientId' | 'lifetimeSeconds'>> & {
  offsetSeconds?: number
}

/** Hours are what tokens are good for by default. */
const LIFETIME_SECONDS = 3600

/** `answer` with a token that differs by `change`; any that has no token stays as it is. */
export async function changeToken(
  answer: Answer,
  change: TokenChange,
  { makeToken, nowSeconds }: { makeToken: MakeToken; nowSeconds: number },
): Promise<Answer> {
  if (answer.status !== 200) return answer
  const body = JSON.parse(answer.text) as Record<string, string>
  const { appid, azp, aud } = claimsOf(body.access_token ?? '')
  const { clientId = appid ?? azp ?? '', lifetimeSeconds = LIFETIME_SECONDS, offsetSeconds = 0 } = change
  const madeAtSeconds = nowSeconds + offsetSeconds
  const madeAt = new Date(madeAtSeconds * 1000)
  const accessToken = await makeToken({ clientId, audience: aud ?? '', madeAt, lifetimeSeconds })
  const expiresOn = madeAtSeconds + lifetimeSeconds
  const times = {
    expiresOn,
    expiresInSeconds: Math.max(0, expiresOn - nowSeconds),
    notBefore: madeAtSeconds - BACKDATED_SECONDS,
  }
  const form = /^\d+$/.test(body.expires_on ?? '') ? 'epoch' : 'local-date'
  const fresh = formatTokenAnswer(
    { audience: body.resource ?? '', selector: undefined },
    { accessToken, ...times },
    form,
  )
  return { ...answer, text: JSON.stringify({ ...body, ...fresh }) }
}

function claimsOf(token: string): { appid?: string; azp?: string; aud?: string } {
  const [, payload = ''] = token.split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString())
}
