/**
 * Azure Machine Learning: the endpoint of App Service of old, asked for a client id even where a program names none.
 *
 * @see https://learn.microsoft.com/azure/machine-learning/how-to-identity-based-service-authentication
 * @module
 */

import { VARIABLE } from '@landfast/protocol'
import { readEndpointUrl } from '../http/endpoint-url.ts'
import type { Selected } from '../identity.ts'
import type { SourceKind } from '../source.ts'
import { managedSource } from './managed-source.ts'
import { readSecret } from './secret-variable.ts'

/** The source of `DEFAULT_IDENTITY_CLIENT_ID`. */
export const azureMl: SourceKind<'azure-ml'> = {
  name: 'azure-ml',
  managed: true,
  find(surroundings, wanted) {
    const { msiEndpoint, msiSecret, defaultIdentityClientId } = VARIABLE
    const { env } = surroundings
    const [url, secret, id] = [env[msiEndpoint], env[msiSecret], env[defaultIdentityClientId]]
    if (!url || !secret) return `${msiEndpoint} and ${msiSecret} are not both set`
    if (!id) return `${defaultIdentityClientId} is not set`
    const own: Selected = { by: 'clientId', id }
    return managedSource(
      {
        style: 'azure-ml',
        url: readEndpointUrl(msiEndpoint, url),
        apiVersion: '2017-09-01',
        secret: readSecret(msiSecret, secret),
        selected: wanted.selected ?? own,
        spelling: { clientId: 'clientid' },
        strict: false,
      },
      surroundings,
      `${msiEndpoint}, ${msiSecret} and ${defaultIdentityClientId}`,
    )
  },
}
