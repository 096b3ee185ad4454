/**
 * Explains why the command could not speak to a control plane.
 *
 * @module
 */

import { isOutOfTime, SourceError } from '@landfast/agent'
import { ProxyError } from '@landfast/server/proxy'
import { CliError } from '../cli-error.ts'

/** What Node.js says of a certificate that it does not believe. */
const DISTRUST = /certificate|CERT|self.signed|altnames/i

const PROXY_ADVICE =
  'a proxy is named by --proxy-url or the variables LANDFAST_PROXY_URL and HTTPS_PROXY; --proxy-bypass and NO_PROXY go past it'

/** `error` as `control_plane_unreachable` if no answer came, `proxy_failed` if a proxy is the reason. */
export function explainUnreachable(error: unknown): unknown {
  if (!(error instanceof SourceError)) return error
  if (error.cause instanceof ProxyError) {
    return new CliError('proxy_failed', { detail: error.message, hints: [PROXY_ADVICE], cause: error })
  }
  const hints = [adviceFor(error)]
  return new CliError('control_plane_unreachable', { detail: error.message, hints, cause: error })
}

function adviceFor({ cause, message }: SourceError): string {
  if (isOutOfTime(cause)) {
    return 'compare the clocks of this machine and the control plane; where both are right, its certificate has to be renewed'
  }
  if (DISTRUST.test(message) && message.includes('proxy-ca-file')) {
    return 'where the proxy opens TLS, name its CA with --proxy-ca-file; otherwise that of the control plane with --ca-file'
  }
  if (DISTRUST.test(message)) {
    return 'name the CA of its certificate with --ca-file, or trust those of this host with --use-system-ca; the certificate must have the host of that address'
  }
  return 'see whether the control plane runs and this host may reach it, then repeat the command'
}
