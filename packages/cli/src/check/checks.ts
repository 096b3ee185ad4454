/**
 * The list of checks: open this file first. Each looks at nothing itself; `surroundings.ts` has what was seen.
 *
 * @see docs/check.md
 * @module
 */

import { checkEntra } from './entra-checks.ts'
import { CHECK_EXIT_CODES, type CheckCode, type Finding, type Verdict } from './finding.ts'
import {
  checkAgent,
  checkAws,
  checkKeyFolder,
  checkKeyGroup,
  checkMarker,
  checkPort,
  checkUnit,
  checkVariables,
  checkWorkloads,
} from './host-checks.ts'
import { checkCertificate, checkMachine, checkSettings } from './machine-checks.ts'
import {
  checkAuthority,
  checkClock,
  checkDns,
  checkIssuer,
  checkProxy,
  checkTcp,
  checkTls,
} from './network-checks.ts'
import type { Surroundings } from './surroundings.ts'
import { checkTokenFiles } from './token-file-checks.ts'

const CHECKS = {
  settings: checkSettings,
  machine: checkMachine,
  proxy: checkProxy,
  dns: checkDns,
  tcp: checkTcp,
  tls: checkTls,
  clock: checkClock,
  authority: checkAuthority,
  issuer: checkIssuer,
  certificate: checkCertificate,
  entra: checkEntra,
  'key-folder': checkKeyFolder,
  'key-group': checkKeyGroup,
  port: checkPort,
  workloads: checkWorkloads,
  aws: checkAws,
  marker: checkMarker,
  variables: checkVariables,
  unit: checkUnit,
  agent: checkAgent,
  'token-files': checkTokenFiles,
} as const satisfies Record<CheckCode, (seen: Surroundings) => Verdict>

/** What is found in `seen`, in the order of the table. */
export function runChecks(seen: Surroundings): Finding[] {
  const codes = Object.keys(CHECK_EXIT_CODES) as CheckCode[]
  return codes.map((code) => ({ code, ...CHECKS[code](seen) }))
}
