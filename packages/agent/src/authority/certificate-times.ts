/**
 * Tells why the certificate of a server is out of its time: by its own dates, this machine's clock, and the clock that
 * the server shows. Nothing of that is proven, so it serves people alone.
 *
 * @module
 */

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Agent, RequestOptions } from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { TunnelRequest } from '@landfast/server/proxy'
import { clockDifference, dateOf } from './clock-difference.ts'

const PROBE_MILLISECONDS = 5000

/** What a server shows of its times. */
export interface ShownTimes {
  validFrom: Date
  validTo: Date
  /** Its own clock, if it answered. */
  serverTime?: Date | undefined
}

/** What the server at `origin` shows; undefined if nothing. Nothing secret is sent; `untrusting` verifies no certificate. */
export async function lookAtTimes(
  origin: string,
  signal: AbortSignal,
  untrusting: Agent,
): Promise<ShownTimes | undefined> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MILLISECONDS)])
  const asked: RequestOptions & TunnelRequest = { agent: untrusting, signal: within, tunnelSignal: within }
  const { request } = process.getBuiltinModule('node:https')
  const sent = request(origin, { ...asked, method: 'HEAD' })
  try {
    const answered = once(sent.end(), 'response')
    const [response] = (await answered) as [IncomingMessage]
    const certificate = (response.socket as TLSSocket).getPeerX509Certificate()
    if (!certificate) return undefined
    const { validFromDate: validFrom, validToDate: validTo } = certificate
    return { validFrom, validTo, serverTime: dateOf(response.headers.date) }
  } catch {
    return undefined
  } finally {
    sent.on('error', () => {}).destroy()
  }
}

/** The times of a certificate that is out of its time at `now`, in one clause. */
export function describeTimes({ validFrom, validTo, serverTime }: ShownTimes, now: Date): string {
  const isOwn = now < validFrom || now > validTo
  const certificate = isOwn
    ? `its certificate is good from ${format(validFrom)} to ${format(validTo)}`
    : 'a certificate above its own is out of its time'
  const difference = serverTime && clockDifference(serverTime, now)
  const compared = difference
    ? `, ${difference} that of the server`
    : serverTime
      ? ', like that of the server'
      : ''
  return `${certificate}, and the clock of this machine says ${format(now)}${compared}`
}

function format(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`
}
