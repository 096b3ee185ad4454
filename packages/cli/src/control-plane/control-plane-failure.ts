/**
 * Explains why the command could not speak to a control plane.
 *
 * @module
 */

import { SourceError } from '@landfast/agent'
import { CliError } from '../cli-error.ts'

/** What Node.js says of a certificate that it does not believe. */
const DISTRUST = /certificate|CERT|self.signed|altnames/i

/** `error` as `control_plane_unreachable` if no answer came. */
export function explainUnreachable(error: unknown): unknown {
  if (!(error instanceof SourceError)) return error
  const hints = [
    DISTRUST.test(error.message)
      ? 'name the CA of its certificate with --ca-file, or trust those of this host with --use-system-ca; the certificate must have the host of that address'
      : 'see whether the control plane runs and this host may reach it, then repeat the command',
  ]
  return new CliError('control_plane_unreachable', { detail: error.message, hints, cause: error })
}
