/**
 * The case that the runner hands to a client program, and the one line that the program prints.
 *
 * @see conformance/README.md
 * @module
 */

/** Which identity is asked for, by which of its names. */
export interface Selector {
  by: 'client_id' | 'object_id' | 'resource_id'
  value: string
}

/** Which of a client's ways to get a token is tried: that of the agent's styles, that of the other column, or a chain. */
export const CREDENTIALS = ['managed-identity', 'workload-identity', 'default'] as const

/** One of them. */
export type CredentialName = (typeof CREDENTIALS)[number]

/** The only argument of a client program, as JSON. */
export interface ClientRequest {
  client: string
  credential: CredentialName
  resource: string
  selector: Selector | null
  /** How often the token is asked for, of one and the same client object. */
  calls: number
}

/** The claims that tell whose token it is. */
export interface ReportedClaims {
  aud: string
  oid: string
  appid?: string | null
  xms_mirid?: string | null
}

/** What a client program prints. */
export interface ClientReport {
  client: string
  version: string
  /** `unsupported`: the client has no option for what was asked. */
  outcome: 'token' | 'error' | 'unsupported'
  calls: number
  claims: ReportedClaims | null
  /** Whole seconds since 1970; left out where the client does not tell. */
  expiresOn?: number | null
  error: string | null
  seconds: number
}

/**
 * Reads what a program printed.
 *
 * @throws {Error} if it is not exactly one line of the agreed form, or holds a token.
 */
export function parseReport(stdout: string): ClientReport {
  const lines = stdout.trim().split('\n')
  const [line = ''] = lines
  if (lines.length !== 1 || line === '') throw new Error(`the program printed ${lines.length} lines, not one`)
  if (/eyJ[\w-]+\.eyJ/.test(line)) throw new Error('the program printed a token')
  const report: ClientReport = JSON.parse(line)
  if (!isReport(report)) throw new Error('the line is not of the form in conformance/README.md')
  return report
}

function isReport({ client, version, outcome, claims, seconds }: ClientReport): boolean {
  const isTold = [client, version].every((text) => typeof text === 'string' && text !== '')
  const isKnown = ['token', 'error', 'unsupported'].includes(outcome)
  return isTold && isKnown && typeof seconds === 'number' && (outcome !== 'token' || claims !== null)
}
