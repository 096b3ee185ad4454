/**
 * How far the clock of this machine is from that of a server, in words: a wrong clock looks like a bad certificate or a
 * refused proof, and only the difference tells which it is.
 *
 * @module
 */

/** What OpenSSL says where the times of a certificate and this machine's clock do not meet. */
const OUT_OF_TIME: readonly unknown[] = ['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']

/** Less than this is no difference: an answer is under way for a while, and its header has whole seconds. */
const AGREE_SECONDS = 30

/** From the longest, each with how many of the next shorter one it takes. */
const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** Whether a request failed for the times of the server's certificate. */
export function isOutOfTime(error: unknown): boolean {
  return OUT_OF_TIME.includes((error as NodeJS.ErrnoException | undefined)?.code)
}

/** "3 hours behind" or "2 days ahead of", as this machine is to the server; undefined if the clocks agree. */
export function clockDifference(serverTime: Date, now: Date): string | undefined {
  const seconds = Math.round((serverTime.getTime() - now.getTime()) / 1000)
  if (!(Math.abs(seconds) > AGREE_SECONDS)) return undefined
  return `${spanOf(Math.abs(seconds))} ${seconds > 0 ? 'behind' : 'ahead of'}`
}

/** The time in the `Date` header of an answer; undefined if there is none. */
export function dateOf(header: string | string[] | undefined): Date | undefined {
  const date = new Date(String(header))
  return Number.isNaN(date.getTime()) ? undefined : date
}

function spanOf(seconds: number): string {
  const [name, length] = UNITS.find(([, unit]) => seconds >= unit) ?? UNITS[3]
  const count = Math.round(seconds / length)
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
