/**
 * App Service of old: the same secret under another name, and dates in place of seconds.
 *
 * @see https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 * @module
 */

import { VARIABLE } from '@landfast/protocol'
import { readEndpointUrl } from '../http/endpoint-url.ts'
import type { SourceKind } from '../source.ts'
import { managedSource } from './managed-source.ts'
import { readSecret } from './secret-variable.ts'

/** The source of `MSI_SECRET`. Azure ML has the same variables, and one more; it comes first. */
export const appService2017: SourceKind<'app-service-2017'> = {
  name: 'app-service-2017',
  managed: true,
  find(surroundings, { selected }) {
    const { msiEndpoint, msiSecret } = VARIABLE
    const [url, secret] = [surroundings.env[msiEndpoint], surroundings.env[msiSecret]]
    if (!url || !secret) return `${msiEndpoint} and ${msiSecret} are not both set`
    return managedSource(
      {
        style: 'app-service-2017',
        url: readEndpointUrl(msiEndpoint, url),
        apiVersion: '2017-09-01',
        secret: readSecret(msiSecret, secret),
        selected,
        spelling: { clientId: 'clientid' },
        strict: false,
      },
      surroundings,
      `${msiEndpoint} and ${msiSecret}`,
    )
  },
}
