/**
 * The checks of the way to the control plane, each a function of what was seen.
 *
 * @see docs/check.md
 * @module
 */

import { clockDifference } from '@landfast/agent/upstream'
import { CLOCK_SKEW_SECONDS } from '@landfast/protocol'
import { fail, judged, ok, skip, type Verdict, warn } from './finding.ts'
import type { NetworkSeen, ShownCertificate, Surroundings, TlsSeen } from './surroundings.ts'

/** A server's certificate that ends sooner is said to. */
const ENDS_SOON_DAYS = 14

const DAY_MS = 86_400_000

const NO_CONTROL_PLANE = 'nothing says where the control plane is: name it with --url, or connect this host'

function onNetwork(seen: Surroundings, judge: (network: NetworkSeen) => Verdict): Verdict {
  return seen.network ? judge(seen.network) : skip(NO_CONTROL_PLANE)
}

/** The proxy in use, if one is. */
export function checkProxy(seen: Surroundings): Verdict {
  return onNetwork(seen, ({ way, url }) =>
    'clause' in way
      ? ok(`"${url}" is reached ${way.clause}`)
      : fail(
          way.error,
          'correct "proxy-url" and what belongs to it, or the variables HTTPS_PROXY and NO_PROXY',
        ),
  )
}

/** The addresses of the name of the control plane, or of the proxy to it. */
export function checkDns(seen: Surroundings): Verdict {
  return onNetwork(seen, ({ spot: { host }, addresses }) =>
    judged(addresses, (found) => {
      if (!('error' in found)) return ok(`"${host}" is at ${found.join(', ')}`)
      const cure = `correct the name, or the name servers of this host; "getent hosts ${host}" asks as programs do`
      return fail(`"${host}" has no address: ${found.error}`, cure)
    }),
  )
}

/** Whether it takes connections. */
export function checkTcp(seen: Surroundings): Verdict {
  return onNetwork(seen, ({ spot: { port, isProxy }, connections }) =>
    judged(connections, (tried) => {
      const where = isProxy ? `port ${port} of the proxy` : `port ${port}`
      const failed = tried.filter(({ error }) => error !== undefined)
      const reasons = failed.map(({ address, error }) => `${address}: ${error}`).join(', ')
      if (failed.length === 0) return ok(`${where} takes connections`)
      const cure = 'see whether it runs there, and whether a firewall stands between'
      if (failed.length === tried.length) return fail(`${where} takes no connection (${reasons})`, cure)
      return warn(`${where} takes no connection at some of its addresses (${reasons})`, cure)
    }),
  )
}

/** Its certificate, and whose it is. */
export function checkTls(seen: Surroundings): Verdict {
  return onNetwork(seen, (network) =>
    judged(network.tls, (tls) => {
      if ('error' in tls) {
        const cure = 'see what answers at that port: a control plane speaks TLS 1.2 or newer'
        return fail(`no TLS connection: ${tls.error}`, cure)
      }
      return tls.distrust === undefined
        ? judgeTrusted(tls, seen.now)
        : judgeDistrusted(tls, network, seen.now)
    }),
  )
}

type Answered = Exclude<TlsSeen, { error: string }>

function judgeTrusted({ chain: [own] }: Answered, now: Date): Verdict {
  if (!own) return ok('TLS works')
  const what = `the certificate is ${describe(own)}`
  const isEnding = own.validTo.getTime() - now.getTime() < ENDS_SOON_DAYS * DAY_MS
  return isEnding ? warn(what, 'it ends soon: renew it at the control plane') : ok(what)
}

function describe({ issuer, names, validTo }: ShownCertificate): string {
  return `of the CA "${issuer}", for ${names.join(', ') || 'no name'}, until ${day(validTo)}`
}

function judgeDistrusted(tls: Answered, network: NetworkSeen, now: Date): Verdict {
  const { distrust = '', chain } = tls
  const [own] = chain
  const what = own ? `the certificate is ${describe(own)}` : 'the server shows no certificate'
  if (distrust === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const cure = `give --url with a name of the certificate, or a certificate for "${network.host}" to the control plane`
    return fail(`${what}, and not for "${network.host}"`, cure)
  }
  if (distrust === 'CERT_HAS_EXPIRED' || distrust === 'CERT_NOT_YET_VALID') return judgeTimes(tls, what, now)
  if (network.trustUnseen !== undefined)
    return skip(`${what}; whether the agent trusts it ${network.trustUnseen}`)
  return fail(`${what}, and nothing here trusts that CA (${distrust})`, cureOfDistrust(tls))
}

function cureOfDistrust({ helpfulFile }: Answered): string {
  return helpfulFile === undefined
    ? 'copy ca.pem of the control plane, or the file of the CA that signed it, to this host and name it with --ca-file here and for "landfast connect", or with the setting ca-file'
    : `"${helpfulFile}" has that CA: name it with --ca-file here and for "landfast connect", or with the setting ca-file`
}

function judgeTimes({ chain: [own], serverTime }: Answered, what: string, now: Date): Verdict {
  const difference = serverTime && clockDifference(serverTime, now)
  if (difference) {
    return fail(`${what}; the clock of this host is ${difference} that of the server`, SET_CLOCK)
  }
  const span = own ? `from ${day(own.validFrom)} to ${day(own.validTo)}` : 'at another time'
  return fail(`${what}; it is good ${span} alone`, 'renew it at the control plane')
}

/** What helps if the clock of this host is wrong. */
export const SET_CLOCK = 'set the clock: "timedatectl set-ntp true" has systemd keep it right'

/** The clock of the control plane, if it answered. */
export function serverTimeOf(network: NetworkSeen | undefined): Date | undefined {
  if (!network || !('value' in network.tls) || 'error' in network.tls.value) return undefined
  return network.tls.value.serverTime
}

/** The clock of this host beside that of the control plane. */
export function checkClock(seen: Surroundings): Verdict {
  return onNetwork(seen, ({ tls }) =>
    judged(tls, (answer) => {
      const serverTime = 'error' in answer ? undefined : answer.serverTime
      if (!serverTime) return skip('the control plane shows no time')
      const difference = clockDifference(serverTime, seen.now)
      if (!difference) return ok('the clock agrees with that of the control plane')
      const what = `the clock of this host is ${difference} that of the control plane`
      const seconds = Math.abs(serverTime.getTime() - seen.now.getTime()) / 1000
      return seconds > CLOCK_SKEW_SECONDS ? fail(what, SET_CLOCK) : warn(what, SET_CLOCK)
    }),
  )
}

/** Whether tokens can be asked for. */
export function checkAuthority(seen: Surroundings): Verdict {
  return onNetwork(seen, ({ authority, tls, trustUnseen }) =>
    judged(authority, (found) => {
      if (!('error' in found)) return ok(`tokens are asked for at "${found.tokenEndpoint}"`)
      // Asked without the CA that the agent has, it says nothing about the agent.
      if (trustUnseen !== undefined && 'value' in tls && 'distrust' in tls.value && tls.value.distrust)
        return skip(`whether the agent trusts the control plane ${trustUnseen}`)
      return fail(
        found.error,
        'see the lines above; where they are well, look into the log of the control plane',
      )
    }),
  )
}

/** Who the tokens say made them: readers of tokens ask there for keys. */
export function checkIssuer(seen: Surroundings): Verdict {
  return onNetwork(seen, ({ authority, url }) =>
    judged(authority, (found) => {
      if ('error' in found) return skip('the authority does not say which issuer its tokens have')
      const what = `tokens have the issuer ${found.issuers.map((issuer) => `"${issuer}"`).join(' or ')}`
      const own = new URL(found.authority).origin
      if (own === url) return ok(what)
      const cure = `the control plane calls itself "${own}": readers of tokens must reach it by that name, or correct its setting url`
      return warn(what, cure)
    }),
  )
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
