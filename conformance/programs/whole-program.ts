/**
 * A whole program of others that asks for tokens itself: how it is told which identity to ask for, and where the token shows
 * that it got.
 *
 * @see conformance/README.md#whole-programs
 * @module
 */

import type { ClientReport, ClientRequest, ReportedClaims, Selector } from '../client-report.ts'

/** Arguments and variables of a program. */
export interface ProgramOptions {
  arguments?: readonly string[]
  variables?: Readonly<Record<string, string>>
}

/** What `client.json` tells of it. */
export interface WholeProgram extends ProgramOptions {
  /** The code by which it asks for tokens, as its users know it. */
  library: string
  /** The arguments after its own name by which it tells its version. */
  version: readonly string[]
  /** Where its token is looked at: in a request to a service, or in what it prints. */
  shows: 'requests' | 'output'
  /** Its options for an identity by one of its names, which stands there as "{}". */
  selectors: Partial<Record<Selector['by'], ProgramOptions>>
  /** What it is told to exchange a federated token: other arguments, and more variables. */
  workload?: ProgramOptions
}

/** How a program ended, and the claims of its token, which were verified. */
export interface ProgramEnd {
  code: number | string
  output: string
  claims: ReportedClaims | undefined
  /** What was wrong with a token that it showed. */
  fault: string | undefined
}

/** What the program is started with for `request`; undefined if it has no option for it. */
export function optionsFor(
  { arguments: always = [], variables = {}, selectors, workload }: WholeProgram,
  { credential, selector, calls }: ClientRequest,
): Required<ProgramOptions> | undefined {
  if (calls > 1 || credential === 'default') return undefined
  if (credential === 'workload-identity')
    return workload && { arguments: always, ...workload, variables: { ...variables, ...workload.variables } }
  const chosen = selector ? selectors[selector.by] : {}
  if (!chosen) return undefined
  const named = (text: string) => text.replace('{}', selector?.value ?? '')
  return {
    arguments: [...always, ...(chosen.arguments ?? []).map(named)],
    variables: { ...variables, ...mapValues(chosen.variables ?? {}, named) },
  }
}

/** What came of it. A program that ends well and showed no token has asked for none. */
export function reportOf({
  code,
  output,
  claims,
  fault,
}: ProgramEnd): Pick<ClientReport, 'outcome' | 'claims' | 'error'> {
  if (fault !== undefined) return { outcome: 'error', claims: null, error: `its token is not good: ${fault}` }
  if (code === 0 && claims) return { outcome: 'token', claims, error: null }
  const said = withoutTokens(output).trim()
  const what = code === 0 ? 'it ended well and showed no token' : `it ended with ${code}`
  return { outcome: 'error', claims: null, error: `${what}: ${said}` }
}

/** The claims of a verified token. Services take an audience with a slash at its end and without, and so does this. */
export function claimsFor(resource: string, claims: Readonly<Record<string, unknown>>): ReportedClaims {
  const { aud, oid, appid, xms_mirid } = claims as unknown as Required<ReportedClaims>
  const isSame = withoutSlash(aud) === withoutSlash(resource)
  return { aud: isSame ? resource : aud, oid, appid, xms_mirid }
}

/** An audience as it is compared. */
export function withoutSlash(audience: string): string {
  return audience.replace(/\/$/, '')
}

/** The first version in what a program says of itself; what it says in place of one, cut. */
export function versionIn(output: string): string {
  return /\d+\.\d+(?:\.\d+)*/.exec(output)?.[0] ?? output.trim().slice(0, 200)
}

/** The last token in what a program printed. */
export function tokenIn(output: string): string | undefined {
  return output.match(TOKENS)?.at(-1)
}

const TOKENS = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g

function withoutTokens(text: string): string {
  return text.replaceAll(TOKENS, '…')
}

function mapValues(record: Readonly<Record<string, string>>, change: (value: string) => string) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
