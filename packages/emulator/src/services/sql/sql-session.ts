/**
 * A session with the emulator's SQL: a client signs in with a token, and has its statements answered.
 *
 * @module
 */

import { type TokenClaims, TokenFault, type TokenVerifier } from '../token-verifier.ts'
import {
  formatAuthority,
  formatCallDone,
  formatCancelled,
  formatDone,
  formatError,
  formatReset,
  formatSignedIn,
  formatValue,
} from './answer-tokens.ts'
import { parseLaterToken, parseLogin } from './login.ts'
import { SqlError } from './sql-error.ts'
import { answerStatement, type Session } from './statement.ts'
import { readBatch, readCall } from './statement-message.ts'
import type { TdsChannel, TdsMessage } from './tds-channel.ts'
import { MESSAGE } from './tds-packet.ts'
import { answerTransaction } from './transaction.ts'

/** What the tokens of SQL are for. */
export const SQL_AUDIENCE = 'https://database.windows.net'

/** Where a client is that names no database. */
const DATABASE = 'master'

/** Whose tokens are taken, and where clients get them. */
export interface SignInOptions {
  verifier: TokenVerifier
  authority: string
}

/** Signs the client in at the other end of `channel`. @throws {SqlError} if it does not do so rightly. */
export async function signIn(channel: TdsChannel, { verifier, authority }: SignInOptions): Promise<Session> {
  const login = parseLogin(await channel.expect('login'))
  let { token } = login
  if (login.asksAuthority) {
    channel.answer(formatAuthority(authority, `${SQL_AUDIENCE}/`))
    token = parseLaterToken(await channel.expect('token'))
  }
  if (token === undefined) throw new SqlError('token_missing', login.user)
  const claims = await verifier.verify(token).catch((error) => {
    if (error instanceof TokenFault) throw new SqlError(error.code, error.message)
    throw new SqlError('login_failed', undefined, error)
  })
  const database = login.database || DATABASE
  channel.answer(formatSignedIn({ version: login.version, database }))
  return { ...describePrincipal(claims), database }
}

/** An application's name is in no token, but a managed identity's is the end of its resource id. */
function describePrincipal({
  appid,
  azp,
  tid,
  xms_mirid: resourceId,
}: TokenClaims): Omit<Session, 'database'> {
  const login = `${appid ?? azp}@${tid}`
  const name = typeof resourceId === 'string' ? resourceId.split('/').at(-1) : undefined
  return { login, user: name || login }
}

/** Answers statements until the client has none. @throws {SqlError} `stream_malformed`. */
export async function answerStatements(channel: TdsChannel, session: Session): Promise<void> {
  for (let message = await channel.receive(); message; message = await channel.receive()) {
    const reset = message.isReset ? [formatReset()] : []
    channel.answer(...reset, answerMessage(message, session))
  }
}

function answerMessage({ type, body }: TdsMessage, session: Session): Buffer {
  if (type === MESSAGE.attention) return formatCancelled()
  const isCall = type === MESSAGE.rpc
  try {
    if (type === MESSAGE.transaction) return answerTransaction(body)
    if (!isCall && type !== MESSAGE.batch) throw new SqlError('not_emulated', `a message of type ${type}`)
    const answer = answerStatement(isCall ? readCall(body) : readBatch(body), session)
    if (answer) return formatValue(answer.column, answer.value, isCall)
    return isCall ? formatCallDone() : formatDone()
  } catch (error) {
    if (error instanceof SqlError && error.code === 'not_emulated') return formatError(error)
    throw error
  }
}
