/**
 * `landfast control-plane change-ca`: a step by which one CA of the control plane takes the place of another.
 *
 * @see docs/operations.md#changing-the-ca
 * @module
 */

import { X509Certificate } from 'node:crypto'
import type { AuthorityStep } from '@landfast/control-plane'
import { besideControlPlane } from '../settings/control-plane-database.ts'
import type { ControlPlaneFlags } from '../settings/settings-flags.ts'
import type { SettingFlags } from '../settings/settings-sources.ts'
import { printNote, printResult } from '../terminal.ts'

/** The flags of the command as commander reads them. */
export type ChangeCaFlags = Omit<SettingFlags, 'json' | 'force'> &
  Pick<ControlPlaneFlags, 'json'> & { force?: true }

/** What comes after each step. */
const NEXT = {
  prepare:
    'each machine is told with its next heartbeat; give ca.pem to other clients, then run "landfast control-plane change-ca serve"',
  serve:
    'join tokens of before are of no use any more; when all is well, run "landfast control-plane change-ca retire"',
  retire: 'machines are told to trust the former CA no more',
} as const satisfies Record<AuthorityStep, string>

/** Prints the fingerprint of the CA that the step was about. */
export async function changeCa(
  step: AuthorityStep,
  { json, force, ...flags }: ChangeCaFlags,
): Promise<number> {
  const { changeCertificateAuthority } = await import('@landfast/control-plane')
  const { certificate, machines } = await besideControlPlane(flags, (options, isRunning) =>
    changeCertificateAuthority(options, { isRunning, step, force: force === true }),
  )
  const { fingerprint256: caSha256, validTo } = new X509Certificate(certificate)
  const goodUntil = new Date(validTo).toISOString()
  printResult(json ? JSON.stringify({ step, caSha256, goodUntil, machines }) : caSha256)
  if (step === 'serve' && machines > 0)
    printNote(`${machines} machines do not know it, and need "landfast connect" anew`)
  printNote(NEXT[step])
  return 0
}
