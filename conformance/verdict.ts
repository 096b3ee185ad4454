/**
 * The verdict on a cell: whether the client did as it should, and if not, whether the client or the agent is at fault.
 *
 * @module
 */

import { WireError } from '@landfast/protocol'
import { AuthorityError } from '../packages/control-plane/src/authority/authority-error.ts'
import type { Expected } from './cases.ts'
import type { ClientReport } from './client-report.ts'

/** Whose token was to come. */
export interface ExpectedToken {
  principalId: string
  /** That of the identity in Resource Manager. */
  resourceId: string
  resource: string
  /** Whole seconds since 1970 by this machine's clock, between which it has to end. */
  endsBetween: readonly [earliest: number, latest: number]
}

/** What was counted since the case began. */
export interface Counted {
  granted: number
  /** Undefined where no agent is asked, so that nothing is upstream of it. */
  fetched?: number
  /** Challenges that were met with a faulty key file, and keys that were sent all the same; where such a file was named. */
  faulty?: { challenges: number; keys: number }
}

/** That the program used another version than `version`, in one sentence: nothing was found out about this one then. */
export function faultOfVersion(reports: readonly ClientReport[], version: string): string | undefined {
  const other = reports.find((report) => report.version !== version)
  return other && `the program has version ${other.version} of the client`
}

/** What is wrong with the run of a program, in one sentence; undefined if it is as expected. */
export function faultOf(
  report: ClientReport,
  expected: Expected,
  { token, counted }: { token: ExpectedToken; counted: Counted },
): string | undefined {
  if (report.outcome !== expected.outcome) return describeOther(report)
  if (expected.outcome === 'error') {
    if ('keyStays' in expected) return faultOfKey(counted)
    return faultOfError(report, sentenceOf(expected))
  }
  return faultOfToken(report, token) ?? faultOfCount(expected, counted)
}

function describeOther({ outcome, error }: ClientReport): string {
  if (outcome === 'token') return 'there was a token, where there should be none'
  return `no token: ${shortened(error ?? outcome)}`
}

/** Whether an error came of the key file is seen by what was asked, since clients say so in words of their own. */
function faultOfKey({ faulty }: Counted): string | undefined {
  if (faulty === undefined || faulty.challenges === 0) return 'the client met no challenge'
  return faulty.keys > 0 ? 'the client sent a key of a file that it should refuse' : undefined
}

function sentenceOf(expected: Exclude<Expected & { outcome: 'error' }, { keyStays: true }>): string {
  if ('code' in expected) return new WireError(expected.code).message
  const { number, message } = new AuthorityError(expected.refusal)
  return `AADSTS${number}: ${message}`
}

function faultOfError({ error }: ClientReport, sentence: string): string | undefined {
  if (bare(error ?? '').includes(bare(sentence))) return undefined
  return `our sentence is not shown, but: ${shortened(error ?? 'nothing')}`
}

function faultOfToken({ claims, expiresOn }: ClientReport, token: ExpectedToken): string | undefined {
  if (claims?.oid !== token.principalId) return 'the token is of another identity'
  if (claims.xms_mirid !== token.resourceId) return `the token is of the resource "${claims.xms_mirid}"`
  if (claims.aud !== token.resource) return `the token is for "${claims.aud}"`
  const [earliest, latest] = token.endsBetween
  if (expiresOn === undefined) return undefined
  if (expiresOn === null || expiresOn < earliest || expiresOn > latest) {
    return `the client takes the token's end for ${expiresOn}, which is not between ${earliest} and ${latest}`
  }
  return undefined
}

function faultOfCount(expected: Expected & { outcome: 'token' }, counted: Counted): string | undefined {
  for (const name of ['granted', 'fetched'] as const) {
    const wanted = expected[name]
    const number = counted[name]
    if (wanted !== undefined && number !== undefined && wanted !== number) {
      return `${number} tokens were ${name}, not ${wanted}`
    }
  }
  return undefined
}

/** Clients put the body into JSON once more, or into quotes of their own; the authority begins with a capital. */
function bare(text: string): string {
  return text.replace(/[\\"']/g, '').toLowerCase()
}

/** Chains of credentials say at their end what matters. */
const SHOWN_CHARACTERS = { first: 200, last: 500 }

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  const { first, last } = SHOWN_CHARACTERS
  return line.length > first + last ? `${line.slice(0, first)} … ${line.slice(-last)}` : line
}
