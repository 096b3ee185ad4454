/**
 * The options of the credentials. Their names are those of `@azure/identity`.
 *
 * @module
 */

import { WORKLOAD_VARIABLE } from '@landfast/protocol'
import { type Kind, kindOf, kindsOf, MANAGED_KINDS, type SourceName } from './chain.ts'
import { ClientError } from './errors.ts'
import { type IdentityIds, readSelected, type Selected } from './identity.ts'
import type { IdentityTokensOptions } from './identity-tokens.ts'
import { workloadIdentity } from './sources/workload-identity.ts'
import type { Surroundings } from './surroundings.ts'

/** The options of every credential. */
interface CommonOptions {
  /** The only source that counts, whatever else is here. */
  source?: SourceName | undefined
  /** Default: `AZURE_TENANT_ID`. */
  tenantId?: string | undefined
  /** Default: `AZURE_AUTHORITY_HOST`, or Microsoft's. */
  authorityHost?: string | undefined
}

/** Which managed identity is wanted; with no id, the machine's own. */
export interface ManagedIdentityCredentialOptions extends IdentityIds, CommonOptions {}

/** Which identity is wanted of each kind of source. */
export interface DefaultCredentialOptions extends CommonOptions {
  /** Client id of a user-assigned identity. Default: `AZURE_CLIENT_ID`. */
  managedIdentityClientId?: string | undefined
  /** ARM id of a user-assigned identity. */
  managedIdentityResourceId?: string | undefined
  /** Object id of a user-assigned identity. */
  managedIdentityObjectId?: string | undefined
  /** Client id for federated tokens. Default: `managedIdentityClientId`, or `AZURE_CLIENT_ID`. */
  workloadIdentityClientId?: string | undefined
}

const COMMON = ['source', 'tenantId', 'authorityHost']
const MANAGED = ['clientId', 'objectId', 'resourceId', ...COMMON]
const DEFAULT = [
  'managedIdentityClientId',
  'managedIdentityResourceId',
  'managedIdentityObjectId',
  'workloadIdentityClientId',
  ...COMMON,
]

/** What `ManagedIdentityCredential` looks for. @throws {ClientError} `option_invalid`. */
export function readManagedOptions(
  options: ManagedIdentityCredentialOptions | string,
  surroundings: Surroundings,
): IdentityTokensOptions {
  const read = typeof options === 'string' ? { clientId: options } : options
  refuseUnknown(read, MANAGED)
  const selected = readSelected(read)
  const kinds = read.source === undefined ? MANAGED_KINDS : [kindOf(read.source)]
  return {
    // A federated token has a client id and no other: selected by another id, it would be another identity.
    kinds: selected && selected.by !== 'clientId' ? without(kinds, workloadIdentity) : kinds,
    wanted: {
      selected,
      clientId: read.clientId,
      tenantId: read.tenantId,
      authorityHost: read.authorityHost,
      vm: read.source === undefined ? 'assumed' : 'named',
    },
    surroundings,
  }
}

/** What `DefaultCredential` looks for. @throws {ClientError} `option_invalid` or `variable_invalid`. */
export function readDefaultOptions(
  options: DefaultCredentialOptions,
  surroundings: Surroundings,
): IdentityTokensOptions {
  refuseUnknown(options, DEFAULT)
  const kinds = options.source === undefined ? kindsOf(surroundings) : [kindOf(options.source)]
  const usualClientId = surroundings.env[WORKLOAD_VARIABLE.clientId] || undefined
  return {
    kinds,
    wanted: {
      selected: selectedIn(options) ?? selectedBy(WORKLOAD_VARIABLE.clientId, usualClientId),
      clientId: options.workloadIdentityClientId ?? options.managedIdentityClientId ?? usualClientId,
      tenantId: options.tenantId,
      authorityHost: options.authorityHost,
      // Where there is nothing else to go on to, a slow one is better than none.
      vm: kinds.length > 1 && kinds !== MANAGED_KINDS ? 'probed' : 'named',
    },
    surroundings,
  }
}

function selectedIn(options: DefaultCredentialOptions): Selected | undefined {
  return readSelected({
    clientId: options.managedIdentityClientId,
    objectId: options.managedIdentityObjectId,
    resourceId: options.managedIdentityResourceId,
  })
}

/** The variable is named with the identity: a program that is refused did not select one itself. */
function selectedBy(variable: string, clientId: string | undefined): Selected | undefined {
  const selected = readSelected({ clientId })
  return selected && { ...selected, variable }
}

/** A misspelt name would be passed over, and another identity be taken than the one that was meant. */
function refuseUnknown(options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new ClientError('option_invalid', 'options are an object')
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new ClientError(
    'option_invalid',
    `there is no "${unknown.join('", "')}"; there are ${known.join(', ')}`,
  )
}

function without(kinds: readonly Kind[], kind: Kind): readonly Kind[] {
  return kinds.filter((one) => one !== kind)
}
