/**
 * Service Fabric: an endpoint with TLS, known by the fingerprint of its certificate.
 *
 * @see https://learn.microsoft.com/azure/service-fabric/how-to-managed-identity-service-fabric-app-code
 * @module
 */

import { VARIABLE } from '@landfast/protocol'
import { readEndpointUrl } from '../http/endpoint-url.ts'
import type { SourceKind } from '../source.ts'
import { managedSource } from './managed-source.ts'
import { readSecret } from './secret-variable.ts'

/** The source of `IDENTITY_SERVER_THUMBPRINT`. */
export const serviceFabric: SourceKind<'service-fabric'> = {
  name: 'service-fabric',
  managed: true,
  find(surroundings, { selected }) {
    const { identityEndpoint, identityHeader, identityServerThumbprint } = VARIABLE
    const { env } = surroundings
    const [url, secret, thumbprint] = [
      env[identityEndpoint],
      env[identityHeader],
      env[identityServerThumbprint],
    ]
    if (!thumbprint) return `${identityServerThumbprint} is not set`
    if (!url || !secret) return `${identityEndpoint} and ${identityHeader} are not both set`
    return managedSource(
      {
        style: 'service-fabric',
        url: readEndpointUrl(identityEndpoint, url, ['https']),
        apiVersion: '2019-07-01-preview',
        secret: readSecret(identityHeader, secret),
        thumbprint,
        selected,
        spelling: { clientId: 'client_id', objectId: 'principalId', resourceId: 'mi_res_id' },
        // The identity is set in the cluster; a selector may be passed over.
        strict: true,
      },
      surroundings,
      identityServerThumbprint,
    )
  },
}
