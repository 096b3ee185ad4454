/**
 * Where the identity endpoint is, by the variables that official SDKs read.
 *
 * @see docs/protocol.md#how-an-application-finds-the-endpoint
 * @module
 */

import { ARC_PORT, type EndpointLocation, STYLES, VARIABLE } from '@landfast/protocol'
import type { Environment } from '../environment.ts'

/** Where SDKs look when no variable says otherwise. */
export const DEFAULT_ENDPOINT: EndpointLocation = {
  style: 'arc',
  url: `http://127.0.0.1:${ARC_PORT}${STYLES.arc.path}`,
}

/** Hosts of this machine, as a URL has them. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/**
 * The endpoint that `environment` leads to, if it does, in the order of every SDK: Service Fabric, App Service, Azure
 * ML, Cloud Shell, Arc, VM. An address of this machine that stands alone is taken for Arc's, since nothing secret goes
 * there before a challenge.
 */
export function locateEndpoint(environment: Environment): EndpointLocation | undefined {
  return locateWithSecret(environment) ?? locateWithout(environment)
}

function locateWithSecret(environment: Environment): EndpointLocation | undefined {
  const url = environment[VARIABLE.identityEndpoint]
  const secret = environment[VARIABLE.identityHeader]
  const thumbprint = environment[VARIABLE.identityServerThumbprint]
  if (url && secret && thumbprint) return { style: 'service-fabric', url, secret, thumbprint }
  if (url && secret) return { style: 'app-service', url, secret }
  const [msiUrl, msiSecret] = [environment[VARIABLE.msiEndpoint], environment[VARIABLE.msiSecret]]
  if (!msiUrl) return undefined
  return msiSecret
    ? { style: 'azure-ml', url: msiUrl, secret: msiSecret }
    : { style: 'cloud-shell', url: msiUrl }
}

function locateWithout(environment: Environment): EndpointLocation | undefined {
  const url = environment[VARIABLE.identityEndpoint]
  if (url && (environment[VARIABLE.imdsEndpoint] || isLocal(url))) return { style: 'arc', url }
  const host = environment[VARIABLE.podIdentityHost]
  return host ? { style: 'vm', url: host.replace(/(?<!\/)\/+$/, '') + STYLES.vm.path } : undefined
}

function isLocal(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'http:' && LOOPBACK.test(url.hostname)
}
