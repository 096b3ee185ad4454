/**
 * Explains why the control plane gave no certificate for Entra ID.
 *
 * @module
 */

import { SourceError } from '@landfast/agent'
import { OnboardingRefused } from '@landfast/agent/upstream'
import type { OnboardingErrorCode } from '@landfast/protocol'
import { CliError } from '../cli-error.ts'
import { explainUnreachable } from '../control-plane/control-plane-failure.ts'

/** Whatever it was, the agent goes on as before. */
const UNCHANGED = 'nothing was changed here: a certificate that is in use stays so'

/** What the sentence of the refusal leaves out for who stands at this host. */
const ADVICE: Partial<Record<OnboardingErrorCode, string>> = {
  MachineDisabled: 'an administrator enables it: landfast machine enable NAME',
  CertificateExpired:
    'that is its certificate at the control plane; the agent renews it: start it, with "landfast agent" or its service',
  RestoredAccepted: 'let the agent run first: it has the key of this machine renewed',
}

/** `error` as `connect_failed` where it is a refusal, else as it is said of any request to the control plane. */
export function explainCertifier(error: unknown): unknown {
  if (error instanceof OnboardingRefused) {
    const advice = ADVICE[error.code]
    const detail = `the control plane gives this machine no certificate: ${error.message}`
    return new CliError('connect_failed', { detail, hints: hintsWith(advice), cause: error })
  }
  const explained = explainUnreachable(error)
  if (!(explained instanceof CliError)) return explained
  const { code, message: detail } = explained
  if (!isWithoutRoute(error)) {
    return new CliError(code, { detail, hints: [...explained.hints, UNCHANGED], cause: error })
  }
  const advice = 'it may be of an older version, which certifies no keys for Entra ID; update it'
  return new CliError(code, { detail, hints: hintsWith(advice), cause: error })
}

function hintsWith(advice: string | undefined): string[] {
  return advice === undefined ? [UNCHANGED] : [advice, UNCHANGED]
}

function isWithoutRoute(error: unknown): boolean {
  return error instanceof SourceError && error.message.includes('the control plane answered 404')
}
