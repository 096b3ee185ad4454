/**
 * The checks of the agent's settings and of the machine that this host is, each a function of what was seen.
 *
 * @see docs/check.md
 * @module
 */

import { fail, judged, ok, skip, type Verdict, warn } from './finding.ts'
import { SET_CLOCK, serverTimeOf } from './network-checks.ts'
import type { Surroundings } from './surroundings.ts'

const DAY_MS = 86_400_000

/** The agent renews from the 45th of 90 days on, so it has failed for a while. */
const RENEWAL_LATE_DAYS = 30

/** The settings file of the agent. */
export function checkSettings({ settings }: Surroundings): Verdict {
  const { file, error, isForbidden } = settings
  if (error !== undefined && isForbidden) return skip(error)
  if (error !== undefined) return fail(error, 'correct the settings; docs/configuration.md has them all')
  return ok(file === undefined ? 'there is no settings file, so the defaults hold' : `"${file}" is well`)
}

/** Whether this host is connected, and how it stands. */
export function checkMachine({ machine, entra }: Surroundings): Verdict {
  return judged(machine, (known) => {
    if (!known && 'value' in entra && entra.value)
      return ok('this host is an application of Entra ID alone, and connected to no control plane')
    if (!known)
      return warn('this host is not connected', 'connect it: landfast connect --join-token-file FILE')
    const { identity, status } = known
    if (status.status === 'Connected') return ok(`connected as ${identity.resourceId}`)
    const { code = status.status, message = 'it is not connected' } = status.reason ?? {}
    const what = `${identity.resourceId} is ${status.status}: ${message}`
    if (code === 'NoHeartbeat') return warn(what, 'start the agent')
    return fail(what, 'see the lines below, and the log: journalctl -u landfast-agent')
  })
}

/** The end of the machine's certificate. */
export function checkCertificate({ machine, network, now }: Surroundings): Verdict {
  return judged(machine, (known) => {
    if (!known) return skip('this host is not connected, so it has no certificate')
    const { certificateEnd } = known.status
    const days = (Date.parse(certificateEnd) - now.getTime()) / DAY_MS
    const what = `the certificate of this machine ends ${certificateEnd}`
    const cure = 'the agent renews it by itself: see that it runs and reaches the control plane'
    if (days <= 0) {
      const ended = `the certificate of this machine ended ${certificateEnd}`
      const serverTime = serverTimeOf(network)
      if (!serverTime || serverTime >= new Date(certificateEnd)) return fail(ended, cure)
      return fail(`${ended} by the clock of this host, and not by that of the control plane`, SET_CLOCK)
    }
    return days < RENEWAL_LATE_DAYS ? warn(what, cure) : ok(what)
  })
}
