/**
 * The check of the application in Entra ID that this host is.
 *
 * @see docs/entra.md
 * @module
 */

import type { EntraSeen } from './entra-looks.ts'
import { fail, judged, ok, type Verdict, warn } from './finding.ts'
import type { Surroundings } from './surroundings.ts'

const DAY_MS = 86_400_000

/** Time enough for who may change the application. */
const ROTATE_BEFORE_DAYS = 30

const ROTATE = 'make another one, and register it: landfast connect --authority entra --rotate'

/** Whether Entra ID takes this host, and for how long its certificate does. */
export function checkEntra({ entra, now }: Surroundings): Verdict {
  return judged(entra, (seen) => {
    if (!seen) return ok('this host is no application of Entra ID, and need not be one')
    const name = `the application ${seen.clientId} of the tenant ${seen.tenantId} (${seen.cloud})`
    const { answer } = seen
    if ('value' in answer && answer.value === 'token by the next certificate') {
      return ok(
        `Entra ID gives ${name} tokens by its next certificate, which the agent tries every five minutes`,
      )
    }
    if ('value' in answer && typeof answer.value === 'object') {
      return fail(`Entra ID gives ${name} no token: ${answer.value.error}`, 'see docs/entra.md')
    }
    return checkProof(
      seen,
      now,
      'value' in answer ? `Entra ID gives ${name} tokens` : `${name}: ${answer.unseen}`,
    )
  })
}

function checkProof(
  { certificateEnd, certificateFrom, nextSince }: EntraSeen,
  now: Date,
  what: string,
): Verdict {
  if (certificateEnd === undefined) return ok(what)
  const days = (Date.parse(certificateEnd) - now.getTime()) / DAY_MS
  if (nextSince !== undefined) {
    return warn(
      `${what}; its next certificate was made ${nextSince} and is not taken yet`,
      'register it; "landfast connect --authority entra --rotate" prints the commands again',
    )
  }
  const by = certificateFrom === 'control-plane' ? ' is of the control plane and' : ''
  const ends = `${what}; its certificate${by} ends ${certificateEnd}`
  return days < ROTATE_BEFORE_DAYS ? warn(ends, ROTATE) : ok(ends)
}
