/**
 * The content of an attested document: it names the machine, for one nonce, for six hours.
 *
 * @see docs/metadata.md#the-attested-document
 * @module
 */

import { NONCE_MAX_CHARACTERS, PARAMETER, type Query, single, WireError } from '@landfast/protocol'
import { type InstanceFacts, placeOf } from './machine-facts.ts'

/** As at Azure. */
const LIFETIME_MS = 6 * 3_600_000

/**
 * The nonce that is asked for, or undefined.
 *
 * @throws {WireError} `nonce_malformed`, or `parameter_repeated`.
 */
export function readNonce(query: Query): string | undefined {
  const values = query.get(PARAMETER.nonce)
  if (values?.length === 1 && !isNonce(values[0] ?? '')) throw new WireError('nonce_malformed')
  return single(query, PARAMETER.nonce, NONCE_MAX_CHARACTERS)
}

function isNonce(text: string): boolean {
  return text.length <= NONCE_MAX_CHARACTERS && /^[\da-z]+$/i.test(text)
}

/** The payload as JSON; without a nonce the time stands in its place. `now` is in milliseconds since 1970. */
export function attestedPayload(
  facts: InstanceFacts,
  { nonce, now }: { nonce: string | undefined; now: number },
): string {
  return JSON.stringify({
    licenseType: '',
    nonce: nonce ?? timeNonce(now),
    plan: { name: '', product: '', publisher: '' },
    sku: facts.osSku ?? '',
    subscriptionId: placeOf(facts.identity.resourceId).subscriptionId,
    timeStamp: { createdOn: timeText(now), expiresOn: timeText(now + LIFETIME_MS) },
    vmId: facts.vmId ?? '',
  })
}

/** `20261127-081530`. */
function timeNonce(now: number): string {
  const [date = '', time = ''] = isoParts(now)
  return `${date.replaceAll('-', '')}-${time.replaceAll(':', '')}`
}

/** `11/27/26 08:15:30 -0000`. */
function timeText(now: number): string {
  const [date = '', time = ''] = isoParts(now)
  const [year = '', month = '', day = ''] = date.split('-')
  return `${month}/${day}/${year.slice(2)} ${time} -0000`
}

/** Date and time of day in UTC, without the fraction of a second. */
function isoParts(now: number): string[] {
  return new Date(now).toISOString().slice(0, 19).split('T')
}
