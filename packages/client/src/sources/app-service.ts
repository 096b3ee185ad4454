/**
 * App Service, Functions and Container Apps: an endpoint with a secret header.
 *
 * @see https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 * @module
 */

import { VARIABLE } from '@landfast/protocol'
import { readEndpointUrl } from '../http/endpoint-url.ts'
import type { SourceKind } from '../source.ts'
import { managedSource } from './managed-source.ts'
import { readSecret } from './secret-variable.ts'

/** The source of `IDENTITY_HEADER`. */
export const appService: SourceKind<'app-service'> = {
  name: 'app-service',
  managed: true,
  find(surroundings, { selected }) {
    const { identityEndpoint, identityHeader } = VARIABLE
    const [url, secret] = [surroundings.env[identityEndpoint], surroundings.env[identityHeader]]
    if (!secret) return `${identityHeader} is not set`
    if (!url) return `${identityEndpoint} is not set`
    return managedSource(
      {
        style: 'app-service',
        url: readEndpointUrl(identityEndpoint, url),
        apiVersion: '2019-08-01',
        secret: readSecret(identityHeader, secret),
        selected,
        spelling: { clientId: 'client_id', objectId: 'object_id', resourceId: 'mi_res_id' },
        strict: false,
      },
      surroundings,
      `${identityEndpoint} and ${identityHeader}`,
    )
  },
}
