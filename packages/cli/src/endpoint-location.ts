/**
 * Where the identity endpoint is, by the variables that official SDKs read.
 *
 * @see docs/protocol.md#how-an-application-finds-the-endpoint
 * @module
 */

import { ARC_PORT, type EndpointLocation, STYLES, VARIABLE } from '@landfast/protocol'
import type { Environment } from './child-environment.ts'

/** Where SDKs look when no variable says otherwise. */
export const DEFAULT_ENDPOINT: EndpointLocation = {
  style: 'arc',
  url: `http://127.0.0.1:${ARC_PORT}${STYLES.arc.path}`,
}

/** Hosts of this machine, as a URL has them. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/**
 * The endpoint that `environment` leads to, if it does: App Service before Arc, as in every SDK. An address of
 * this machine that stands alone is taken for Arc's, since nothing secret goes there before a challenge.
 */
export function locateEndpoint(environment: Environment): EndpointLocation | undefined {
  const url = environment[VARIABLE.identityEndpoint]
  const secret = environment[VARIABLE.identityHeader]
  if (url && secret) return { style: 'app-service', url, secret }
  if (url && (environment[VARIABLE.imdsEndpoint] || isLocal(url))) return { style: 'arc', url }
  return undefined
}

function isLocal(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'http:' && LOOPBACK.test(url.hostname)
}
