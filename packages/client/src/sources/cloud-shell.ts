/**
 * The identity of the person who has logged in to Azure Cloud Shell, asked for by a form that is posted.
 *
 * @see https://learn.microsoft.com/azure/cloud-shell/msi-authorization
 * @module
 */

import { VARIABLE } from '@landfast/protocol'
import { readEndpointUrl } from '../http/endpoint-url.ts'
import type { SourceKind } from '../source.ts'
import { managedSource } from './managed-source.ts'

/** The source of `MSI_ENDPOINT` alone. */
export const cloudShell: SourceKind<'cloud-shell'> = {
  name: 'cloud-shell',
  managed: true,
  find(surroundings, { selected }) {
    const { msiEndpoint, msiSecret } = VARIABLE
    const { env } = surroundings
    const url = env[msiEndpoint]
    if (!url) return `${msiEndpoint} is not set`
    if (env[msiSecret]) return `${msiSecret} is set, so ${msiEndpoint} is not Cloud Shell\u2019s`
    return managedSource(
      {
        style: 'cloud-shell',
        url: readEndpointUrl(msiEndpoint, url),
        apiVersion: undefined,
        selected,
        spelling: {},
        strict: true,
      },
      surroundings,
      msiEndpoint,
    )
  },
}
