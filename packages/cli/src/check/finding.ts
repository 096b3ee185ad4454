/**
 * What a check finds: one line with its status, and the cure if it is not well.
 *
 * @see docs/check.md
 * @module
 */

/** `skip` is what this user, or this host, does not let the command see. */
export type FindingStatus = 'ok' | 'warn' | 'fail' | 'skip'

/** What every check is called, in the order in which they are told, and with the exit code of its failure. */
export const CHECK_EXIT_CODES = {
  settings: 19,
  machine: 62,
  proxy: 26,
  dns: 26,
  tcp: 26,
  tls: 26,
  clock: 26,
  authority: 26,
  issuer: 26,
  certificate: 81,
  entra: 62,
  'key-folder': 69,
  'key-group': 69,
  port: 27,
  workloads: 27,
  aws: 27,
  marker: 27,
  variables: 27,
  unit: 61,
  agent: 61,
  'token-files': 69,
} as const satisfies Record<string, number>

/** The code of a check. */
export type CheckCode = keyof typeof CHECK_EXIT_CODES

/** What one check found. */
export interface Finding {
  code: CheckCode
  status: FindingStatus
  /** A clause without a period. */
  what: string
  /** What to do about it. */
  cure?: string
}

/** What was looked at, or why it could not be. */
export type Seen<T> = { value: T } | { unseen: string }

/** A finding before it has the code of its check. */
export type Verdict = Omit<Finding, 'code'>

/** All is well. */
export function ok(what: string): Verdict {
  return { status: 'ok', what }
}

/** It works, or may work, and should be looked at. */
export function warn(what: string, cure: string): Verdict {
  return { status: 'warn', what, cure }
}

/** It does not work. */
export function fail(what: string, cure: string): Verdict {
  return { status: 'fail', what, cure }
}

/** It was not looked at. */
export function skip(what: string): Verdict {
  return { status: 'skip', what }
}

/** The verdict of `judge` on what was seen. */
export function judged<T>(seen: Seen<T>, judge: (value: T) => Verdict): Verdict {
  return 'unseen' in seen ? skip(seen.unseen) : judge(seen.value)
}

/** The exit code of the whole: that of the first failure in the order of the checks. */
export function exitCodeOf(findings: readonly Finding[]): number {
  const failed = findings.find(({ status }) => status === 'fail')
  return failed ? CHECK_EXIT_CODES[failed.code] : 0
}
