/**
 * `landfast check`: says line by line what of this host and of the way to its control plane is well, and how to cure what
 * is not, before and after connecting.
 *
 * @see docs/check.md
 * @module
 */

import { originOf } from '../machine/connect-target.ts'
import type { ProxyFlags } from '../settings/proxy-settings.ts'
import type { SettingFlags } from '../settings/settings-sources.ts'
import { printResult } from '../terminal.ts'
import { currentUser } from './account-looks.ts'
import { runChecks } from './checks.ts'
import { exitCodeOf, type Finding } from './finding.ts'
import { lookAround } from './look-around.ts'

/** The flags of the command, as commander reads them. */
export interface CheckFlags extends ProxyFlags {
  url?: string
  caFile?: string
  useSystemCa?: true
  user?: string
  config?: string
  stateDir?: string
  publicFile?: string
  adminSocket?: string
  json?: true
}

/** Prints the findings; the exit code is that of the first failure. */
export async function check(flags: CheckFlags): Promise<number> {
  const findings = await findingsFor(flags)
  if (flags.json) printResult(JSON.stringify(findings))
  else for (const finding of findings) print(finding)
  return exitCodeOf(findings)
}

/** What is found by `flags`. */
export async function findingsFor(flags: CheckFlags): Promise<Finding[]> {
  const { url, useSystemCa, user = currentUser() } = flags
  const whereto = {
    settings: settingFlags(flags),
    url: url === undefined ? undefined : originOf(url),
    useSystemCa: useSystemCa === true,
    user,
  }
  return runChecks(await lookAround(whereto, process.env, new Date()))
}

/** What of `flags` is a setting of the agent. */
export function settingFlags(flags: CheckFlags): SettingFlags {
  const { config, stateDir, publicFile, adminSocket, caFile } = flags
  const { proxyUrl, proxyBypass, proxyCredentialsFile, proxyCaFile } = flags
  const proxy = { proxyUrl, proxyBypass, proxyCredentialsFile, proxyCaFile }
  const given = { config, stateDir, publicFile, adminSocket, caFile, ...proxy }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function print({ code, status, what, cure }: Finding): void {
  printResult(
    `${status.padEnd(4)}  ${code.padEnd(CODE_WIDTH)}  ${what}${cure === undefined ? '' : `; ${cure}`}`,
  )
}

/** That of the longest code. */
const CODE_WIDTH = 'certificate'.length
