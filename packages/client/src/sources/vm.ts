/**
 * The metadata service of an Azure virtual machine, at an address that other clouds use as well.
 *
 * @see https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 * @module
 */

import { STYLES, VARIABLE } from '@landfast/protocol'
import { isUnavailable } from '../errors.ts'
import { readEndpointUrl } from '../http/endpoint-url.ts'
import { exchange } from '../http/http.ts'
import type { SourceKind, Wanted } from '../source.ts'
import type { Surroundings } from '../surroundings.ts'
import { signOfForeign } from './foreign-metadata.ts'
import { managedSource } from './managed-source.ts'

/** Long enough for any that is there; where none is, the network may say nothing at all. */
const PROBE_MS = 1000
/** Of one that is known to be there, or that is the only source. */
const CONNECT_MS = 3000

/** The source at 169.254.169.254, or where `AZURE_POD_IDENTITY_AUTHORITY_HOST` says. */
export const vm: SourceKind<'vm'> = {
  name: 'vm',
  managed: true,
  async find(surroundings, wanted) {
    const { podIdentityHost } = VARIABLE
    const host = surroundings.env[podIdentityHost]
    const url = readEndpointUrl(podIdentityHost, host || surroundings.vmOrigin)
    url.pathname = STYLES.vm.path
    url.search = ''
    const missing = host || wanted.vm !== 'probed' ? undefined : await whyMissing(url)
    return missing ?? sourceAt(url, host ? podIdentityHost : url.host, surroundings, wanted)
  },
}

function sourceAt(url: URL, foundBy: string, surroundings: Surroundings, { selected, vm: known }: Wanted) {
  return managedSource(
    {
      style: 'vm',
      url,
      apiVersion: '2018-02-01',
      selected,
      spelling: { clientId: 'client_id', objectId: 'object_id', resourceId: 'msi_res_id' },
      strict: false,
      connectMs: CONNECT_MS,
      guessed: known === 'assumed' && foundBy !== VARIABLE.podIdentityHost,
    },
    surroundings,
    foundBy,
  )
}

/** Without the header "Metadata", so that no token can come of it; Azure's service refuses that in JSON. */
async function whyMissing(url: URL): Promise<string | undefined> {
  try {
    const answer = await exchange({ method: 'GET', url, headers: {}, timeoutMs: PROBE_MS })
    const sign = signOfForeign(answer)
    if (sign !== undefined) return `what answers at ${url.host} is not Azure\u2019s metadata service: ${sign}`
    // Docker Desktop answers so for an address that it cannot reach.
    if (answer.status === 403 && answer.body.includes('unreachable')) return `${url.host} cannot be reached`
    return answer.status >= 500 ? `${url.host} answers with status ${answer.status}` : undefined
  } catch (error) {
    return `nothing of Azure answers at ${url.host}${isUnavailable(error) ? '' : ` (${(error as Error).message})`}`
  }
}
